// Remembers an upload in parts, so that it goes on after a reload. The entry is in the storage of the page's origin and
// has the upload's id, but no token: without the app's JWT or the same upload token it opens nothing.

import { hex, unreadable } from './common.js'

const PREFIX = 'postern:'
const SAMPLE_BYTES = 65536
const LIFE_MS = 2 * 24 * 3_600_000 // S3 takes parts for a day

// The entry of a file: of the same name, size, time and metadata, and with the same bytes at three places. None if this
// page or another one is sending the file already: whoever cancels one of the two uploads must not end the other one.
export async function entryOf({ file, body }) {
  const storage = storageOfPage()
  if (!storage || !crypto.subtle || !navigator.locks) return
  removeOld(storage)
  const key = PREFIX + (await digestOf(file, body))
  const release = await hold(key)
  if (!release) return
  return {
    release,
    read: () => parsed(storage.getItem(key)),
    write(upload) {
      try {
        storage.setItem(key, JSON.stringify({ ...upload, at: Date.now() }))
      } catch {} // it is full
    },
    remove: () => storage.removeItem(key),
  }
}

// Holds the lock until the returned function is called or the page ends. Nothing if another upload holds it.
function hold(name) {
  return new Promise((settle) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => (lock ? new Promise((release) => settle(release)) : settle()))
      .catch(() => settle())
  })
}

function storageOfPage() {
  try {
    return localStorage
  } catch {} // the browser keeps nothing for this page, or this is a worker
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {}
}

function removeOld(storage) {
  for (const key of Object.keys(storage).filter((key) => key.startsWith(PREFIX)))
    if (!(parsed(storage.getItem(key))?.at > Date.now() - LIFE_MS)) storage.removeItem(key)
}

async function digestOf(file, body) {
  const samples = [0, file.size / 2, file.size - SAMPLE_BYTES].map((from) => file.slice(from, from + SAMPLE_BYTES))
  const identity = new Blob([JSON.stringify([body, file.lastModified]), ...samples])
  const digest = await crypto.subtle.digest('SHA-256', await identity.arrayBuffer().catch(unreadable))
  return hex(new Uint8Array(digest))
}
