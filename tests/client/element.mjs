// The element <postern-drop> in a document that has only what the element touches, for Node.

import './page.mjs'

class Node extends EventTarget {
  #attributes = new Map()
  dataset = {}
  classList = { toggle() {} }
  isConnected = false
  children = new Set()
  append(...nodes) {
    for (const node of nodes.filter((node) => node instanceof Node)) {
      node.parent = this
      this.children.add(node)
    }
  }
  remove() { this.parent.children.delete(this) }
  contains() {}
  closest() {}
  focus() {}
  getRootNode() { return {} }
  hasAttribute(name) { return this.#attributes.has(name) }
  getAttribute(name) { return this.#attributes.get(name) ?? null }
  removeAttribute(name) { this.#attributes.delete(name) }
  setAttribute(name, value) { this.#attributes.set(name, String(value)) }
}

// `internals` keeps what the form gets.
globalThis.HTMLElement = class extends Node {
  attachInternals() {
    const internals = {
      setFormValue: (value) => (internals.value = [...value.values()]),
      setValidity: (_, message) => (internals.message = message),
    }
    return (this.internals = internals)
  }
  attachShadow() { return (this.root = new Node()) }
}
globalThis.ShadowRoot = class {}
globalThis.CSSStyleSheet = class { replaceSync() {} }
globalThis.MutationObserver = class { observe() {} disconnect() {} }
globalThis.document = { createElement: () => new Node(), documentElement: new Node() }
globalThis.customElements = { get() {}, define() {} }

const { PosternDrop } = await import('../../client/drop.js')

export function put(element) {
  element.isConnected = true
  element.connectedCallback()
}

export async function taken(element) {
  element.isConnected = false
  await element.disconnectedCallback()
}

// An element in the page, with these attributes.
export function drop(attributes) {
  const element = new PosternDrop()
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  put(element)
  return element
}

const within = (node) => [node, ...[...node.children].flatMap(within)]

// Presses the first button of this kind that is shown in a row.
export function press(element, act) {
  const button = within(element.root).find((node) => node.getAttribute('part') === `button ${act}` && !node.hidden)
  button.dispatchEvent(new Event('click'))
}
