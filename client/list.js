// A list of uploads without a look: what waits, what is sent, what was interrupted, and what became of each file.
// docs/browser.md and list.d.ts describe it.

import { linked, loaded, PosternError } from './common.js'
import { Transfer } from './postern.js'

const CONCURRENCY = 3
const MAX_UNSETTLED = 20 // files that are being sent or checked
const MAX_GIVEN_UP = 4 // at once

export const isPending = ({ state }) => !['available', 'rejected', 'failed', 'cancelled', 'interrupted'].includes(state)

// Whether S3 has the file, not deleted, and no verdict came.
export const isUnchecked = ({ error, progress }) => Boolean(error) && progress?.phase === 'checking' && !/^delet/.test(error.code)

// Errors that last, also each 422 but three.
const FINAL = /^(upload_token_|invalid_fields|no_owner|route_not_found|EntityToo|unreadable|delet)/
const isFinal = ({ error }) => FINAL.test(error?.code) || (error?.status === 422 && !/^(parts|checksum|idem)/.test(error.code))

// Whether the file can be sent again. One that was added with an error was never sent.
const isStopped = ({ state, error, progress }) => state === 'cancelled' || Boolean(error && progress)

// Whether another try may succeed.
export const canRetry = (item) => isStopped(item) && !isUnchecked(item) && !isFinal(item)

// Whether the file seems to be the one of an upload that can go on. Before it is sent, its bytes tell.
export const seemsToBe = (file, path) => (item) =>
  ['interrupted', 'failed'].includes(item.state) && item.file.name === file.name && item.file.size === file.size && (!path || path === item.path)

function hasStorage() {
  try {
    return localStorage.length
  } catch {} // it is denied
}

export const isOpen = ({ file }) => file instanceof Blob

const known = (error) => (error?.name === 'PosternError' ? error : new PosternError('unexpected', String(error), { cause: error }))

// Returns what runs tasks, at most `most` at once.
export function limited(most) {
  const waiting = []
  return async (task) => {
    if (most > 0) most -= 1
    else await new Promise((go) => waiting.push(go))
    try {
      return await task()
    } finally {
      if (waiting.length) waiting.shift()()
      else most += 1
    }
  }
}

