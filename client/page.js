// The page at an upload token's address: choose, drop or paste files, and see what becomes of each.
// All texts come from the page. What a visitor or the server writes is shown as text only.

import { LARGEST_FORM_BYTES } from './common.js'
import { fill, isAccepted, shareSent, showButtons, sizeInWords } from './files.js'
import { canRetry, createList, isOpen, isPending, isUnchecked } from './list.js'
import { PosternError } from './postern.js'
import { summaryOf } from './summary.js'
import { takeFiles } from './taking.js'
import { localize } from './time.js'

const SLICE_MS = 10 // of one task that shows rows

const REFUSED = 'refused' // the code of a file that the page does not send

const CHANGED = 'file_changed' // since its upload was interrupted
const ELSEWHERE = 'sent_elsewhere' // by another tab

const ENDED = /^upload_token_(expired|revoked|unknown)$/

// Reasons of a rejection that say the same to a visitor.
const MISMATCHES = ['content_type_mismatch', 'extension_mismatch', 'foreign_content']

const { types, typesInWords, maxSizeBytes, left, texts } = JSON.parse(document.getElementById('data').textContent)
const language = document.documentElement.lang
const [area, list, summary, template, leftShown] = ['area', 'list', 'summary', 'row', 'left'].map((id) =>
  document.getElementById(id),
)
const endpoint = location.origin + location.pathname

const uploads = createList({ endpoint })
const rows = new Map() // by the id of the upload
const counted = new Set() // the uploads that have cost a use
let remaining = left
let isOver = false // the token has ended
let isShowing = false
let isChanged = false // since the rows were shown

const number = (value, options) => new Intl.NumberFormat(language, options).format(value)

const size = (bytes) => sizeInWords(bytes, language)

function duration(seconds) {
  const units = [['hour', 3600], ['minute', 60]]
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? ['second', 1]
  return number(Math.max(1, Math.round(seconds / length)), { style: 'unit', unit, unitDisplay: 'short' }).replaceAll(' ', '\u00a0')
}

// Why a file is not sent; undefined if it is. `claimed` uses are those of files that wait before it.
function refusal(file, claimed) {
  if (!isAccepted(file, types)) return fill(texts.wrongType, { types: typesInWords })
  if (file.size > maxSizeBytes) return fill(texts.tooLarge, { size: size(maxSizeBytes) })
  if (isOver) return texts.ended
  // A file that goes in parts may be one that was interrupted. The client knows its upload, and the API refuses another.
  const mayGoOn = file.size > LARGEST_FORM_BYTES
  if (claimed >= remaining && !mayGoOn) return texts.noneLeft
}

function learn({ code }) {
  if (ENDED.test(code)) isOver = true
  if (code === 'upload_token_used_up') showLeft(0)
}

function showLeft(count) {
  remaining = Math.max(0, count)
  if (leftShown) leftShown.textContent = number(remaining)
}

// What a failure means for the visitor. A server's own sentence is added where it says more.
function explain({ code, status, errors, message }) {
  if (code === REFUSED) return [message]
  if (code === 'upload_token_used_up') return [texts.noneLeft]
  if (code === CHANGED) return [texts.changed]
  if (code === ELSEWHERE) return [texts.sentElsewhere]
  if (ENDED.test(code)) return [texts.ended]
  if (code === 'EntityTooLarge') return [fill(texts.tooLarge, { size: size(maxSizeBytes) })]
  const isType = errors?.length === 1 && errors[0].field === 'content_type'
  if (isType) return [fill(texts.wrongType, { types: typesInWords })]
  if (errors) return [texts.failed, message]
  if (code === 'network' || code === 'timeout') return [texts.network]
  if (status === 429 || status >= 500) return [texts.busy]
  return [texts.failed, message]
}

// One file of the list.
class Row {
  isCounted = false // whether its upload has cost a use

  constructor({ id, file, path }) {
    this.element = template.content.cloneNode(true).firstElementChild
    const [name, bytes] = this.element.querySelectorAll('.name > *')
    name.textContent = path || file.name
    name.id = `file-${id}`
    bytes.textContent = size(file.size)
    // Without pictures the page works too.
    import('./tile.js').then(({ show }) => show(this.element.querySelector('.tile'), file)).catch(() => {})
    this.bar = this.element.querySelector('progress')
    this.bar.setAttribute('aria-labelledby', name.id)
    this.lines = this.element.querySelectorAll('.state > *')
    this.buttons = [...this.element.querySelectorAll('button')]
    for (const button of this.buttons) {
      button.setAttribute('aria-describedby', name.id)
      button.addEventListener('click', () => uploads[button.dataset.does](id))
    }
    this.element.tabIndex = -1
    list.append(this.element)
  }

  show(item) {
    this.item = item
    const { state, progress, result, error } = item
    if (progress) this.count(progress)
    this.bar.value = shareSent(progress)
    this.bar.hidden = !isPending(item) && state !== 'interrupted'
    if (error) learn(error)
    if (state === 'interrupted') this.wait(item)
    else if (state === 'available') this.end('received', [texts.received])
    else if (state === 'rejected') this.end('refused', explainRejection(result))
    else if (state === 'cancelled') this.end('cancelled', [texts.cancelled], this.offers(item))
    else if (isUnchecked(item)) this.end('unchecked', [texts.unchecked])
    else if (error) this.end('refused', explain(error), this.offers(item))
    else this.go(item)
  }

