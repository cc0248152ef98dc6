// The page at an upload token's address: choose, drop or paste files, and see what becomes of each.
// All texts come from the page. What a visitor or the server writes is shown as text only.

import { upload } from './postern.js'

const CONCURRENT = 3

const ENDED = /^upload_token_(expired|revoked|unknown)$/

// Reasons of a rejection that say the same to a visitor.
const MISMATCHES = ['content_type_mismatch', 'extension_mismatch', 'foreign_content']

const { types, typesInWords, maxSizeBytes, left, texts } = JSON.parse(document.getElementById('data').textContent)
const language = document.documentElement.lang
const [area, list, summary, template, leftShown] = ['area', 'list', 'summary', 'row', 'left'].map((id) =>
  document.getElementById(id),
)
const endpoint = location.origin + location.pathname

const entries = []
const counted = new Set() // the uploads that have cost a use
let remaining = left
let isOver = false // the token has ended

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name])

const number = (value, options) => new Intl.NumberFormat(language, options).format(value)

function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3))
  return `${number(bytes / 1000 ** step, { maximumFractionDigits: 1 })} ${units[step]}`
}

function duration(seconds) {
  const units = [['hour', 3600], ['minute', 60]]
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? ['second', 1]
  return number(Math.max(1, Math.round(seconds / length)), { style: 'unit', unit, unitDisplay: 'short' })
}

// Why a file is not sent; undefined if it is.
function refusal(file) {
  const type = (file.type || 'application/octet-stream').split(';')[0].trim().toLowerCase()
  const isAllowed = (range) =>
    range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
  // Without a type the client may know one by the extension, and otherwise the server decides.
  if (file.type && !types.some(isAllowed)) return fill(texts.wrongType, { types: typesInWords })
  if (file.size > maxSizeBytes) return fill(texts.tooLarge, { size: size(maxSizeBytes) })
  if (isOver) return texts.ended
  if (entries.filter((entry) => entry.isPending && !entry.isCounted).length >= remaining) return texts.noneLeft
}

// What a failure means for the visitor. A server's own sentence is added where it says more.
function explain({ code, status, errors, message }) {
  if (code === 'upload_token_used_up') return [texts.noneLeft]
  if (ENDED.test(code)) return [texts.ended]
  if (code === 'EntityTooLarge') return [fill(texts.tooLarge, { size: size(maxSizeBytes) })]
  const isType = errors?.length === 1 && errors[0].field === 'content_type'
  if (isType) return [fill(texts.wrongType, { types: typesInWords })]
  if (errors) return [texts.failed, message]
  if (code === 'network' || code === 'timeout') return [texts.network]
  if (status === 429 || status >= 500) return [texts.busy]
  return [texts.failed, message]
}

class Entry {
  isPending = true
  isCounted = false

  constructor(file, path, why = refusal(file)) {
    Object.assign(this, { file, path, row: template.content.cloneNode(true).firstElementChild })
    const [name, bytes] = this.row.querySelectorAll('.name > *')
    name.textContent = path || file.name
    name.id = `file-${entries.length}`
    bytes.textContent = size(file.size)
    this.bar = this.row.querySelector('progress')
    this.bar.setAttribute('aria-labelledby', name.id)
    this.lines = this.row.querySelectorAll('.state > *')
    const buttons = [...this.row.querySelectorAll('button')]
    this.buttons = Object.fromEntries(buttons.map((button) => [button.dataset.does, button]))
    for (const [does, button] of Object.entries(this.buttons)) {
      button.setAttribute('aria-describedby', name.id)
      button.addEventListener('click', () => this[does]())
    }
    this.row.tabIndex = -1
    list.append(this.row)
    if (why) this.end('refused', [why])
    else this.wait()
  }

  wait() {
    Object.assign(this, { isPending: true, isWaiting: true, outcome: undefined })
    this.row.className = ''
    this.bar.value = 0
    this.bar.hidden = false
    this.say(texts.waiting)
    this.offer('cancel')
  }

  async start() {
    this.isWaiting = false
    this.isCounted = false
    this.isSent = false
    this.abort = new AbortController()
    const { file, path } = this
    this.task = upload(file, {
      endpoint,
      path,
      signal: this.abort.signal,
      onProgress: (progress) => this.show(progress),
    })
    try {
      const { state, reason, detail } = await this.task
      if (state === 'available') this.end('received', [texts.received])
      else this.end('refused', [MISMATCHES.includes(reason) ? texts.mismatch : texts.rejected, detail])
    } catch (error) {
      if (ENDED.test(error.code)) isOver = true
      if (error.code === 'upload_token_used_up') remaining = 0
      // Its own use lasts: an upload in parts goes on with it.
      const isFinal = isOver || (remaining === 0 && !this.isCounted) || error.status === 422
      const offers = isFinal ? [] : ['retry']
      if (error.code === 'aborted') this.end('cancelled', [texts.cancelled], ...offers)
      else if (this.isSent) this.end('unchecked', [texts.unchecked])
      else this.end('refused', explain(error), ...offers)
    }
  }

