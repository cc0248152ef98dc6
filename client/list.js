// A list of uploads without a look: what waits, what is sent, and what became of each file. The page of an upload
// token, the React hook and the element show one. docs/browser.md and list.d.ts describe it.

import { linked } from './common.js'
import { PosternError, upload } from './postern.js'

const CONCURRENCY = 3

export const isPending = ({ state }) => !['available', 'rejected', 'failed', 'cancelled'].includes(state)

// Whether S3 has the file, and no verdict came.
export const isUnchecked = ({ error, progress }) => Boolean(error) && progress?.phase === 'checking'

const known = (error) => (error instanceof PosternError ? error : new PosternError('unexpected', String(error), { cause: error }))

export function createList(options) {
  const changes = new EventTarget() // an error of one listener stops neither the others nor an upload
  const running = new Map() // `{ task, control }` by the item's id
  const refused = new Set() // the ids of files that were added with an error, which are never sent
  let items = Object.freeze([])
  let lastId = 0

  const itemOf = (id) => items.find((item) => item.id === id)

  function replace(next) {
    items = Object.freeze(next)
    changes.dispatchEvent(new Event('change'))
  }

  function update(id, changed) {
    if (itemOf(id)) replace(items.map((item) => (item.id === id ? Object.freeze({ ...item, ...changed }) : item)))
  }

  // Starts what waits, in the order of the list.
  function advance() {
    while (running.size < (list.options.concurrency ?? CONCURRENCY)) {
      const next = items.find(({ state }) => state === 'waiting')
      if (!next) return
      start(next)
    }
  }

  async function start(item) {
    const run = { control: new AbortController() }
    running.set(item.id, run)
    update(item.id, { state: 'preparing' })
    const ended = await send(item, run).then(
      (result) => ({ state: result.state, result }),
      (error) => (error.code === 'aborted' ? { state: 'cancelled' } : { state: 'failed', error: known(error) }),
    )
    running.delete(item.id)
    update(item.id, ended)
    advance()
  }

  // A promise also where an option is wrong.
  async function send({ id, file, path }, run) {
    const { jwt, signal } = list.options
    const either = linked(run.control.signal, signal)
    run.task = upload(file, {
      ...list.options,
      path,
      jwt: jwt && (() => list.options.jwt()),
      signal: either.signal,
      onProgress: (progress) => update(id, { state: progress.phase, progress }),
    })
    return run.task.finally(either.release)
  }

  const list = {
    options,

    add(files) {
      const added = Array.from(files, (given) => {
        const { file, path, error } = given.file ? given : { file: given }
        lastId += 1
        const state = error ? 'failed' : 'waiting'
        if (error) refused.add(lastId)
        return Object.freeze({ id: lastId, file, path, state, progress: undefined, result: undefined, error })
      })
      replace([...items, ...added])
      advance()
      return added.map(({ id }) => id)
    },

    pause: (id) => running.get(id)?.task?.pause(),
    resume: (id) => running.get(id)?.task?.resume(),

    cancel(id) {
      if (running.has(id)) running.get(id).control.abort()
      else if (itemOf(id)?.state === 'waiting') update(id, { state: 'cancelled' })
    },

    retry(id) {
      if (!['failed', 'cancelled'].includes(itemOf(id)?.state) || refused.has(id)) return
      update(id, { state: 'waiting', progress: undefined, error: undefined })
      advance()
    },

    remove(id) {
      if (!itemOf(id)) return
      list.cancel(id)
      replace(items.filter((item) => item.id !== id))
    },

    subscribe(listener) {
      const changed = () => listener()
      changes.addEventListener('change', changed)
      return () => changes.removeEventListener('change', changed)
    },

    snapshot: () => items,
  }
  return list
}
