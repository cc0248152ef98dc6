// The uploads in parts that an earlier page of this browser began. Only the list uses it. The browser keeps no names: what
// the upload is, and what S3 has of it, is asked of the API.

import { handleOf } from './handles.js'
import { limited, seemsToBe } from './list.js'
import { entriesOf, forget, hold, isEntry, isKept, sendingKeys, settle } from './resume.js'

const OVER = ['multipart_not_found', 'upload_has_file']
const OVER_FOR_TOKEN = ['upload_not_found', 'upload_token_unknown', 'upload_token_revoked', 'upload_token_expired']

const MAX_ASKED = 4 // uploads at once
const CLOSED_MS = 2000 // for so long, a page that was closed may seem to send its files
const LOOK_MS = 500 // until the list looks whether such a page has ended

const after = (ms) => new Promise((end) => setTimeout(end, ms))

// The interrupted uploads of one list. `internals` is what only the list itself uses.
export class Interrupted {
  #list
  #internals
  #inTurn = limited(MAX_ASKED)
  #asked = new Map() // answers for this person that have not come, by the upload's id
  #present = new Set() // the ids of the uploads that can go on as far as this browser knows
  #dismissed = new Set() // the ids of uploads that are not shown again
  #restores = 0
  #latest // of them
  #elsewhere = [] // the keys of what other pages seem to send
  #watching // until none of these is left
  #person
  #calls = 0 // of `jwt`
  #answered = 0 // the last call whose JWT is known

  constructor(list, internals) {
    this.#list = list
    this.#internals = internals
  }