  show({ phase, loaded, total, bytesPerSecond, secondsLeft, uploadId }) {
    if (!this.isPending) return
    this.isCounted ||= Boolean(uploadId)
    if (uploadId && !counted.has(uploadId)) {
      counted.add(uploadId)
      remaining = Math.max(0, remaining - 1)
      leftShown.textContent = number(remaining)
    }
    this.bar.value = total ? loaded / total : Number(phase === 'checking')
    const percent = number(this.bar.value, { style: 'percent' })
    const speed = bytesPerSecond && fill(texts.speed, { speed: size(bytesPerSecond), time: duration(secondsLeft) })
    const sending = fill(texts.sending, { percent })
    this.say(phase === 'sending' ? [sending, speed].filter(Boolean).join(' · ') : texts[phase])
    this.isSent ||= phase === 'checking'
    if (phase === 'checking') this.offer()
    else if (phase === 'paused') this.offer('resume', 'cancel')
    else this.offer(...(phase === 'sending' ? ['pause'] : []), 'cancel')
  }

  say(text, detail = '') {
    const [own, servers] = this.lines
    if (own.textContent !== text) own.textContent = text
    servers.textContent = detail
  }

  // Shows these buttons. The focus does not get lost with a button that goes.
  offer(...names) {
    const focused = document.activeElement
    for (const [does, button] of Object.entries(this.buttons)) button.hidden = !names.includes(does)
    if (this.row.contains(focused) && focused.hidden) (this.buttons[names[0]] ?? this.row).focus()
  }

  // `outcome`: received, refused, cancelled or unchecked.
  end(outcome, says, ...offers) {
    this.bar.hidden = !this.task
    Object.assign(this, { isPending: false, isWaiting: false, outcome })
    this.row.className = outcome
    if (outcome === 'received') this.bar.value = 1
    this.say(...says)
    this.offer(...offers)
    advance()
  }

  pause() {
    this.task.pause()
  }

  resume() {
    this.task.resume()
  }

  retry() {
    this.wait()
    advance()
  }

  cancel() {
    if (this.isWaiting) {
      this.end('cancelled', [texts.cancelled], 'retry')
    } else this.abort.abort()
  }
}

// Starts what waits, and sums up.
function advance() {
  let free = CONCURRENT - entries.filter((entry) => entry.isPending && !entry.isWaiting).length
  for (const entry of entries) if (entry.isWaiting && free-- > 0) entry.start()
  const count = (...outcomes) => entries.filter(({ outcome }) => outcomes.includes(outcome)).length
  const [received, missing, all] = [count('received'), count('refused', 'cancelled'), entries.length]
  const lines = [fill(texts.summary, { received: number(received), all: number(all) })]
  if (missing) lines.push(fill(texts.missing, { count: number(missing) }))
  if (received === all) lines.push(texts.complete)
  summary.textContent = all ? lines.join(' ') : ''
}

function add(files) {
  for (const { file, path, why } of files) entries.push(new Entry(file, path, why))
  advance()
}

const plain = (files) => [...files].map((file) => ({ file, path: file.webkitRelativePath || undefined }))

// The files of what was dropped, also of folders in it. What the browser cannot read gets a row that says so.
async function dropped(items) {
  const named = [...items].filter((item) => item.kind === 'file')
  const roots = named.map((item) => item.webkitGetAsEntry() ?? item.getAsFile())
  const filesOf = async (entry, isRoot) => {
    if (entry instanceof File) return plain([entry])
    if (entry.isFile) {
      const file = await new Promise((done, fail) => entry.file(done, fail))
      return [{ file, path: isRoot ? undefined : entry.fullPath.slice(1) }]
    }
    const reader = entry.createReader()
    const children = []
    for (let more; more?.length !== 0; children.push(...more)) {
      more = await new Promise((done, fail) => reader.readEntries(done, fail))
    }
    return (await Promise.all(children.map((child) => readable(child, false)))).flat()
  }
  const readable = (entry, isRoot) =>
    filesOf(entry, isRoot).catch(() => [{ file: new File([], entry.name), path: entry.fullPath?.slice(1), why: texts.failed }])
  return (await Promise.all(roots.map((root) => readable(root, true)))).flat()
}

function dialog(button, input) {
  button.disabled = false
  button.addEventListener('click', () => input.click())
  input.addEventListener('change', () => {
    add(plain(input.files))
    input.value = '' // so that the same file can be chosen again
  })
}

const choose = document.getElementById('choose')
dialog(choose, document.getElementById('file-input'))
const folder = document.getElementById('folder')
const folderInput = document.getElementById('folder-input')
if (folder && 'webkitdirectory' in folderInput) dialog(folder, folderInput)
else if (folder) folder.hidden = true

// A file that misses the area must not replace the page.
let depth = 0
addEventListener('dragenter', () => area.classList.toggle('over', ++depth > 0))
addEventListener('dragleave', () => area.classList.toggle('over', --depth > 0))
addEventListener('dragover', (event) => event.preventDefault())
addEventListener('drop', async (event) => {
  event.preventDefault()
  depth = 0
  area.classList.remove('over')
  add(await dropped(event.dataTransfer.items))
})
addEventListener('paste', (event) => add(plain(event.clipboardData.files)))
addEventListener('beforeunload', (event) => {
  if (entries.some((entry) => entry.isPending)) event.preventDefault()
})
