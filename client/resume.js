// Remembers an upload in parts, so that it goes on after a reload. The entry is in the storage of the page's origin and
// has the upload's id, but no token and no name: without the app's JWT or the same upload token it opens nothing.

import { hex, unreadable } from './common.js'

const PREFIX = 'postern:'
const SAMPLE_BYTES = 65536
const LIFE_MS = 2 * 24 * 3_600_000 // S3 takes parts for a day

// The entry of a file: of the same name, size, time, metadata and scope, and with the same bytes at three places. Without
// storage there is none. It is null if this page or another one is sending the file already: whoever cancels one of the two
// uploads must not end the other one.
export async function entryOf({ file, body, options }) {
  const storage = usable()
  if (!storage) return
  removeOld(storage)
  const scope = await scopeOf(options)
  const key = PREFIX + (await digestOf(file, body, scope))
  const release = await hold(key)
  if (!release) return null
  const { handle } = options
  const read = () => entryAt(key) // the browser may deny it meanwhile
  return {
    key,
    scope,
    release,
    read,
    write({ uploadId, partSize, checksum, isSettled }) {
      try {
        const hasHandle = Boolean(handle ?? read()?.hasHandle)
        storage.setItem(key, JSON.stringify({ uploadId, partSize, checksum, isSettled, scope, hasHandle, at: Date.now() }))
        if (handle) withHandles(({ keepHandle }) => keepHandle(key, handle))
      } catch {} // it is full
    },
    remove: () => forget(key),
  }
}

// The entries of uploads with the endpoint, metadata and name of these options, the oldest first, and whether a page is
// sending the upload.
export async function entriesOf(options) {
  const storage = usable()
  if (!storage) return []
  removeOld(storage)
  const scope = await scopeOf(options)
  const sending = await sendingKeys()
  const entries = keysIn(storage).map((key) => ({ ...parsed(storage.getItem(key)), key, isSending: sending.has(key) }))
  return entries.filter((entry) => entry.scope === scope && !entry.isSettled).sort((one, other) => one.at - other.at)
}

// The keys of the entries whose files pages are sending.
export async function sendingKeys() {
  const { held } = await navigator.locks.query()
  return new Set(held.map(({ name }) => name))
}

// Whether the entry is still that of this upload. Who ends an upload removes its entry.
export const isKept = (key, uploadId) => entryAt(key)?.uploadId === uploadId

// Remembers that the person knows what became of the file. If it is chosen again, it is not sent again. S3 has the file, so
// the size of its parts is not needed, and a full storage has room for this.
export function settle(key, uploadId) {
  const entry = { ...entryAt(key), isSettled: true, partSize: undefined }
  if (isKept(key, uploadId)) usable().setItem(key, JSON.stringify(entry))
}

// Removes the entry. With `uploadId` only that of this upload: another page may have sent the file anew meanwhile.
export function forget(key, uploadId) {
  if (uploadId && !isKept(key, uploadId)) return
  if (entryAt(key)?.hasHandle) withHandles(({ forgetHandle }) => forgetHandle(key))
  usable()?.removeItem(key) // the browser may deny it meanwhile
}

const withHandles = (act) => import('./handles.js').then(act).catch(() => {})

// Holds the lock until the returned function is called or the page ends. Nothing if another upload holds it.
export function hold(name) {
  return new Promise((settle) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => (lock ? new Promise((release) => settle(release)) : settle()))
      .catch(() => settle())
  })
}

function usable() {
  try {
    localStorage.getItem(PREFIX) // fails if the browser's own file is damaged
    return crypto.subtle && navigator.locks && localStorage
  } catch {} // the browser keeps nothing for this page, or this is a worker
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {}
}

const entryAt = (key) => parsed(usable()?.getItem(key))

export const isEntry = (key) => key.startsWith(PREFIX)

const keysIn = (storage) => Object.keys(storage).filter(isEntry)

function removeOld(storage) {
  for (const key of keysIn(storage))
    if (!(parsed(storage.getItem(key))?.at > Date.now() - LIFE_MS)) forget(key)
}

function digestOf(file, body, scope) {
  const samples = [0, file.size / 2, file.size - SAMPLE_BYTES].map((from) => file.slice(from, from + SAMPLE_BYTES))
  return digest(JSON.stringify([scope, body, file.lastModified]), ...samples)
}

// Another upload token has another address, and another part of an app has other metadata, or another name of its list.
const scopeOf = ({ endpoint, metadata, name }) => digest(JSON.stringify([endpoint, metadata, name]))

async function digest(...parts) {
  const bytes = await new Blob(parts).arrayBuffer().catch(unreadable)
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
