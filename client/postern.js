// Uploads files from a page. docs/browser.md shows how, and postern.d.ts has the types.

import { base64, failure, isTransient, LARGEST_FORM_BYTES, linked, loaded, networkError, newKey, PosternError, unreadable } from './common.js'
import { Progress } from './progress.js'

export { PosternError }

const MAX_FAILURES = 11 // in a row, two and a half to five minutes
const ANSWER_MS = 30_000
const STALL_MS = 60_000
const MAX_CHECK_MS = 30 * 60_000
const MAX_RECORD_MS = 20_000

// Some systems know no type for these.
const IMAGES = ['avif', 'heic', 'heif', 'jxl']

// What is declared for a file.
export function typeOf(name, { type }) {
  const extension = name?.split('.').pop().toLowerCase()
  return type || (IMAGES.includes(extension) ? `image/${extension}` : 'application/octet-stream')
}

export function upload(file, options) {
  const transfer = new Transfer(file, options)
  return Object.assign(transfer.run(), { pause: () => transfer.pause(), resume: () => transfer.resume() })
}

export async function uploadAll(files, options) {
  const { sendAll } = await loaded(import('./all.js'), './all.js')
  return sendAll(files, options)
}

// One upload, for the other modules of this client only.
export class Transfer {
  isResumed = false
  #key = newKey()
  #isPaused = false
  #isSent = false // whether S3 has the file
  #waiting = new Set() // what `resume` continues
  #requests = new Set() // what `pause` interrupts

