// The element <postern-drop> in a document that has only what the element touches, for Node.

import assert from 'node:assert/strict'
import { fileOf, until } from './page.mjs'

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
globalThis.Document = class {
  createElement() { return new Node() }
  querySelector() { return null }
}
// Images of the page have the names of these methods.
globalThis.document = Object.assign(new Document(), { documentElement: new Node(), createElement: new Node(), querySelector: new Node() })
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

export const within = (node) => [node, ...[...node.children].flatMap(within)]

// Presses a button of this kind that is shown in a row: the first one, or the one `at` this place.
export function press(element, act, at = 0) {
  const buttons = within(element.root).filter((node) => node.getAttribute('part') === `button ${act}` && !node.hidden)
  buttons.at(at).dispatchEvent(new Event('click'))
}

export const FIELD = { name: 'field' }

export const dropOf = (stack, more) => drop({ ...FIELD, endpoint: stack.endpoint, ...more })

export const photo = () => fileOf(1000)

export const shown = ({ uploads }) => uploads.map(({ file, state }) => `${file.name} ${state}`).join()

export const comesTo = (element, text) => until(() => shown(element) === text, text).catch(() => assert.equal(shown(element), text))

// The recorder has looked at every file that S3 has, and accepts those that come.
export function looked(stack) {
  stack.verdict = { state: 'available' }
  for (const upload of stack.uploads.values()) if (upload.stored) upload.state = 'available'
}
