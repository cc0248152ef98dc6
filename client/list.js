// A list of uploads without a look: what waits, what is sent, what was interrupted, and what became of each file.
// `uploadAll`, the page of an upload token, the React hook and the element use one. docs/browser.md and list.d.ts describe it.

import { linked, loaded, PosternError } from './common.js'
import { Transfer } from './postern.js'

const CONCURRENCY = 3
const MAX_UNSETTLED = 20 // files that are being sent or checked
const MAX_GIVEN_UP = 4 // at once

export const isPending = ({ state }) => !['available', 'rejected', 'failed', 'cancelled', 'interrupted'].includes(state)

// Whether S3 has the file, and no verdict came.
export const isUnchecked = ({ error, progress }) => Boolean(error) && progress?.phase === 'checking'

const known = (error) => (error instanceof PosternError ? error : new PosternError('unexpected', String(error), { cause: error }))

// Returns what runs tasks, at most `most` at once.
function limited(most) {
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
  const refused = new Set() // the ids of files that were added with an error, which are never sent
  const interrupted = new Map() // uploads of an earlier page, by the item's id, until they have gone on
  let batches // of forms, once the options ask for them
  let loading // that module
  let shown // of the items as they are
  let lastId = 0
  let restores = 0 // only the last one counts

  const inTurn = limited(MAX_GIVEN_UP)

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

  function put(item) {
    const { id = (lastId += 1) } = item
    items.set(id, Object.freeze({ id, handle: undefined, progress: undefined, result: undefined, error: undefined, ...item }))
    return id
  }

  function drop(id) {
    interrupted.delete(id)
    items.delete(id)
    shown = undefined
  }

  const isWaiting = ({ id, state }) => state === 'waiting' && !runs.has(id)

  function hasPlace() {
    const going = [...runs.values()].filter(({ stage }) => stage === 'going')
    const sending = going.filter(({ isSent }) => !isSent)
    return going.length < MAX_UNSETTLED && sending.length < (list.options.concurrency ?? CONCURRENCY)
  }

  // Goes on with what was resumed, and then starts what waits, in the order of the list.
  function advance() {
    if (list.options.batch > 1 && !batches) {
      loading ??= loadBatches()
      return
    }
    while (hasPlace()) {
      const resumed = [...runs.values()].find(({ stage }) => stage === 'resumed')
      const waiting = snapshot().find(isWaiting)
      if (resumed) goOn(resumed)
      else if (waiting) start(waiting)
      else return
    }
  }

  // Without the module, each file asks for its own form.
  async function loadBatches() {
    const { createBatches = () => ({ formFor() {}, giveUp() {} }) } = await loaded(import('./batches.js'), './batches.js').catch(() => ({}))
    batches = createBatches(transferOf)
    advance()
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
    if (runs.get(item.id) === run) end(item.id, ended)
  }

  function end(id, ended) {
    runs.delete(id)
    if (ended.error?.code !== 'file_changed') interrupted.delete(id)
    update(id, ended)
    advance()
  }

  // A promise also where an option is wrong.
  async function send(item, run) {
    const { signal, release } = linked(run.control.signal, list.options.signal)
    const onProgress = (progress) => {
      for (const [id, { uploadId }] of interrupted) if (id !== item.id && uploadId === progress.uploadId) drop(id)
      update(item.id, { state: run.stage === 'resumed' ? 'waiting' : progress.phase, progress })
      list.options.onFile?.(item.id - 1, progress)
    }
    let form
    try {
      run.transfer = transferOf(item, { signal, onProgress })
      run.transfer.expects = interrupted.get(item.id)?.key
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

  function transferOf({ file, path, handle }, more) {
    const { jwt } = list.options
    const transfer = new Transfer(file, { ...list.options, path, handle, jwt: jwt && (() => list.options.jwt()), ...more })
    const giveUp = transfer.giveUp.bind(transfer)
    return Object.assign(transfer, { giveUp: () => inTurn(giveUp) })
  }

  async function findInterrupted() {
    if (!localStorage.length) return []
    const module = await loaded(import('./interrupted.js'), './interrupted.js')
    return module.interrupted(list.options, transferOf)
  }

  // Whether this file seems to be the interrupted one. Before it is sent, its bytes tell.
  const seemsToBe = (file, path) => (item) =>
    item.state === 'interrupted' && item.file.name === file.name && item.file.size === file.size && (!path || path === item.path)

  async function reopen(item) {
    const file = await interrupted.get(item.id).open()
    if (items.get(item.id) !== item) return // it was chosen meanwhile, or is sent by another page
    update(item.id, file ? { file, state: 'waiting' } : { handle: undefined })
    advance()
  }

  function dismiss(id) {
    interrupted.get(id)?.dismiss()
    interrupted.delete(id)
  }

  const list = {
    options,

    add(files) {
      const added = Array.from(files, (given) => {
        const { file, path, handle, error } = given.file ? given : { file: given }
        const same = !error && [...interrupted.keys()].map((id) => items.get(id)).find(seemsToBe(file, path))
        if (same) return put({ ...same, file, handle: handle ?? same.handle, state: 'waiting' })
        const id = put({ file, path, handle, state: error ? 'failed' : 'waiting', error })
        if (error) refused.add(id)
        return id
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

    // Shows what was interrupted and can go on, and nothing else that was. As a listener of `storage` it gets an event, also
    // of what the app keeps for itself.
    async restore({ type, key } = {}) {
      if (type === 'storage' && key && !key.startsWith('postern:')) return // not an entry of resume.js
      restores += 1
      const own = restores
      const found = await findInterrupted().catch(() => undefined)
      if (!found || own !== restores) return
      const present = new Set(found.map(({ uploadId }) => uploadId))
      for (const [id, { uploadId }] of interrupted) if (items.get(id).state === 'interrupted' && !present.has(uploadId)) drop(id)
      const seen = new Set([...interrupted.values(), ...snapshot().map(({ progress }) => progress ?? {})].map(({ uploadId }) => uploadId))
      for (const one of found) if (!seen.has(one.uploadId)) interrupted.set(put(one.item), one)
      tell()
    },

    resume(id) {
      const item = items.get(id)
      if (item?.state === 'interrupted' && item.handle) reopen(item)
      const run = runs.get(id)
      if (run?.stage !== 'paused') return
      run.stage = 'resumed'
      update(id, { state: 'waiting' })
      advance()
    },

    cancel(id) {
      batches?.giveUp(id)
      if (isPending(items.get(id) ?? {})) dismiss(id)
      const isRunning = runs.has(id)
      runs.get(id)?.control.abort()
      if (isRunning) end(id, { state: 'cancelled' }) // and the upload is given up meanwhile
      else if (items.get(id)?.state === 'waiting') update(id, { state: 'cancelled' })
    },

    retry(id) {
      if (!['failed', 'cancelled'].includes(items.get(id)?.state) || refused.has(id)) return
      dismiss(id) // the file has changed, and is a new upload
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

// For `uploadAll`: a result or an error for each file, in order.
export async function sendAll(files, options) {
  const list = createList({ batch: 50, ...options })
  const ended = new Promise((end) => list.subscribe(() => list.snapshot().some(isPending) || end()))
  list.add(files)
  await ended
  return list.snapshot().map(({ result, error }) => result ?? error ?? new PosternError('aborted', 'The upload was cancelled.'))
}
