// Sends a large file in parts. The browser reads each part while it sends it, so none is held in memory.

import { isTransient, linked, loaded, newKey, PosternError } from './common.js'

const FIRST_BOUND = 3
const MAX_BOUND = 6 // the connections that a browser opens to one host
const FAST_PART_MS = 10_000
const MAX_REFUSALS = 3

// The upload takes no more parts, or another upload token made it.
const ENDED = ['upload_not_found', 'multipart_not_found', 'parts_refused', 'NoSuchUpload']

const NO_CHECKSUM = ' '.repeat(12) // as long as one, so that the checksum finds room in a full storage

const NO_ENTRY = { read() {}, write() {}, remove() {}, release() {} }

export async function sendParts(transfer) {
  const { expects, file } = transfer
  // An earlier page has sent the file.
  if (!(file instanceof Blob)) return void Object.assign(transfer, { uploadId: expects.uploadId, isResumed: true })
  // Without that module the upload works too, only not after a reload.
  const { entryOf } = await import('./resume.js').catch(() => ({}))
  const found = await entryOf?.(transfer)
  if (expects && found === null) throw new PosternError('sent_elsewhere', 'Another tab of this browser is sending the file.')
  const entry = found ?? NO_ENTRY
  Object.assign(transfer, { entry, onSettled: () => transfer.entry.remove(), onEnd: entry.release })
  const isOther = expects && entry.key !== expects.key
  if (isOther) transfer.signal.throwIfAborted() // the list gives up only what it expects
  const isChanged = isOther && entry.scope === expects.scope && !entry.read()
  if (isChanged) throw new PosternError('file_changed', 'The file has changed since its upload was interrupted.')
  let mismatch
  for (;;) {
    try {
      return await send(transfer)
    } catch (error) {
      const isMismatch = error.code === 'checksum_mismatch'
      if (isMismatch) {
        await transfer.giveUp()
        transfer.uploadId = undefined
      }
      if (transfer.signal.aborted || isMismatch) transfer.entry.remove()
      transfer.expects = undefined
      // The token may have no use for another upload.
      if (mismatch && error.code?.startsWith('upload_token_')) throw mismatch
      if (mismatch || !isMismatch) throw error
      mismatch = error
    }
  }
}

async function send(transfer) {
  const { entry, expects, signal } = transfer
  // Another page may have ended what this one expects, and has removed the entry then.
  const known = entry.read() ?? (expects?.key === entry.key && !signal.aborted ? expects : undefined)
  if (!known || !(await wentOn(transfer, known))) await begin(transfer)
}

// Sends what S3 does not have yet. False if the upload takes no more parts, or has become another file.
async function wentOn(transfer, known) {
  const { uploadId, checksum } = known
  Object.assign(transfer, { uploadId, isResumed: true })
  // Other pages and the list learn of it.
  transfer.entry.write(known)
  transfer.progress.enter('preparing')
  try {
    const { parts } = await transfer.call('GET', `/uploads/${uploadId}/parts`)
    // The parts have become a file, and S3 compares nothing any more. A page that has removed the entry has compared it.
    const isFile = parts.length > 0 && parts.every(({ etag }) => etag === null)
    if (isFile) return known === transfer.expects || checksum === (await checksumOfFile(transfer, transfer.signal))
    await sendMissing(transfer, known, parts)
    return true
  } catch (error) {
    if (!ENDED.includes(error.code)) throw error
    // With a JWT, the entry may be one of another person in this browser, who goes on with it later.
    if (error.code === 'upload_not_found' && transfer.options.jwt) transfer.entry = NO_ENTRY
  }
}

async function begin(transfer) {
  Object.assign(transfer, { uploadId: undefined, isResumed: false })
  transfer.progress.enter('preparing')
  const { upload_id, part_size_bytes } = await transfer.create('/uploads/multipart', transfer.body, newKey())
  const upload = { uploadId: upload_id, partSize: part_size_bytes, checksum: NO_CHECKSUM }
  transfer.entry.write(upload)
  await sendMissing(transfer, upload, [])
}

