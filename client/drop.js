// The element <postern-drop>: an area to drop and choose files, and a row for each file. docs/browser.md shows how, and
// drop.d.ts has the types.

import { chosenFiles, droppedFiles, fill, isAccepted, sizeInWords } from './files.js'
import { createList, isPending, isUnchecked } from './list.js'
import { PosternError } from './postern.js'
import { make, Row } from './row.js'
import { style } from './style.js'
import { canonical, TEXTS, textsIn } from './texts.js'

// Whether another try makes no sense: the file is not sent, the API never will take it, or S3 has it.
function isFinal(item) {
  const { code, status } = item.error ?? {}
  if (code === 'checksum_mismatch') return false
  return ['not_accepted', 'too_large', 'unreadable'].includes(code) || [410, 422].includes(status) || isUnchecked(item)
}

// Properties that a page may set before this module came.
const EARLY = ['texts', 'jwt', 'metadata']

export class PosternDrop extends HTMLElement {
  static formAssociated = true
  static observedAttributes = ['accept', 'lang', 'multiple', 'name', 'required']

  #internals = this.attachInternals()
  #ownTexts = {} // of the page
  #texts = TEXTS
  #jwt
  #metadata
  #resets = 0
  #rows = new Map() // by the id of the upload
  #list = createList(optionsOf(this))
  #hint = make('p', { part: 'hint' })
  #choose = make('button', { part: 'choose', type: 'button' })
  #input = make('input', { type: 'file', hidden: '' })
  #area = make('div', { part: 'area', role: 'group' }, this.#hint, this.#choose, this.#input)
  #files = make('ul', { part: 'list', role: 'list' })
  #status = make('p', { part: 'status', role: 'status' })

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true })
    root.adoptedStyleSheets = [style]
    root.append(this.#area, this.#files, this.#status)
    this.#choose.addEventListener('click', () => this.#input.click())
    this.#input.addEventListener('change', () => {
      if (this.isConnected) this.add(chosenFiles(this.#input.files))
      this.#input.value = '' // so that the same file can be chosen again
    })
    this.#list.subscribe(() => this.#changed())
    this.#takeDrops()
    for (const name of EARLY.filter((name) => Object.hasOwn(this, name))) {
      const value = this[name]
      delete this[name]
      this[name] = value
    }
  }

  get jwt() {
    return this.#jwt
  }

  set jwt(jwt) {
    this.#jwt = jwt
  }

  get metadata() {
    return this.#metadata
  }

  set metadata(metadata) {
    this.#metadata = metadata
  }

  get texts() {
    return this.#texts
  }

  set texts(texts) {
    this.#ownTexts = { ...texts }
    this.#translate()
  }

  get form() {
    return this.#internals.form
  }

  get uploads() {
    return this.#list.snapshot()
  }

  // Adds files, or `{ file, path }`. Without `multiple`, a file replaces the one before.
  add(files) {
    const added = Array.from(files, (given) => (given.file ? given : { file: given }))
    if (!this.hasAttribute('multiple')) {
      if (added.length) for (const { id } of this.uploads) this.#list.remove(id)
      added.splice(1)
    }
    this.#list.add(added.map(({ file, path, error }) => ({ file, path, error: error ?? this.#refusal(file) })))
  }

  connectedCallback() {
    this.#translate()
  }

  // An element that only moves is connected again at once.
  async disconnectedCallback() {
    await null
    if (!this.isConnected) for (const { id } of this.uploads) this.#list.cancel(id)
  }

  attributeChangedCallback(name) {
    if (name === 'lang') this.#translate()
    else this.#show()
  }

  formDisabledCallback(isDisabled) {
    this.#choose.disabled = isDisabled
  }

  formResetCallback() {
    this.#resets += 1
    for (const { id } of this.uploads) this.#list.remove(id)
  }

  // Why a file is not sent; undefined if it is.
  #refusal(file) {
    const refused = (code) => new PosternError(code, fill(this.#texts[code], this.#limits))
    if (this.#accepted.length && !isAccepted(file, this.#accepted)) return refused('not_accepted')
    if (file.size > this.#maxBytes) return refused('too_large')
  }

  get #accepted() {
    const ranges = this.getAttribute('accept') ?? ''
    return ranges.split(',').map((range) => range.trim()).filter(Boolean)
  }

  get #maxBytes() {
    return Number(this.getAttribute('max-size') ?? Infinity)
  }

  // What texts may name.
  get #limits() {
    return { accept: this.#accepted.join(', '), size: sizeInWords(this.#maxBytes, this.#language) }
  }

  // Of the element or of the next element around it, also outside of a shadow root.
  get #language() {
    for (let element = this, root; element; element = root instanceof ShadowRoot && root.host) {
      const around = element.closest('[lang]')
      if (around) return canonical(around.lang)
      root = element.getRootNode()
    }
  }

  // Says everything in the present language. Until its texts are there, and without them, it stays with the last one.
  async #translate() {
    this.#texts = { ...this.#texts, ...this.#ownTexts }
    this.#show()
    const language = this.#language
    const texts = await textsIn(language).catch(() => TEXTS)
    if (language !== this.#language) return
    this.#texts = { ...texts, ...this.#ownTexts }
    this.#show()
  }

  #takeDrops() {
    let depth = 0
    const enter = (by) => {
      depth = by && depth + by
      this.#area.classList.toggle('over', depth > 0)
    }
    const on = (type, act) =>
      this.addEventListener(type, (event) => {
        if (!event.dataTransfer?.types.includes('Files')) return
        event.preventDefault() // else the browser would show the file in place of the page
        if (!this.#choose.disabled) act(event)
      })
    on('dragenter', () => enter(1))
    on('dragleave', () => enter(-1))
    on('dragover', () => {})
    on('drop', async (event) => {
      enter(0)
      const resets = this.#resets
      const files = await droppedFiles(event.dataTransfer.items)
      if (this.isConnected && resets === this.#resets) this.add(files)
    })
  }

  #show() {
    const texts = this.#texts
    this.#hint.textContent = texts.drop
    this.#choose.textContent = texts.choose
    const labels = Array.from(this.#internals.labels ?? [], ({ textContent }) => textContent.trim())
    this.#area.setAttribute('aria-label', labels.join(' ') || texts.choose)
    this.#files.setAttribute('aria-label', texts.list)
    this.#input.multiple = this.hasAttribute('multiple')
    this.#input.accept = this.getAttribute('accept') ?? ''
    for (const row of this.#rows.values()) this.#showRow(row, row.item)
    this.#sumUp()
  }

  #showRow(row, item) {
    row.show(item, { texts: this.#texts, language: this.#language, values: this.#limits, isFinal: isFinal(item) })
  }

  #changed() {
    const ended = []
    for (const item of this.uploads) {
      if (!this.#rows.has(item.id)) this.#append(item)
      const row = this.#rows.get(item.id)
      if (row.item === item) continue
      const { state } = row.item ?? {}
      this.#showRow(row, item)
      if (state !== item.state && !isPending(item)) ended.push(item)
    }
    const ids = new Set(this.uploads.map(({ id }) => id))
    for (const [id, row] of this.#rows) if (!ids.has(id)) this.#remove(id, row)
    this.#sumUp()
    for (const item of ended) this.#announce(item)
  }

  #append(item) {
    const row = new Row(item, (act, id) => this.#choose.disabled || this.#list[act](id))
    this.#rows.set(item.id, row)
    this.#files.append(row.element)
  }

  #remove(id, { element }) {
    const hadFocus = element.contains(this.shadowRoot.activeElement)
    element.remove()
    this.#rows.delete(id)
    if (hadFocus) this.#choose.focus()
  }

  // The status, and what the form gets.
  #sumUp() {
    const done = this.uploads.filter(({ state }) => state === 'available')
    this.#say(done.length)
    const name = this.getAttribute('name')
    const value = new FormData()
    if (name) for (const { result } of done) value.append(name, result.uploadId)
    this.#internals.setFormValue(value)
    const isMissing = this.hasAttribute('required') && !done.length
    if (this.uploads.some(isPending)) this.#refuse({ customError: true }, this.#texts.pending)
    else this.#refuse({ valueMissing: isMissing }, isMissing ? this.#texts.required : '')
  }

  #say(done) {
    const all = this.uploads.length
    const count = this.uploads.filter((item) => item.state === 'rejected' || (item.state === 'failed' && !isUnchecked(item))).length
    const lines = [all && fill(this.#texts.summary, { done, all }), count && fill(this.#texts.missing, { count })]
    const said = lines.filter(Boolean).join(' ')
    if (this.#status.textContent !== said) this.#status.textContent = said
  }

  // Keeps the form from being sent, with this message at the button.
  #refuse(flags, message) {
    this.#internals.setValidity(flags, message, this.#choose)
  }

  #announce({ id, file, path, state, result, error }) {
    if (state === 'cancelled') return
    const type = state === 'available' ? 'postern-uploaded' : 'postern-failed'
    const detail = { id, file, path, uploadId: result?.uploadId, result, error }
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }))
  }
}

// Read anew for each upload, and `jwt` for each request.
const optionsOf = (element) => ({
  get endpoint() {
    return element.getAttribute('endpoint') ?? ''
  },
  get jwt() {
    return element.jwt
  },
  get metadata() {
    return element.metadata
  },
})

if (!customElements.get('postern-drop')) customElements.define('postern-drop', PosternDrop)
