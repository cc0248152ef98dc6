// What a browser gives to a page, for Node: `fetch`, XMLHttpRequest, storage and the network's state. All requests go to
// the stack of the test. Timers are fifty times as fast, but the limit of reading a file only ten times: a busy machine needs
// some of it.

import { Stack } from './stack.mjs'

const READ_MS = 20_000

const faster = (ms) => ms / (ms === READ_MS ? 10 : 50)

// `sending` and `answering` count requests to S3. `acknowledged` has the parts that the page knows S3 to have, and how many
// requests there were then. `life` counts the lives of the page: what an earlier one has begun never goes on.
export const page = { life: 0, stack: undefined, waits: [], sending: 0, answering: 0, mostSending: 0, sendMs: 1, onSend() {}, clock: undefined }

const later = globalThis.setTimeout
export const wait = (ms) => new Promise((done) => later(done, ms))

globalThis.setTimeout = (run, ms) => {
  page.waits.push(ms)
  const { life } = page
  return later(() => life === page.life && run(), faster(ms))
}

const realNow = performance.now.bind(performance)
performance.now = () => page.clock?.() ?? realNow()

let events = new EventTarget()
for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent']) globalThis[name] = (...given) => events[name](...given)

const locked = new Set()
const locks = {
  async request(name, { ifAvailable }, run) {
    if (!ifAvailable || locked.has(name)) return run(null)
    const { life } = page
    locked.add(name)
    await run({ name })
    if (life === page.life) locked.delete(name)
  },
  query: async () => ({ held: [...locked].map((name) => ({ name })), pending: [] }),
}
Object.defineProperty(globalThis, 'navigator', { value: { onLine: true, locks }, configurable: true })

export function setOnline(isOnline) {
  navigator.onLine = isOnline
  dispatchEvent(new Event(isOnline ? 'online' : 'offline'))
}

globalThis.localStorage = Object.create({
  getItem(key) { return Object.hasOwn(this, key) ? this[key] : null },
  setItem(key, value) { this[key] = String(value) },
  removeItem(key) { delete this[key] },
  get length() { return Object.keys(this).length },
})

const isOver = (life) => life !== page.life && new Promise(() => {})
const reached = () => navigator.onLine || undefined

// A request that begins without a network fails. One that is on its way when the page is closed arrives only with `keepalive`.
globalThis.fetch = async (url, { method, headers, body, signal, keepalive }) => {
  signal.throwIfAborted()
  const { life, stack } = page
  const isBegun = reached()
  await wait(1)
  if (!keepalive) await isOver(life)
  const answer = isBegun && reached() && (await stack.answer(method, url, { headers, body }))
  await isOver(life)
  signal.throwIfAborted()
  if (!answer) throw new TypeError('Failed to fetch')
  return new Response(answer.status === 204 ? null : answer.text, answer)
}

globalThis.XMLHttpRequest = class {
  upload = {}
  status = 0
  responseText = ''
  #isOver = false

  open(method, url) {
    Object.assign(this, { method, url })
  }

  abort() {
    this.#end({ status: 0, text: '' })
  }

  async send(body) {
    const { life } = page
    page.sending += 1
    page.mostSending = Math.max(page.mostSending, page.sending)
    const size = body instanceof FormData ? body.get('file').size + 1000 : body.size
    for (const share of [0.25, 0.5, 0.75, 1]) {
      await page.onSend(this, share)
      await wait(page.sendMs)
      await isOver(life)
      if (this.#isOver) return
      this.upload.onprogress?.({ loaded: Math.floor(size * share), total: size })
    }
    page.answering += 1
    const answer = reached() && (await page.stack.answer(this.method, this.url, { body }))
    page.answering -= 1
    await isOver(life)
    this.#end(answer ?? { status: 0, text: '' })
  }

  #end({ status, text }) {
    if (this.#isOver) return
    this.#isOver = true
    page.sending -= 1
    if (status === 200) page.acknowledged.set(Number(new URL(this.url).searchParams.get('partNumber')), page.stack.requests.length)
    Object.assign(this, { status, responseText: text })
    this.onloadend()
  }
}

// The page is closed or crashes.
export function closed() {
  locked.clear()
  events = new EventTarget()
  Object.assign(page, { life: page.life + 1, sending: 0, onSend() {} })
}

// A new stack, with nothing left of the test before.
export function opened() {
  for (const key of Object.keys(localStorage)) localStorage.removeItem(key)
  setOnline(true)
  closed()
  Object.assign(page, { stack: new Stack(), waits: [], acknowledged: new Map(), mostSending: 0, sendMs: 1, clock: undefined })
  return page.stack
}

// A file whose parts all differ.
export function fileOf(bytes, name = 'photo.png', type = 'image/png') {
  const content = new Uint8Array(bytes)
  for (let at = 0; at < bytes; at += 4096) content[at] = (at / 4096) % 251
  return new File([content], name, { type, lastModified: 1 })
}

export async function until(holds, what = String(holds)) {
  for (let tries = 0; tries < 2000; tries += 1) {
    if (holds()) return
    await wait(5)
  }
  throw new Error(`did not come true: ${what}`)
}

export const failed = (promise) => promise.then((result) => { throw new Error(`it succeeded: ${JSON.stringify(result)}`) }, (error) => error)

// Keeps every DELETE to the API back until the returned function is called.
export function heldDeletions(stack) {
  let goOn
  const gate = new Promise((open) => (goOn = open))
  const answer = stack.answer.bind(stack)
  stack.answer = async (method, ...request) => {
    if (method === 'DELETE') await gate
    return answer(method, ...request)
  }
  return goOn
}
