// The element <postern-drop>: an area to drop and choose files, and a row for each file. docs/browser.md shows how, and
// drop.d.ts has the types.

import { Area } from './area.js'
import { LARGEST_FORM_BYTES } from './common.js'
import { FormControl, internals, reflect } from './control.js'
import { fill, isAccepted } from './files.js'
import { createList, isOpen, isPending } from './list.js'
import { PosternError } from './postern.js'
import { limitsInWords, make } from './row.js'
import { Rows } from './rows.js'
import { style } from './style.js'
import { summaryOf } from './summary.js'
import { languageOf, TEXTS, textsIn } from './texts.js'

// Attributes that are properties too.
const FLAGS = ['disabled', 'multiple', 'required']
const STRINGS = ['accept', 'endpoint', 'name']

const RESTORE_MS = 10_000 // how long the form waits to know what was interrupted

export class PosternDrop extends FormControl {
  static observedAttributes = ['accept', 'endpoint', 'lang', 'multiple', 'name', 'required']

  #ownTexts = {} // of the page
  #texts = TEXTS
  #jwt
  #metadata
  #ownMessage = ''
  #scope // of the uploads that were restored
  #restoring = 0 // what was interrupted is asked for so many times
  #known = '' // the value that the page knows
  #last // the id of the file that was chosen or tried again last
  #documentLanguage = new MutationObserver(() => this.#translate())
  #mount = new AbortController() // ends what the element does when it is removed
  #list = createList(optionsOf(this, () => this.#mount.signal))
  #area = new Area(this, (files) => this.add(files))
  #rows = new Rows((act, id) => this.#list[act](id), () => this.#area.button.focus())
  #status = make('p', { part: 'status', role: 'status' })

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true })
    root.adoptedStyleSheets = [style]
    root.append(this.#area.element, this.#rows.element, this.#status)
    this.#list.subscribe(() => this.#changed())
    this.takeEarly(...FLAGS, ...STRINGS, 'maxSize', 'texts', 'jwt', 'metadata')
  }

  get jwt() {
    return this.#jwt
  }

  set jwt(jwt) {
    this.#jwt = jwt
    this.#restore()
  }

  get metadata() {
    return this.#metadata
  }

  set metadata(metadata) {
    this.#metadata = metadata
    this.#restore()
  }

  get texts() {
    return this.#texts
  }

  set texts(texts) {
    this.#ownTexts = { ...texts }
    this.#translate()
  }

  get maxSize() {
    return Number(this.getAttribute('max-size') || Infinity)
  }

  set maxSize(bytes) {
    if (bytes === Infinity) this.removeAttribute('max-size')
    else this.setAttribute('max-size', bytes)
  }

  // The ids of the uploaded files. As in a field for files, a script can only empty it.
  get value() {
    return this.#done.map(({ result }) => result.uploadId).join()
  }

  set value(value) {
    if (value) throw new DOMException('Only an empty value can be set.', 'InvalidStateError')
    this.#empty()
  }

  get uploads() {
    return this.#list.snapshot()
  }

  // Adds files, or `{ file, path, handle }`.
  add(files) {
    const added = Array.from(files, (given) => (given.file ? given : { file: given }))
    const checked = added.map((given) => ({ ...given, error: given.error ?? this.#refusal(given.file) }))
    const sent = checked.findIndex(({ error }) => !error)
    this.#list.add(this.multiple ? checked : checked.splice(Math.max(0, sent), 1))
  }

  connectedCallback() {
    this.#translate()
    if (this.#mount.signal.aborted) this.#mount = new AbortController()
    for (const item of this.uploads) if (!isOpen(item)) this.#list.retry(item.id)
    this.#restore()
    this.#documentLanguage.observe(document.documentElement, { attributeFilter: ['lang'] })
    const { signal } = this.#mount
    addEventListener('storage', this.#list.restore, { signal }) // another tab goes on with a file, or has ended it
    addEventListener('pageshow', this.#list.restore, { signal }) // after Back, when the browser has kept the page
  }

  // An element that only moves is connected again at once.
  async disconnectedCallback() {
    await null
    if (this.isConnected) return
    this.#documentLanguage.disconnect()
    this.#scope = undefined
    this.#area.reset()
    for (const { id } of this.uploads) this.#list.cancel(id)
    this.#mount.abort()
  }

  attributeChangedCallback(name) {
    if (name === 'lang') this.#translate()
    else this.#show()
    this.#restore()
  }

  formDisabledCallback(isDisabled) {
    this.#area.isDisabled = isDisabled
    this.#show()
  }

  formResetCallback() {
    this.#empty()
  }

  // Keeps the form from being sent until the message is empty again.
  setCustomValidity(message) {
    this.#ownMessage = String(message)
    this.#sumUp()
  }

  // Shows what was interrupted, anew after a change of what decides over it. Several changes at once count as one. Pages
  // may set another function for the JWT each time that they are drawn.
  async #restore() {
    await null
    const scope = JSON.stringify([this.endpoint, this.name, this.metadata, Boolean(this.jwt)])
    if (!this.isConnected || scope === this.#scope) return
    this.#scope = scope
    this.#restoring += 1
    this.#sumUp()
    await Promise.race([this.#list.restore(), new Promise((end) => setTimeout(end, RESTORE_MS))])
    this.#restoring -= 1
    this.#sumUp()
  }

  #empty() {
    this.#area.reset()
    for (const { id } of this.uploads) this.#list.remove(id)
    this.#known = ''
  }

  // Why a file is not sent; undefined if it is. The error keeps the limits of this moment, for other languages.
  #refusal(file) {
    const accepted = this.accept.split(',').map((range) => range.trim()).filter(Boolean)
    const limits = { accepted, maxSize: this.maxSize }
    const refused = (code) => new PosternError(code, fill(this.#texts[code], limitsInWords(limits, this.#look)), { limits })
    if (accepted.length && !isAccepted(file, accepted)) return refused('not_accepted')
    if (file.size > this.maxSize) return refused('too_large')
  }

  get #done() {
    return this.uploads.filter(isAvailable)
  }

  // Says everything in the present language. Until its texts are there, and without them, it stays with the last one.
  async #translate() {
    this.#texts = { ...this.#texts, ...this.#ownTexts }
    this.#show()
    const language = languageOf(this)
    const texts = await textsIn(language).catch(() => TEXTS)
    if (language !== languageOf(this)) return
    this.#texts = { ...texts, ...this.#ownTexts }
    this.#show()
  }

  #show() {
    const labels = Array.from(this.labels ?? [], ({ textContent }) => textContent.trim())
    this.#area.show(this.#texts, labels.join(' '), this)
    this.#rows.show(this.#look)
    this.#sumUp()
  }

  get #look() {
    return { texts: this.#texts, language: languageOf(this), isDisabled: this.#area.isDisabled }
  }

  #changed() {
    const { begun, ended } = this.#rows.update(this.uploads, this.#look)
    for (const item of begun) if (!isRefused(item)) this.#last = item.id
    if (!this.multiple) {
      if (begun.length) this.#area.reset() // a drop that came before is late
      for (const { id } of replaced(this.uploads, begun[0], ended[0], this.#last)) this.#list.remove(id)
    }
    this.#sumUp()
    for (const item of ended) this.#announce(item)
    this.#tell()
  }

  // Tells the page of a new value as a native field does, so not of one that a script has emptied.
  async #tell() {
    await null
    if (this.value === this.#known) return
    this.#known = this.value
    this.dispatchEvent(new Event('input', { bubbles: true, composed: true }))
    this.dispatchEvent(new Event('change', { bubbles: true }))
  }

  // The status, and what the form gets.
  #sumUp() {
    const done = this.#done
    this.#say()
    const value = new FormData()
    if (this.name) for (const { result } of done) value.append(this.name, result.uploadId)
    this[internals].setFormValue(value)
    const isMissing = this.required && !done.length
    const message = this.#ownMessage || (this.#restoring || this.uploads.some(isPending) ? this.#texts.pending : '')
    // The browser shows the message at the button.
    const flags = { customError: Boolean(message), valueMissing: isMissing }
    this[internals].setValidity(flags, message || (isMissing ? this.#texts.required : ''), this.#area.button)
  }

  #say() {
    const said = summaryOf(this.uploads, this.#texts, languageOf(this))
    if (this.#status.textContent !== said) this.#status.textContent = said
  }

  #announce({ id, file, path, state, result, error }) {
    if (state === 'cancelled') return
    const type = state === 'available' ? 'postern-uploaded' : 'postern-failed'
    const detail = { id, file, path, uploadId: result?.uploadId, result, error }
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }))
  }
}

// Whether the file was added with an error, and is not sent.
const isRefused = ({ error, progress }) => error && !progress

const isAvailable = ({ state }) => state === 'available'

// Whether S3 has the file or parts of it, so that the file stays until the next one is available.
const isAtS3 = ({ state, file, progress }) =>
  ['available', 'checking'].includes(state) || (state === 'failed' && progress?.uploadId && file.size > LARGEST_FORM_BYTES)

// What goes because a file of this page has begun or is available. A refused file replaces only another one. `last` was chosen
// last, perhaps later than the available one.
function replaced(items, begun, ended, last) {
  if (begun) return items.filter((item) => item !== begun && (isRefused(begun) ? isRefused(item) : isOpen(item) && !isAtS3(item)))
  if (ended && isOpen(ended) && isAvailable(ended)) return items.filter((item) => item !== ended && item.id !== last && !isRefused(item))
  // No file that an earlier page has sent stays beside an available one of this page, or before another available one.
  const sent = items.filter((item) => !isOpen(item) && item.state !== 'interrupted')
  const isChosen = items.some((item) => isOpen(item) && isAvailable(item))
  return sent.slice(0, isChosen ? Infinity : Math.max(0, sent.findLastIndex(isAvailable)))
}

// Read anew for each upload, and `jwt` for each request.
const optionsOf = (element, signal) => ({
  get endpoint() { return element.endpoint },
  get name() { return element.name },
  get jwt() { return element.jwt },
  get metadata() { return element.metadata },
  get signal() { return signal() },
})

reflect(PosternDrop, { flags: FLAGS, texts: STRINGS })
if (!customElements.get('postern-drop')) customElements.define('postern-drop', PosternDrop)
