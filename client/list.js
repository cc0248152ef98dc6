// A list of uploads without a look: what waits, what is sent, and what became of each file. `uploadAll`, the page of an
// upload token, the React hook and the element use one. docs/browser.md and list.d.ts describe it.

import { LARGEST_FORM_BYTES, linked, newKey, PosternError } from './common.js'
import { Transfer } from './postern.js'

const CONCURRENCY = 3
const MAX_UNSETTLED = 20 // files that are being sent or checked
const MAX_BATCH_FILES = 50
const MAX_BATCH_BYTES = 64 * 2 ** 20 // so that the last form is used before it expires

export const isPending = ({ state }) => !['available', 'rejected', 'failed', 'cancelled'].includes(state)

// Whether S3 has the file, and no verdict came.
export const isUnchecked = ({ error, progress }) => Boolean(error) && progress?.phase === 'checking'

const known = (error) => (error instanceof PosternError ? error : new PosternError('unexpected', String(error), { cause: error }))

export function createList(options) {
  const changes = new EventTarget() // an error of one listener stops neither the others nor an upload
  const items = new Map() // by their ids, in the order in which they were added
  const runs = new Map() // what has begun, by the item's id
  const forms = new Map() // that files have not used yet, by the item's id
  const refused = new Set() // the ids of files that were added with an error, which are never sent
  let shown // of the items as they are
  let lastId = 0

  const snapshot = () => (shown ??= Object.freeze([...items.values()]))

  function tell() {
    shown = undefined
    changes.dispatchEvent(new Event('change'))
  }

  function update(id, changed) {
    if (!items.has(id)) return
    items.set(id, Object.freeze({ ...items.get(id), ...changed }))
    tell()
  }

  const isWaiting = ({ id, state }) => state === 'waiting' && !runs.has(id)

  function hasPlace() {
    const going = [...runs.values()].filter(({ stage }) => stage === 'going')
    const sending = going.filter(({ isSent }) => !isSent)
    return going.length < MAX_UNSETTLED && sending.length < (list.options.concurrency ?? CONCURRENCY)
  }

  // Goes on with what was resumed, and then starts what waits, in the order of the list.
  function advance() {
    while (hasPlace()) {
      const resumed = [...runs.values()].find(({ stage }) => stage === 'resumed')
      const waiting = snapshot().find(isWaiting)
      if (resumed) goOn(resumed)
      else if (waiting) start(waiting)
      else return
    }
  }

  function goOn(run) {
    run.stage = 'going'
    run.transfer.resume()
  }

  async function start(item) {
    const run = { stage: 'going', isSent: false, control: new AbortController() }
    runs.set(item.id, run)
    update(item.id, { state: 'preparing' })
    const ended = await send(item, run).then(
      (result) => ({ state: result.state, result }),
      (error) => (error.code === 'aborted' ? { state: 'cancelled' } : { state: 'failed', error: known(error) }),
    )
    runs.delete(item.id)
    update(item.id, ended)
    advance()
  }

  // A promise also where an option is wrong.
  async function send(item, run) {
    const { signal, release } = linked(run.control.signal, list.options.signal)
    const onProgress = (progress) => {
      update(item.id, { state: run.stage === 'resumed' ? 'waiting' : progress.phase, progress })
      list.options.onFile?.(item.id - 1, progress)
    }
    let form
    try {
      run.transfer = transferOf(item, { signal, onProgress })
      form = formFor(item, run.transfer)
      run.transfer.batchForm = form && (() => form.take(run.transfer))
      run.transfer.onSent = () => {
        run.isSent = true
        advance()
      }
      return await run.transfer.run()
    } finally {
      const givenUp = form?.giveUp()
      if (list.options.signal?.aborted) await givenUp // one file does not wait for the answer to a batch
      release()
    }
  }

  function transferOf({ file, path }, more) {
    const { jwt } = list.options
    return new Transfer(file, { ...list.options, path, jwt: jwt && (() => list.options.jwt()), ...more })
  }

  function giveUpForm(id) {
    forms.get(id)?.giveUp()
    forms.delete(id)
  }

  // Returns what gets the form of a file from a batch; nothing if the file asks for its own.
  function formFor(item, transfer) {
    const { request } = forms.get(item.id) ?? {}
    const isOther = request && request !== requestOf(transfer) // the options have changed
    if (isOther) [...forms.keys()].forEach(giveUpForm)
    const batch = forms.has(item.id) ? [] : batchOf(item)
    if (batch.length > 1) askForms(batch)
    const form = forms.get(item.id)
    forms.delete(item.id)
    return form
  }

  // The file and those that wait behind it. A large file ends a batch: while it is sent, forms would expire.
  function batchOf(first) {
    const batch = []
    let bytes = 0
    for (const item of [first, ...snapshot().filter(isWaiting)]) {
      bytes += item.file.size
      const isOther = item.file.size > LARGEST_FORM_BYTES || forms.has(item.id)
      if (isOther || bytes > MAX_BATCH_BYTES || batch.length === MAX_BATCH_FILES) break
      batch.push(item)
    }
    return batch
  }

  // `asker` has only the signal of all: whoever pauses or cancels one file of a batch stops no other one.
  function askForms(batch) {
    const asker = transferOf(batch[0])
    const asked = batch.map((item) => transferOf(item, { signal: undefined }))
    const requests = asked.map(requestOf)
    const takers = [] // which show that there is no network
    asker.progress.hold = (...of) => takers.forEach(({ progress }) => progress.hold(...of))
    const answer = issueForms(asker, asked)
    answer.catch(() => {}) // those who take a form get the error
    for (const [index, { id }] of batch.entries()) {
      let isUsed = false
      const take = async (transfer) => {
        transfer.signal.throwIfAborted()
        takers.push(transfer)
        const form = (await Promise.race([answer, aborted(transfer.signal)]))?.[index]
        isUsed = true
        return form?.url && form // an upload that takes no more files has no URL
      }
      const giveUp = async () => isUsed || answer.catch(() => {}).then(() => asked[index].giveUp())
      forms.set(id, { request: requests[index], take, giveUp })
    }
  }

  const list = {
    options,

    add(files) {
      const added = Array.from(files, (given) => {
        const { file, path, error } = given.file ? given : { file: given }
        lastId += 1
        if (error) refused.add(lastId)
        items.set(lastId, Object.freeze({
          id: lastId, file, path, state: error ? 'failed' : 'waiting', progress: undefined, result: undefined, error,
        }))
        return lastId
      })
      tell()
      advance()
      return added
    },

    pause(id) {
      const run = runs.get(id)
      if (!run?.transfer || run.isSent) return
      run.stage = 'paused'
      run.transfer.pause()
      advance()
    },

    resume(id) {
      const run = runs.get(id)
      if (run?.stage !== 'paused') return
      run.stage = 'resumed'
      update(id, { state: 'waiting' })
      advance()
    },

    cancel(id) {
      giveUpForm(id)
      if (runs.has(id)) runs.get(id).control.abort()
      else if (items.get(id)?.state === 'waiting') update(id, { state: 'cancelled' })
    },

    retry(id) {
      if (!['failed', 'cancelled'].includes(items.get(id)?.state) || refused.has(id)) return
      update(id, { state: 'waiting', progress: undefined, error: undefined })
      advance()
    },

    remove(id) {
      if (!items.has(id)) return
      list.cancel(id)
      items.delete(id)
      tell()
    },

    subscribe(listener) {
      const changed = () => listener()
      changes.addEventListener('change', changed)
      return () => changes.removeEventListener('change', changed)
    },

    snapshot,
  }
  return list
}

// What a form is asked for with.
const requestOf = ({ options, body }) => JSON.stringify([options.endpoint, body])

const aborted = (signal) => new Promise((_, end) => signal.addEventListener('abort', end))

// The forms in order. Without an answer each file asks for its own form, and gets its own error.
async function issueForms(asker, asked) {
  try {
    for (const transfer of asked) {
      asker.signal.throwIfAborted()
      await transfer.addChecksum()
    }
    const uploads = asked.map(({ body }) => body)
    const note = ({ uploads }) => uploads.forEach(({ url, upload_id }, index) => url && (asked[index].uploadId = upload_id))
    return (await asker.create('/uploads/batch', { uploads }, newKey(), note)).uploads
  } catch (error) {
    if (error.code !== 'unreadable' && !(error.status < 500)) throw error
  } finally {
    asker.release()
  }
}

// For `uploadAll`: a result or an error for each file, in order.
export async function sendAll(files, options) {
  const list = createList(options)
  const ended = new Promise((end) => list.subscribe(() => list.snapshot().some(isPending) || end()))
  list.add(files)
  await ended
  return list.snapshot().map(({ result, error }) => result ?? error ?? new PosternError('aborted', 'The upload was cancelled.'))
}
