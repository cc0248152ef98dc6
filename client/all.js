// Sends several files. The forms of small ones come from one request for up to 50.

import { newKey } from './common.js'

const MAX_BATCH_FILES = 50
const MAX_BATCH_BYTES = 64 * 2 ** 20 // so that the last form is used before it expires
const MAX_UNSETTLED = 20

export async function sendAll(files, { concurrency = 3, onFile, ...options }, transferOf) {
  const transfers = Array.from(files, (file, index) =>
    transferOf(file, { ...options, onProgress: (progress) => onFile?.(index, progress) }))
  for (const batch of batches(transfers)) shareForms(batch)
  const results = []
  const sending = new Set()
  const unsettled = new Set() // sent or being sent, without a result
  for (const [index, transfer] of transfers.entries()) {
    while (sending.size >= concurrency) await Promise.race(sending)
    while (unsettled.size >= MAX_UNSETTLED) await Promise.race(unsettled)
    const settled = transfer
      .run()
      .catch((error) => error)
      .then((result) => {
        results[index] = result
        unsettled.delete(settled)
      })
    const sent = Promise.race([settled, new Promise((done) => (transfer.onSent = done))])
      .then(() => sending.delete(sent))
    unsettled.add(settled)
    sending.add(sent)
  }
  await Promise.all(unsettled)
  return results
}

// A large file ends a batch: while it is sent, forms for later files would expire.
function batches(transfers) {
  const found = []
  let bytes = Infinity
  for (const transfer of transfers) {
    if (!transfer.isSmall) {
      bytes = Infinity
      continue
    }
    bytes += transfer.file.size
    if (bytes > MAX_BATCH_BYTES || found.at(-1).length === MAX_BATCH_FILES) {
      found.push([])
      bytes = transfer.file.size
    }
    found.at(-1).push(transfer)
  }
  return found.filter((batch) => batch.length > 1)
}

// The first transfer whose turn comes asks for the forms of its batch.
function shareForms(batch) {
  let forms
  for (const [index, transfer] of batch.entries())
    transfer.batchForm = async () => {
      const form = (await (forms ??= issueForms(batch)))?.[index]
      return form?.url && form // an upload that takes no more files has no URL
    }
}

// Without an answer, each file asks for its own form, and gets its own error.
async function issueForms(batch) {
  try {
    for (const transfer of batch) await transfer.addChecksum()
    const uploads = batch.map(({ body }) => body)
    const note = ({ uploads }) => uploads.forEach(({ url, upload_id }, index) => url && (batch[index].uploadId = upload_id))
    return (await batch[0].create('/uploads/batch', { uploads }, newKey(), note)).uploads
  } catch (error) {
    if (error.code !== 'unreadable' && !(error.status < 500)) throw error
  }
}