  go(item) {
    const { state, progress } = item
    this.element.className = ''
    this.say(state === 'sending' ? rate(progress) : texts[state])
    if (state === 'checking') this.offer(...(isOpen(item) ? [] : ['remove']))
    else if (state === 'paused') this.offer('resume', 'cancel')
    else this.offer(...(state === 'sending' ? ['pause'] : []), 'cancel')
  }

  // For the visitor, who lets the file go on or chooses it again.
  wait({ handle }) {
    this.element.className = 'interrupted'
    this.say(handle ? texts.interrupted : texts.chooseAgain)
    this.offer(...(handle ? ['resume'] : []), 'remove')
  }

  // `outcome`: received, refused, cancelled or unchecked.
  end(outcome, says, offers = []) {
    this.element.className = outcome
    this.say(...says)
    this.offer(...offers)
  }

  // An upload in parts goes on with its own use. A form that is sent again costs another one.
  offers(item) {
    const { code } = item.error ?? {}
    const isKept = this.isCounted && item.file.size > LARGEST_FORM_BYTES && ![CHANGED, 'checksum_mismatch'].includes(code)
    const hasUse = remaining > 0 || isKept || code === ELSEWHERE
    const retry = canRetry(item) && hasUse && !isOver ? ['retry'] : []
    return code === CHANGED ? [...retry, 'remove'] : retry
  }

  // The use of an upload that goes on was counted when this page was loaded.
  count({ uploadId, isResumed }) {
    this.isCounted = Boolean(uploadId)
    if (!uploadId || counted.has(uploadId)) return
    counted.add(uploadId)
    if (!isResumed) showLeft(remaining - 1)
  }

  say(text, detail = '') {
    const [own, servers] = this.lines
    if (own.textContent !== text) own.textContent = text
    servers.textContent = detail
  }

  offer(...names) {
    showButtons(this.element, this.buttons, ({ dataset }) => names.includes(dataset.does))
  }
}

// Of a mismatch the server says what a program should declare.
const explainRejection = ({ reason, detail }) => (MISMATCHES.includes(reason) ? [texts.mismatch] : [texts.rejected, detail])

function rate(progress) {
  const { bytesPerSecond, secondsLeft } = progress
  const sending = fill(texts.sending, { percent: number(shareSent(progress), { style: 'percent' }) })
  if (!bytesPerSecond) return sending
  return `${sending} · ${fill(texts.speed, { speed: size(bytesPerSecond), time: duration(secondsLeft) })}`
}

// Shows what has changed, in slices: many rows at once would keep the page from answering.
async function show() {
  isChanged = true
  if (isShowing) return
  isShowing = true
  try {
    while (isChanged) {
      isChanged = false
      await showRows(uploads.snapshot())
      if (!isChanged) sumUp()
    }
  } finally {
    isShowing = false
  }
}

async function showRows(items) {
  let began = performance.now()
  for (const item of items) {
    if (performance.now() - began > SLICE_MS) {
      await new Promise((go) => setTimeout(go)) // lets the page go on; rows of a tab that is not shown can wait
      began = performance.now()
    }
    if (!rows.has(item.id)) rows.set(item.id, new Row(item))
    if (rows.get(item.id).item !== item) rows.get(item.id).show(item)
  }
  const ids = new Set(items.map(({ id }) => id))
  for (const [id, row] of rows) if (!ids.has(id)) removeRow(id, row)
}

function removeRow(id, { element }) {
  const hadFocus = element.contains(document.activeElement)
  element.remove()
  rows.delete(id)
  if (hadFocus) document.getElementById('choose').focus()
}

function sumUp() {
  const text = summaryOf(uploads.snapshot(), texts, language)
  if (summary.textContent !== text) summary.textContent = text
}

uploads.subscribe(show)

// Whether the file may be the one of an upload that has its use.
const mayBeKnown = (file) =>
  file.size > LARGEST_FORM_BYTES &&
  uploads.snapshot().some(({ file: { name, size }, progress }) => progress?.uploadId && name === file.name && size === file.size)

function add(files) {
  let claimed = uploads.snapshot().filter((item) => isPending(item) && !rows.get(item.id)?.isCounted).length
  const added = files.map(({ file, path, handle, error }) => {
    const why = error ? undefined : refusal(file, claimed)
    if (!error && !why && !mayBeKnown(file)) claimed += 1
    return { file, path, handle, error: error ?? (why && new PosternError(REFUSED, why)) }
  })
  uploads.add(added)
}

const until = document.querySelector('dl time')
if (until) localize(until, language)

takeFiles(area, add)
addEventListener('beforeunload', (event) => {
  if (uploads.snapshot().some(isPending)) event.preventDefault()
})

uploads.restore()
addEventListener('storage', uploads.restore) // another tab goes on with a file, or has ended it
addEventListener('pageshow', uploads.restore) // after Back, when the browser has kept the page

// The form for a browser that does not run this script. It stays for a visitor who is writing in it.
document.querySelector('.late:not(:focus-within)')?.remove()