export function createList(options) {
  const changes = new EventTarget() // an error of one listener stops neither the others nor an upload
  const items = new Map() // by their ids, in the order in which they were added
  const runs = new Map() // what has begun, by the item's id
  const kept = new Map() // uploads in parts of an earlier page, and those that have failed, by the item's id
  let batches // of forms, once the options ask for them
  let loading // that module
  let shown // of the items as they are
  let lastId = 0
  let interrupted // shows uploads of an earlier page, once there were some

  const inTurn = limited(MAX_GIVEN_UP)

  const snapshot = () => (shown ??= Object.freeze([...items.values()]))

  function tell() {
    shown = undefined
    changes.dispatchEvent(new Event('change'))
  }

  function update(id, changed) {
    if (!items.has(id)) return
    put({ ...items.get(id), ...changed })
    tell()
  }

  function put(item) {
    const { id = (lastId += 1) } = item
    items.set(id, Object.freeze({ handle: undefined, progress: undefined, result: undefined, error: undefined, ...item, id }))
    return id
  }

  function drop(id) {
    runs.get(id)?.control.abort()
    runs.delete(id)
    kept.delete(id)
    items.delete(id)
    shown = undefined
  }

  const isWaiting = ({ id, state }) => state === 'waiting' && !runs.has(id)

  function hasPlace() {
    const going = [...runs.values()].filter(({ stage }) => stage === 'going')
    const sending = going.filter(({ isSent }) => !isSent)
    return going.length < MAX_UNSETTLED && sending.length < (list.options.concurrency ?? CONCURRENCY)
  }

  function refresh() {
    tell()
    advance()
  }

  // Goes on with what was resumed, then starts what waits.
  function advance() {
    if (list.options.batch > 1 && !batches) {
      loading ??= loadBatches()
      return
    }
    for (;;) {
      const isFree = hasPlace()
      const resumed = isFree && [...runs.values()].find(({ stage }) => stage === 'resumed')
      const waiting = snapshot().find((item) => isWaiting(item) && (isFree || !isOpen(item)))
      if (resumed) {
        resumed.stage = 'going'
        resumed.transfer.resume()
      } else if (waiting) start(waiting)
      else return
    }
  }

  // Without the module, each file asks for its own form.
  async function loadBatches() {
    const { createBatches = () => ({ formFor() {}, giveUp() {} }) } = await loaded(import('./batches.js'), './batches.js').catch(() => ({}))
    batches = createBatches(transferOf)
    advance()
  }

  async function start(item) {
    const run = {
      stage: isOpen(item) && 'going', // a file of an earlier page takes no place
      isSent: !isOpen(item),
      control: new AbortController(),
    }
    runs.set(item.id, run)
    update(item.id, { state: 'preparing' })
    const ended = await send(item, run).then(
      (result) => ({ state: result.state, result }),
      (error) => (error.code === 'aborted' ? { state: 'cancelled' } : { state: 'failed', error: known(error) }),
    )
    if (runs.get(item.id) === run) end(item.id, ended)
  }

  function end(id, ended) {
    keep(id, ended, runs.get(id) ?? {})
    runs.delete(id)
    update(id, ended)
    advance()
  }

  // Keeps what can go on after a failure, and a file that S3 has after a cancellation.
  function keep(id, { state, result }, { isSent, transfer }) {
    const own = kept.get(id)
    const isEarlier = !isOpen(items.get(id))
    if (isEarlier && result) withInterrupted((all) => all.settle(own))
    if (isEarlier || (state === 'failed' && !transfer?.uploadId && !own?.isReplaced)) return
    kept.delete(id)
    const { key, read } = transfer?.entry ?? {}
    const entry = (state === 'failed' || isSent) && transfer?.uploadId && read?.()
    if (entry) kept.set(id, { ...entry, key, transfer, isSent })
    else if (own?.isReplaced) list.restore()
  }

  // Other rows of the upload go. If the row was that of another upload, that one is given up or shown again.
  function learn(id, uploadId) {
    for (const row of snapshot()) if (row.id !== id && isOf(uploadId)(row)) drop(row.id)
    const own = kept.get(id)
    if (!own || own.uploadId === uploadId) return
    if (own.isReplaced) return dismiss(id)
    kept.delete(id)
    list.restore()
  }

  const isOf = (uploadId) => ({ id, progress }) => progress?.uploadId === uploadId || kept.get(id)?.uploadId === uploadId

  // A promise also where an option is wrong.
  async function send(item, run) {
    const { signal, release } = linked(run.control.signal, list.options.signal)
    const onProgress = (progress) => {
      const { uploadId } = progress
      if (uploadId && uploadId !== run.uploadId) learn(item.id, (run.uploadId = uploadId))
      update(item.id, { state: run.stage === 'resumed' ? 'waiting' : progress.phase, progress })
      list.options.onFile?.(item.id - 1, progress)
    }
    let form
    try {
      run.transfer = transferOf(item, { signal, onProgress })
      const own = kept.get(item.id)
      if (own && !own.isReplaced) Object.assign(run.transfer, { expects: own, isResumed: true })
      if (!isOpen(item)) run.transfer.progress.begin(item.file.size)
      form = batches?.formFor(item, run.transfer, list.options.batch, () => snapshot().filter(isWaiting))
      run.transfer.batchForm = form && (() => form.take(run.transfer))
      run.transfer.onSent = () => {
        run.isSent = true
        advance()
      }
      return await run.transfer.run()
    } finally {
      form?.giveUp()
      release()
    }
  }

  // Gives up only a few at once.
  class ListTransfer extends Transfer {
    giveUp() {
      return inTurn(() => super.giveUp())
    }
  }

  function transferOf({ file, path, handle }, more) {
    const { jwt } = list.options
    return new ListTransfer(file, { ...list.options, path, handle, jwt: jwt && (() => list.options.jwt()), ...more })
  }

  // Nothing happens without the module.
  async function withInterrupted(act) {
    try {
      if (!interrupted) {
        const { Interrupted } = await loaded(import('./interrupted.js'), './interrupted.js')
        interrupted ??= new Interrupted(list, { kept, isOf, put, drop, refresh, transferOf })
      }
      await act(interrupted)
    } catch {}
  }

  // Gives an upload up that can go on, unless another page is sending it.
  function dismiss(id) {
    const own = kept.get(id)
    kept.delete(id)
    if (own && items.get(id).error?.code !== 'sent_elsewhere') withInterrupted((all) => all.dismiss(own))
  }

  const list = {
    options,

    add(files) {
      const added = Array.from(files, (given) => {
        const { file, path = file.webkitRelativePath || undefined, handle, error } = given.file ? given : { file: given }
        const same = !error && [...kept.keys()].map((id) => items.get(id)).find(seemsToBe(file, path))
        return put({ path, ...same, file, handle, state: error ? 'failed' : 'waiting', error })
      })
      refresh()
      return added
    },

    pause(id) {
      const run = runs.get(id)
      if (!run?.transfer || run.isSent) return
      run.stage = 'paused'
      run.transfer.pause()
      advance()
    },

    async restore(event) {
      if (interrupted || hasStorage()) await withInterrupted((all) => all.restore(event))
    },

    resume(id) {
      const item = items.get(id)
      if (item?.state === 'interrupted' && item.handle) withInterrupted((all) => all.open(item))
      const run = runs.get(id)
      if (run?.stage !== 'paused') return
      run.stage = 'resumed'
      update(id, { state: 'waiting' })
      advance()
    },

    cancel(id) {
      batches?.giveUp(id)
      const item = items.get(id)
      if (!item || !isPending(item)) return
      const run = runs.get(id)
      if (isOpen(item) && !kept.get(id)?.isReplaced && !run?.isSent) dismiss(id)
      run?.control.abort()
      end(id, { state: 'cancelled' }) // and the upload is given up meanwhile
    },

    retry(id) {
      const item = items.get(id)
      if (!item || !isStopped(item)) return
      if (item.error?.code === 'file_changed') kept.set(id, { ...kept.get(id), isReplaced: true })
      update(id, { state: 'waiting', progress: undefined, error: undefined })
      advance()
    },

    remove(id) {
      if (!items.has(id)) return
      list.cancel(id)
      dismiss(id)
      drop(id)
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
