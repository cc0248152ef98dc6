// The area of the element: files are dropped on it, or chosen by its buttons.

import { chosenFiles, droppedFiles } from './files.js'
import { make } from './row.js'

export class Area {
  #hint = make('p', { part: 'hint' })
  #host
  #add
  #files = this.#dialog('choose')
  #folder = this.#dialog('folder', { webkitdirectory: '' })
  #dialogs = [this.#files, this.#folder]
  #reads = 0 // drops of an earlier number are ignored
  element = make('div', { part: 'area', role: 'group' }, this.#hint, ...this.#dialogs.flatMap(({ button, input }) => [button, input]))

  // `add` gets what was dropped on `host`, or chosen.
  constructor(host, add) {
    this.#host = host
    this.#add = add
    this.#takeDrops()
  }

  get button() {
    return this.#files.button
  }

  get isDisabled() {
    return this.button.disabled
  }

  set isDisabled(isDisabled) {
    for (const { button } of this.#dialogs) button.disabled = isDisabled
  }

  // Ignores what was dropped and is not read yet.
  reset() {
    this.#reads += 1
  }

  show(texts, label, { multiple, accept }) {
    this.#hint.textContent = texts.drop
    this.element.setAttribute('aria-label', label || texts.choose)
    this.#files.button.textContent = texts.choose
    Object.assign(this.#files.input, { multiple, accept })
    const { button, input } = this.#folder
    button.textContent = texts.folder
    button.hidden = !multiple || !('webkitdirectory' in input)
  }

  // A button that opens a dialog of the browser.
  #dialog(part, attributes) {
    const button = make('button', { part, type: 'button' })
    const input = make('input', { type: 'file', hidden: '', ...attributes })
    button.addEventListener('click', () => input.click())
    input.addEventListener('input', (event) => event.stopPropagation()) // it is not of the element's value, and leaves the shadow root
    input.addEventListener('change', () => {
      if (this.#host.isConnected) this.#add(chosenFiles(input.files))
      input.value = '' // so that the same file can be chosen again
    })
    return { button, input }
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
    if (!this.#host.multiple) this.reset() // the last drop counts, and not the one that takes longest to read
    const reads = this.#reads
    const files = await droppedFiles(items)
    if (reads === this.#reads) this.#add(files)
  }
}
