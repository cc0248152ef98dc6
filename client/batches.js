// The forms of many small files by one request. Only the list uses it.

import { LARGEST_FORM_BYTES, newKey } from './common.js'

const MAX_FILES = 50
const MAX_BYTES = 64 * 2 ** 20 // so that the last form is used before it expires
const MAX_READ_MS = 20_000 // of one file

// `transferOf(item, more)` makes a transfer with the present options of the list.
export function createBatches(transferOf) {
  const forms = new Map() // that files have not used yet, by the item's id
  let haveChanged = false // the options: then each file asks for its own form

  function giveUp(id) {
    forms.get(id)?.giveUp()
    forms.delete(id)
  }

  // Returns what gets the form of a file from a batch; nothing if the file asks for its own.
  function formFor(item, transfer, size, waiting) {
    const { request } = forms.get(item.id) ?? {}
    if (request && request !== requestOf(transfer)) {
      haveChanged = true
      ;[...forms.keys()].forEach(giveUp)
    }
    if (size > 1 && !haveChanged && !forms.has(item.id)) ask(batchOf([item, ...waiting()], size))
    const form = forms.get(item.id)
    forms.delete(item.id)
    return form
  }

  // The first file and those that wait behind it. A large file ends a batch: while it is sent, forms would expire.
  function batchOf(items, size) {
    const batch = []
    let bytes = 0
    for (const item of items) {
      bytes += item.file.size
      const isOther = item.file.size > LARGEST_FORM_BYTES || forms.has(item.id)
      if (isOther || bytes > MAX_BYTES || batch.length >= Math.min(size, MAX_FILES)) break
      batch.push(item)
    }
    return batch
  }

  // Whoever pauses or cancels one file of a batch stops no other one. Once all are cancelled, nothing is asked for.
  function ask(batch) {
    if (batch.length < 2) return
    const control = new AbortController()
    const asker = transferOf(batch[0], { signal: control.signal })
    const asked = batch.map((item) => transferOf(item, { signal: undefined }))
    const takers = [] // which show that there is no network
    let held = []
    asker.progress.hold = (...of) => {
      held = of
      for (const { progress } of takers) progress.hold(...of)
    }
    const requests = asked.map(requestOf)
    const answer = issueForms(asker, asked)
    const added = batch.map(({ id }, index) => {
      let isUsed = false
      const take = async (transfer) => {
        transfer.signal.throwIfAborted()
        takers.push(transfer)
        if (held[1]) transfer.progress.hold(...held)
        const form = (await Promise.race([answer, aborted(transfer.signal)]))[index]
        isUsed = true
        return form?.url && form // an upload that takes no more files has no URL
      }
      const giveUp = async () => {
        asked[index].isUnwanted = true
        if (asked.every(isUnwanted)) control.abort()
        if (!isUsed) await answer.catch(() => {}).then(() => asked[index].giveUp())
      }
      const form = { request: requests[index], take, giveUp }
      forms.set(id, form)
      return [id, form]
    })
    // Files that wait for the answer get its error. The others ask anew when it is their turn.
    answer.catch(() => added.forEach(([id, form]) => forms.get(id) === form && forms.delete(id)))
  }

  return { formFor, giveUp }
}

// What a form is asked for with.
const requestOf = ({ options, body }) => JSON.stringify([options.endpoint, body])

const aborted = (signal) => new Promise((_, end) => signal.addEventListener('abort', end))

const isUnwanted = (transfer) => transfer.isUnwanted

// The forms in order. A file without one asks for its own, and gets its own error.
async function issueForms(asker, asked) {
  try {
    const read = await readable(asker, asked)
    if (!read.length) return []
    const note = ({ uploads }) => uploads.forEach(({ url, upload_id }, index) => url && (read[index].uploadId = upload_id))
    const { uploads } = await asker.create('/uploads/batch', { uploads: read.map(({ body }) => body) }, newKey(), note)
    return asked.map((transfer) => uploads[read.indexOf(transfer)])
  } catch (error) {
    if (!(error.status < 500)) throw error
    return []
  } finally {
    asker.release()
  }
}

// Those whose files are wanted and can be read, until the reading of one hangs.
async function readable(asker, asked) {
  const read = []
  for (const transfer of asked) {
    asker.signal.throwIfAborted()
    if (transfer.isUnwanted) continue
    let timer
    const late = new Promise((end) => (timer = setTimeout(end, MAX_READ_MS)))
    const isRead = await Promise.race([transfer.addChecksum().then(() => true, () => false), late])
    clearTimeout(timer)
    if (isRead === undefined) break
    if (isRead) read.push(transfer)
  }
  asker.signal.throwIfAborted()
  return read.filter((transfer) => !transfer.isUnwanted)
}