  // As a listener of `storage` it gets an event, also of what the app keeps for itself, and as one of `pageshow` also when the
  // page is new. It waits for a page that was closed a moment ago.
  async restore({ type, key, persisted } = {}) {
    if ((type === 'storage' && key && !isEntry(key)) || (type === 'pageshow' && !persisted)) return
    await this.#look()
    if (!this.#watching) return
    await Promise.race([this.#watching, after(CLOSED_MS)])
    await this.#latest
  }

  // Opens the file of a row, and goes on with it.
  async open(item) {
    const { kept, put, refresh } = this.#internals
    const file = await kept.get(item.id).open()
    // It was chosen meanwhile, or is sent by another page, or the list was ended.
    if (!this.#list.snapshot().includes(item) || this.#list.options.signal?.aborted) return
    put(file ? { ...item, file, state: 'waiting' } : { ...item, handle: undefined })
    refresh()
  }

  // Gives an upload up. A file that S3 has stays, and is not shown again.
  async dismiss(own) {
    this.#dismissed.add(own.uploadId)
    if (own.isSent) this.settle(own)
    else await dismiss(own.key, own.transfer)
  }

  // Remembers that the person knows what became of a file.
  settle({ key, uploadId }) {
    settle(key, uploadId)
  }

  #look() {
    return (this.#latest = this.#restore((this.#restores += 1)))
  }

  async #restore(own) {
    const found = await entriesOf(this.#list.options)
    if (this.#isOver) return
    if (own !== this.#restores) return this.#latest // a later call knows more
    const entries = found.filter(({ isSending }) => !isSending)
    this.#present = new Set(entries.map(({ uploadId }) => uploadId))
    this.#retain(this.#present)
    this.#elsewhere = found.filter((entry) => entry.isSending && !this.#isOwn(entry)).map(({ key }) => key)
    if (this.#elsewhere.length) this.#watching ??= this.#watch()
    if (entries.length) await this.#tokenOf(this.#list.options.jwt).catch(() => {})
    for (const entry of entries) if (!this.#asked.has(entry.uploadId)) this.#ask(entry)
    await Promise.all(entries.map(({ uploadId }) => this.#asked.get(uploadId)))
  }

  get #isOver() {
    return this.#list.options.signal?.aborted
  }

  // Whether this list sends the upload, or gives it up.
  #isOwn({ uploadId }) {
    return this.#dismissed.has(uploadId) || this.#list.snapshot().some(this.#internals.isOf(uploadId))
  }

  // Looks again once another page has ended, which may be closed or crash without an event. It requests no lock: a page that
  // goes on at that moment would not get the lock.
  async #watch() {
    try {
      do {
        await after(LOOK_MS)
        const sending = await sendingKeys()
        if (!this.#elsewhere.every((key) => sending.has(key))) await this.#look()
      } while (this.#elsewhere.length && !this.#isOver)
    } catch {}
    this.#watching = undefined
  }

  #ask(entry) {
    const { uploadId } = entry
    const asked = this.#asked
    const answered = this.#inTurn(() => this.#present.has(uploadId) && this.#find(entry)).finally(() => asked.delete(uploadId))
    asked.set(uploadId, answered)
  }

  async #find(entry) {
    const { uploadId } = entry
    const transfer = this.#internals.transferOf({ file: new File([], '') })
    const { endpoint, jwt } = transfer.options
    let person
    if (jwt) {
      transfer.options.jwt = async () => {
        const token = await this.#tokenOf(jwt)
        person = token && personOf(token)
        return token
      }
    }
    const found = await shown(entry, transfer)
    const isOther = person !== this.#person || endpoint !== this.#list.options.endpoint
    if (isOther || !this.#present.has(uploadId)) return
    if (!found) this.#present.delete(uploadId)
    if (found?.item) this.#show({ ...found, transfer })
    else this.#retain(this.#present)
  }

  // The JWT, which says who is there. After the JWT of a later call, it says nothing.
  async #tokenOf(jwt) {
    const own = (this.#calls += 1)
    const token = await jwt?.()
    if (own > this.#answered) {
      this.#answered = own
      this.#meet(token && personOf(token))
    }
    return token
  }

  // Another person in the same list sees nothing of the one before, and what was asked for that one is asked again.
  #meet(person) {
    if (this.#person === person) return
    if (this.#person !== undefined) this.#retain(new Set())
    this.#person = person
    this.#asked = new Map()
  }

  // Shows what can go on, or a file that S3 has, which waits for its verdict. A file that was chosen for it takes its place.
  #show({ item, ...own }) {
    const { kept, isOf, put, refresh } = this.#internals
    const { snapshot } = this.#list
    if (this.#dismissed.has(own.uploadId)) return
    const row = snapshot().find(isOf(own.uploadId))
    if (row && !(row.state === 'interrupted' && own.isSent)) return
    const isChosen = ({ id, file, path, state, progress }) =>
      state === 'waiting' && !progress && !kept.has(id) && seemsToBe(file, path)(item)
    const chosen = !row && snapshot().find(isChosen)
    const { id, file, handle } = chosen || {}
    kept.set(put(chosen ? { ...item, id, file, handle, state: 'waiting' } : { ...item, id: row?.id }), own)
    refresh()
  }

  // Leaves of the interrupted rows only those of these uploads.
  #retain(uploadIds) {
    const { kept, drop, refresh } = this.#internals
    const gone = this.#list.snapshot().filter(({ id, state }) => state === 'interrupted' && !uploadIds.has(kept.get(id).uploadId))
    for (const { id } of gone) drop(id)
    if (gone.length) refresh()
  }
}

// Whose JWT it is.
function personOf(jwt) {
  try {
    return JSON.parse(atob(jwt.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))).sub
  } catch {
    return jwt
  }
}

// What the list shows of an upload, only its entry if that is unknown, and nothing if it is gone. What has ended is forgotten.
async function shown(entry, transfer) {
  const { key, uploadId, hasHandle } = entry
  transfer.uploadId = uploadId
  try {
    const upload = await transfer.call('GET', `/uploads/${uploadId}`)
    if (['available', 'rejected'].includes(upload.state)) return sentOf(entry, upload)
    if (upload.state !== 'pending') return void forget(key, uploadId)
    const { parts } = await transfer.call('GET', `/uploads/${uploadId}/parts`)
    const isFile = parts.length > 0 && parts.every(({ etag }) => etag === null)
    if (isFile) return sentOf(entry, upload)
    const loaded = parts.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
    const handle = hasHandle ? await handleOf(key) : undefined
    return { ...entry, item: itemOf(upload, loaded, handle), open: () => open(handle) }
  } catch (error) {
    if (isOver(error, transfer)) forget(key, uploadId)
    else if (error.code !== 'upload_not_found') return entry
  } finally {
    transfer.release()
  }
}

// Whether the API says that this page can neither go on with the upload nor give it up. What something before the API
// answers tells nothing. With a JWT, an unknown upload may be one of another person in this browser.
const isOver = ({ code }, { options }) => OVER.includes(code) || (!options.jwt && OVER_FOR_TOKEN.includes(code))

// S3 has the file. The list asks for the verdict.
function sentOf(entry, upload) {
  const item = itemOf(upload, upload.max_size_bytes)
  return { ...entry, isSent: true, item: { ...item, state: 'waiting', progress: { ...item.progress, phase: 'checking' } } }
}

function itemOf({ upload_id, filename, content_type, max_size_bytes, path }, loaded, handle) {
  const total = max_size_bytes
  return {
    file: Object.freeze({ name: filename, size: total, type: content_type }),
    path,
    handle,
    state: 'interrupted',
    progress: {
      phase: 'paused', loaded, total, bytesPerSecond: undefined, secondsLeft: undefined, uploadId: upload_id, isResumed: true,
    },
  }
}

// The file, if the person allows it and it is still there.
async function open(handle) {
  try {
    if ((await handle.requestPermission({ mode: 'read' })) === 'granted') return await handle.getFile()
  } catch {} // it was moved or removed
}

// Gives the upload up, unless a page is sending it or has ended it meanwhile. If the API does not answer, a later page shows it again.
async function dismiss(key, transfer) {
  const release = await hold(key)
  if (!release) return
  const { uploadId } = transfer
  const error = isKept(key, uploadId) && (await transfer.giveUp())
  if (!error || isOver(error, transfer)) forget(key, uploadId)
  release()
}
