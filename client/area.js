// The area of the element: files are dropped on it, or chosen by its button.

import { chosenFiles, droppedFiles } from './files.js'
import { make } from './row.js'

export class Area {
  #hint = make('p', { part: 'hint' })
  #choose = make('button', { part: 'choose', type: 'button' })
  #input = make('input', { type: 'file', hidden: '' })
  #host
  #add
  #reads = 0 // drops of an earlier number are ignored
  element = make('div', { part: 'area', role: 'group' }, this.#hint, this.#choose, this.#input)

  // `add` gets what was dropped on `host`, or chosen.
  constructor(host, add) {
    this.#host = host
    this.#add = add
    this.#choose.addEventListener('click', () => this.#input.click())
    this.#input.addEventListener('change', () => {
      if (host.isConnected) add(chosenFiles(this.#input.files))
      this.#input.value = '' // so that the same file can be chosen again
    })
    this.#takeDrops()
  }

  get button() {
    return this.#choose
  }

  get isDisabled() {
    return this.#choose.disabled
  }

  set isDisabled(isDisabled) {
    this.#choose.disabled = isDisabled
  }

  // Ignores what was dropped and is not read yet.
  reset() {
    this.#reads += 1
  }

  show(texts, label, { multiple, accept }) {
    this.#hint.textContent = texts.drop
    this.#choose.textContent = texts.choose
    this.element.setAttribute('aria-label', label || texts.choose)
    this.#input.multiple = multiple
    this.#input.accept = accept
  }

  #takeDrops() {
    let depth = 0
    const enter = (by) => {
      depth = by && depth + by
      this.element.classList.toggle('over', depth > 0)
    }
    const on = (type, act) =>
      this.#host.addEventListener(type, (event) => {
        if (!event.dataTransfer?.types.includes('Files')) return
        event.preventDefault() // else the browser would show the file in place of the page
        if (!this.isDisabled) act(event)
      })
    on('dragenter', () => enter(1))
    on('dragleave', () => enter(-1))
    on('dragover', () => {})
    on('drop', (event) => {
      enter(0)
      this.#read(event.dataTransfer.items)
    })
  }

  async #read(items) {
    const reads = this.#reads
    const files = await droppedFiles(items)
    if (this.#host.isConnected && reads === this.#reads) this.#add(files)
  }
}