async function sendMissing(transfer, upload, stored) {
  const { partSize } = upload
  const { file, progress } = transfer
  const sizeOf = (number) => Math.min(partSize, file.size - (number - 1) * partSize)
  const sent = new Map(stored.map(({ part_number, size_bytes }) => [part_number, size_bytes]))
  const queue = []
  let loaded = 0
  for (let number = 1; sizeOf(number) > 0; number += 1) {
    if (sent.get(number) === sizeOf(number)) {
      loaded += sizeOf(number)
    } else {
      queue.push(number)
      sent.set(number, 0)
    }
  }
  progress.begin(loaded)
  progress.enter('sending')
  const urlOf = signer(transfer, queue)
  const lanes = new Lanes()
  const end = new AbortController()
  const { signal, release } = linked(transfer.signal, end.signal)
  const checksum = checksumOfFile(transfer, signal)
  checksum.catch((error) => {
    if (end.signal.aborted) return
    lanes.failure ??= error
    transfer.interrupt()
  })
  const sendOne = (number) => {
    const count = (bytes) => {
      loaded += bytes - sent.get(number)
      sent.set(number, bytes)
      progress.sent(loaded)
    }
    const from = (number - 1) * partSize
    return sendPart({ transfer, lanes, urlOf, number, count, body: file.slice(from, from + sizeOf(number)) })
  }
  try {
    await lanes.run(queue, sendOne)
    const body = { checksum_crc64nvme: await checksum }
    transfer.entry.write({ ...upload, checksum: body.checksum_crc64nvme })
    await transfer.call('POST', `/uploads/${transfer.uploadId}/complete`, body)
  } catch (error) {
    transfer.interrupt() // what the other lanes send
    throw error
  } finally {
    end.abort()
    release()
  }
  progress.enter('checking') // only now is the file at S3
}

// Computed while the parts are sent, also of a file of which S3 has parts: the file may be another one now.
async function checksumOfFile(transfer, signal) {
  const { checksumOf } = await transfer.retry(() => loaded(import('./checksum.js'), './checksum.js'))
  signal.throwIfAborted()
  const aborted = new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)))
  return Promise.race([aborted, checksumOf(transfer.file, signal)]) // a drive that is gone may never answer
}

async function sendPart({ transfer, lanes, urlOf, number, count, body }) {
  let refusals = 0
  const attempt = async () => {
    const began = performance.now()
    try {
      const url = await urlOf(number, refusals > 0)
      if (lanes.failure) throw lanes.failure
      await transfer.send('PUT', url, body, count)
    } catch (error) {
      count(0)
      throw error
    }
    count(body.size)
    lanes.succeeded(performance.now() - began)
  }
  await transfer.retry(() => lanes.use(attempt), (error) => {
    lanes.failed()
    if (error.status === 403) refusals += 1 // the URL has expired
    return !lanes.failure && (isTransient(error) || (error.status === 403 && refusals < MAX_REFUSALS))
  })
}

// Signs a URL with those of the next parts. Each is used once, because a refused or interrupted one may have expired.
function signer(transfer, queue) {
  const signed = new Map()
  return async (number, isRefused) => {
    if (isRefused) signed.clear()
    if (!signed.has(number)) {
      const numbers = [number, ...queue.slice(0, 2 * MAX_BOUND).filter((next) => !signed.has(next))]
      const answer = transfer.ask('POST', `/uploads/${transfer.uploadId}/parts`, { part_numbers: numbers })
      for (const each of numbers) signed.set(each, answer)
    }
    const answer = signed.get(number)
    signed.delete(number)
    const { parts } = await answer
    return parts.find(({ part_number }) => part_number === number).url
  }
}

// How many parts are sent at once: more while parts are fast, half after a failure.
class Lanes {
  #bound = FIRST_BOUND
  #fast = 0
  #used = 0
  #waiting = []

  succeeded(ms) {
    this.#fast = ms < FAST_PART_MS ? this.#fast + 1 : 0
    if (this.#fast < this.#bound || this.#bound === MAX_BOUND) return
    this.#bound += 1
    this.#fast = 0
  }

  failed() {
    this.#bound = Math.max(1, this.#bound >> 1)
    this.#fast = 0
  }

  // Waits for a lane: parts that are sent again wait too.
  async use(attempt) {
    while (this.#used >= this.#bound) await new Promise((go) => this.#waiting.push(go))
    this.#used += 1
    try {
      if (this.failure) throw this.failure
      return await attempt()
    } finally {
      this.#used -= 1
      this.#waiting.shift()?.()
    }
  }

  async run(queue, send) {
    const begun = new Set()
    while ((queue.length || begun.size) && !this.failure) {
      while (queue.length && begun.size < this.#bound) {
        const part = send(queue.shift())
          .catch((error) => (this.failure ??= error))
          .finally(() => begun.delete(part))
        begun.add(part)
      }
      await Promise.race(begun)
    }
    if (this.failure) throw this.failure
  }
}
