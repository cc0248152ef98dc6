// The uploads in parts that were interrupted in this browser and can go on. Only the list uses it. The browser keeps no
// names: what the upload is, and what S3 has of it, is asked of the API.

import { handleOf } from './handles.js'
import { entriesOf, forget, hold } from './resume.js'

const OVER = ['multipart_not_found', 'upload_has_file']
const OVER_FOR_TOKEN = ['upload_not_found', 'upload_token_unknown', 'upload_token_revoked', 'upload_token_expired']

// `transferOf(item)` makes a transfer with the present options of the list.
export async function interrupted(options, transferOf) {
  const entries = await entriesOf(options)
  const found = await Promise.all(entries.map((entry) => shown(entry, transferOf({ file: new File([], '') }))))
  return found.filter(Boolean)
}

// What the list shows of an upload, and does with it. Nothing if it cannot go on. What has ended is forgotten.
async function shown({ key, uploadId, hasHandle }, transfer) {
  transfer.uploadId = uploadId
  try {
    const upload = await transfer.call('GET', `/uploads/${uploadId}`)
    if (upload.state !== 'pending') return void forget(key, uploadId)
    const { parts } = await transfer.call('GET', `/uploads/${uploadId}/parts`)
    const isFile = parts.length > 0 && parts.every(({ etag }) => etag === null)
    if (isFile) return // and the recorder looks at it
    const loaded = parts.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
    const handle = hasHandle ? await handleOf(key) : undefined
    return { key, uploadId, item: itemOf(upload, loaded, handle), open: () => open(handle), dismiss: () => dismiss(key, transfer) }
  } catch (error) {
    if (isOver(error, transfer)) forget(key, uploadId)
  } finally {
    transfer.release()
  }
}

// Whether the API says that this page can neither go on with the upload nor give it up. What something before the API
// answers tells nothing. With a JWT, an unknown upload may be one of another person in this browser.
const isOver = ({ code }, { options }) => OVER.includes(code) || (!options.jwt && OVER_FOR_TOKEN.includes(code))

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

// Gives the upload up, unless a page is sending it meanwhile. If the API does not answer, a later page shows it again.
async function dismiss(key, transfer) {
  const release = await hold(key)
  if (!release) return
  const error = await transfer.giveUp()
  if (!error || isOver(error, transfer)) forget(key, transfer.uploadId)
  release()
}