  constructor(file, options) {
    const { filename = file.name, contentType, metadata, path, signal, onProgress } = options
    const folder = file.webkitRelativePath?.match(/.*\//)?.[0]
    this.file = file
    this.options = options
    Object.assign(this, linked(signal))
    this.progress = new Progress(file.size, (progress) => {
      try {
        onProgress?.({ ...progress, uploadId: this.uploadId ?? this.expects?.uploadId, isResumed: this.isResumed })
      } catch (error) {
        queueMicrotask(() => { throw error }) // an error of the app is none of the upload
      }
    })
    this.body = {
      filename,
      content_type: contentType || typeOf(filename, file),
      size_bytes: file.size,
      metadata,
      path: path ?? (folder && folder + filename),
    }
  }

  // Rejects as soon as the upload is cancelled. What was made is given up meanwhile.
  run() {
    const cancelled = this.#until((go) => this.signal.aborted && go()).then(() => {
      this.progress.report = () => {}
      this.interrupt()
      failure('aborted', 'The upload was cancelled.')(this.signal.reason)
    })
    return Promise.race([cancelled, this.#run()])
  }

  async #run() {
    await null // so that the caller has the task before the first progress
    try {
      this.signal.throwIfAborted()
      this.progress.enter('preparing')
      await (this.expects || this.file.size > LARGEST_FORM_BYTES ? this.#sendParts() : this.#sendForm())
      this.#isSent = true
      this.onSent?.()
      const result = await this.#checked()
      this.onSettled?.()
      return result
    } finally {
      this.progress.report = () => {}
      this.onEnd?.()
      this.release()
      if (this.signal.aborted && !this.#isSent) await this.giveUp()
    }
  }

  pause() {
    this.#isPaused = true
    this.interrupt()
    this.progress.hold('paused', true)
  }

  resume() {
    this.#isPaused = false
    this.progress.hold('paused', false)
    for (const go of this.#waiting) go()
    this.#waiting.clear()
  }

  // Ends what is being sent.
  interrupt() {
    for (const request of this.#requests) request.abort()
  }

  // Repeats `attempt` after a transient failure. A failure during a pause or without a network does not count.
  async retry(attempt, isWorthIt = isTransient) {
    for (let failures = 0; ; ) {
      while (this.#isPaused && !this.signal.aborted) await this.#until((go) => this.#waiting.add(go))
      this.signal.throwIfAborted()
      try {
        return await attempt()
      } catch (error) {
        this.signal.throwIfAborted()
        if (this.#isPaused) continue
        if (error.code === 'network' && navigator.onLine === false) {
          this.progress.hold('offline', true)
          await this.#until((go) => addEventListener('online', go, { once: true, signal: this.signal }))
          this.progress.hold('offline', false)
          continue
        }
        if (error.code !== 'completing') failures += 1
        if (failures >= MAX_FAILURES || !isWorthIt(error)) throw error
        const backOff = Math.min(30, 2 ** failures / 4) * (1 + Math.random())
        await this.sleep(Math.max(backOff, error.retryAfter ?? 0))
      }
    }
  }

  // Waits for `go`, or until the upload is given up.
  #until(register) {
    return new Promise((end) => {
      const go = () => {
        this.signal.removeEventListener('abort', go)
        end()
      }
      register(go)
      this.signal.addEventListener('abort', go)
    })
  }

  sleep(seconds) {
    return this.#until((go) => setTimeout(go, seconds * 1000))
  }

  // Asks the API, again after a transient failure.
  call(method, route, body, key) {
    return this.retry(() => this.ask(method, route, body, key))
  }

  // Makes uploads by a request that a cancellation does not interrupt, so that whatever it makes can be given up.
  async create(route, body, key, note = ({ upload_id }) => (this.uploadId = upload_id)) {
    const lasting = this.#lasting
    let isLost = false // an answer, perhaps of a request that has made something
    const ask = async () => {
      const isOffline = navigator.onLine === false
      const answer = await lasting.ask('POST', route, body, key).catch((error) => {
        isLost ||= !isOffline && (error.code === 'network' || (error.status >= 500 && error.status !== 503))
        throw error
      })
      note(answer)
      return answer
    }
    try {
      return await this.retry(ask)
    } catch (error) {
      if (isLost && this.signal.aborted) await lasting.retry(ask).catch(() => {})
      throw error
    }
  }

  // Gives up what was made, with a part that is on its way. Returns an error, such as that the file has arrived.
  async giveUp() {
    if (this.uploadId) return this.#lasting.call('DELETE', `/uploads/${this.uploadId}/parts`).catch((error) => error)
  }

  // For requests that neither a cancellation nor a pause ends.
  get #lasting() {
    const { endpoint, jwt } = this.options
    return new Transfer(this.file, { endpoint, jwt })
  }

  // Asks the API once.
  async ask(method, route, body, key) {
    const { endpoint, jwt } = this.options
    if (!endpoint) throw new PosternError('unexpected', 'The option `endpoint` is missing.')
    const headers = {}
    if (body) headers['content-type'] = 'application/json'
    if (key) headers['idempotency-key'] = key
    if (jwt) headers.authorization = `Bearer ${await Promise.resolve().then(jwt).catch(failure('jwt'))}`
    const { signal: ends, release } = linked(this.signal, AbortSignal.timeout(ANSWER_MS))
    const keepalive = /DELETE|complete/.test(method + route) // what ends an upload outlives the page
    const request = { method, headers, body: body && JSON.stringify(body), signal: ends, keepalive }
    const read = async (answer) => [answer, await answer.text()]
    const [answer, text] = await fetch(endpoint + route, request).then(read).catch(networkError).finally(release)
    const { status } = answer
    let said
    try {
      said = text && JSON.parse(text)
    } catch {} // something before the API has answered, such as the sign-in page of a network
    if (answer.ok) return said ?? networkError()
    const { code, message, errors, upload_id: uploadId } = said || {}
    const retryAfter = Number(answer.headers.get('retry-after')) || undefined
    throw new PosternError(code ?? `http_${status}`, message ?? `The server answered ${status}.`, { status, errors, retryAfter, uploadId })
  }

  // Sends a body to S3 once. `onSent` gets the bytes so far.
  async send(method, url, body, onSent) {
    this.signal.throwIfAborted()
    if (this.#isPaused) networkError()
    const request = new XMLHttpRequest()
    let stalled
    const abortIfStalled = () => {
      clearTimeout(stalled)
      stalled = setTimeout(() => request.abort(), STALL_MS)
    }
    this.#requests.add(request)
    await new Promise((end) => {
      request.onloadend = end
      request.upload.onprogress = ({ loaded }) => {
        abortIfStalled()
        onSent(loaded)
      }
      request.open(method, url)
      request.send(body)
      abortIfStalled()
    })
    clearTimeout(stalled)
    this.#requests.delete(request)
    const { status, responseText } = request
    if (status >= 200 && status < 300) return
    if (!status) {
      this.signal.throwIfAborted()
      // A file that was changed since fails like the network. A drive that is gone may never answer.
      await Promise.race([this.#until(() => {}), this.file.slice(0, 1).arrayBuffer().catch(unreadable)])
      networkError()
    }
    const said = (element) => new RegExp(`<${element}>([^<]*)`).exec(responseText)?.[1]
    throw new PosternError(said('Code') ?? `http_${status}`, said('Message') ?? `S3 answered ${status}.`, { status })
  }

  async #sendParts() {
    const { sendParts } = await this.retry(() => loaded(import('./parts.js'), './parts.js'))
    return sendParts(this)
  }

  async #sendForm() {
    let form = await this.batchForm?.()
    for (let refusals = 0; ; refusals += 1) {
      form ??= await this.#issue()
      try {
        return await this.#post(form)
      } catch (error) {
        // Usually the form has expired: then the API answers that the key is spent.
        if (error.code !== 'AccessDenied' || refusals === 2) throw error
        form = undefined
      }
    }
  }

  async #issue() {
    await this.addChecksum()
    try {
      return await this.create('/uploads', this.body, this.#key)
    } catch (error) {
      if (error.code !== 'idempotency_key_spent') throw error
      if (error.uploadId) return { upload_id: error.uploadId }
      this.#key = newKey()
      return this.create('/uploads', this.body, this.#key)
    }
  }

  // The browser computes the digest outside of the page's thread. Pages without TLS have no `subtle`.
  async addChecksum() {
    if (!crypto.subtle) return
    const bytes = await this.file.arrayBuffer().catch(unreadable)
    this.body.checksum_sha256 = base64(await crypto.subtle.digest('SHA-256', bytes))
  }

  // Without `url`, S3 has the file already.
  async #post({ upload_id, url, fields }) {
    this.uploadId = upload_id
    this.progress.enter('sending')
    let isRepeated = false
    await this.retry(async () => {
      if (!url || (isRepeated && (await this.ask('GET', `/uploads/${upload_id}`)).state !== 'pending')) return
      isRepeated = true
      const form = new FormData()
      for (const field of Object.entries(fields)) form.append(...field)
      form.append('file', this.file)
      this.progress.sent(0)
      await this.send('POST', url, form, (bytes) => this.progress.sent(bytes))
    })
  }

  // Waits until the recorder has accepted or rejected the file.
  async #checked() {
    this.progress.sent(this.file.size)
    this.progress.enter('checking')
    const begin = performance.now()
    for (let seconds = 0.3; ; seconds = Math.min(10, seconds * 1.4)) {
      const waited = performance.now() - begin
      const { state, rejection } = await this.call('GET', `/uploads/${this.uploadId}`)
      if (state === 'available') return { uploadId: this.uploadId, state }
      if (state === 'rejected') return { uploadId: this.uploadId, state, reason: rejection?.reason, detail: rejection?.detail }
      // A form that was given up elsewhere while S3 got its file is expired until the recorder has seen the file.
      if (state !== 'pending' && (state !== 'expired' || waited > MAX_RECORD_MS)) throw new PosternError(state, `The upload is ${state}.`)
      if (waited > MAX_CHECK_MS) throw new PosternError('timeout', 'The file was sent, and no answer about it came in time.')
      await this.sleep(seconds)
    }
  }
}
