import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { crashed, ended, keys, listOf, PUT, restored, states, video } from './lists.mjs'
import { page, until, wait } from './page.mjs'
import { upload } from '../../client/postern.js'

// An IndexedDB with one store, as far as the client uses it.
function databaseOf(stored) {
  const later = (target, name, result) => {
    queueMicrotask(() => {
      Object.assign(target, { result })
      target[name]?.()
    })
    return target
  }
  const storeOf = (transaction) => {
    const done = (result) => {
      later(transaction, 'oncomplete')
      return { result }
    }
    return {
      put: (value, key) => done(void stored.set(key, value)),
      get: (key) => done(stored.get(key)),
      delete: (key) => done(void stored.delete(key)),
    }
  }
  const database = {
    close() {},
    transaction() {
      const transaction = {}
      return Object.assign(transaction, { objectStore: () => storeOf(transaction) })
    },
  }
  return { open: () => later({}, 'onsuccess', database) }
}

afterEach(() => delete globalThis.indexedDB)

const handleOf = (file) => {
  const handle = { permission: 'granted', file, requestPermission: async () => handle.permission, getFile: async () => handle.file }
  return handle
}

test('a file with a handle goes on by `resume`, and the handle goes with the upload', async () => {
  const stored = new Map()
  globalThis.indexedDB = databaseOf(stored)
  const handle = handleOf(video())
  const stack = await crashed({ handle })
  const had = stack.only.parts.size
  await until(() => stored.size === 1)
  assert.deepEqual([...stored], [[keys()[0], handle]])
  const list = await restored(stack)
  assert.deepEqual([states(list), list.snapshot()[0].handle], [['interrupted'], handle])
  const before = stack.count(PUT)
  list.resume(1)
  list.resume(1) // a double click
  const seen = []
  list.subscribe(() => seen.push(states(list)[0]))
  await until(() => states(list)[0] === 'available' && stored.size === 0)
  assert.equal(seen.lastIndexOf('waiting'), 0, 'it begins once')
  assert.deepEqual([stack.made, stack.count(PUT) - before], [1, 5 - had])
})

test('a file that is chosen again takes its handle with it, and so does one that is removed', async () => {
  const stored = new Map()
  globalThis.indexedDB = databaseOf(stored)
  const chosen = await crashed({ handle: handleOf(video()) })
  await until(() => stored.size === 1)
  const list = await restored(chosen)
  list.add([video()])
  await ended(list)
  await until(() => stored.size === 0)
  const sentWithout = await crashed({ handle: handleOf(video()) })
  await until(() => stored.size === 1)
  await upload(video(), { endpoint: sentWithout.endpoint })
  await until(() => stored.size === 0)
  const removed = await crashed({ handle: handleOf(video()) })
  await until(() => stored.size === 1)
  const other = await restored(removed)
  other.remove(1)
  await until(() => stored.size === 0)
})

test('the person must choose the file again after a refusal, and after the file has gone', async () => {
  globalThis.indexedDB = databaseOf(new Map())
  for (const end of [(handle) => (handle.permission = 'denied'), (handle) => (handle.getFile = async () => { throw new DOMException('', 'NotFoundError') })]) {
    const handle = handleOf(video())
    const stack = await crashed({ handle })
    const list = await restored(stack)
    end(handle)
    list.resume(1)
    await until(() => !list.snapshot()[0].handle)
    assert.deepEqual(states(list), ['interrupted'])
    list.resume(1)
    list.add([video()])
    await ended(list)
    assert.deepEqual([states(list), stack.made], [['available'], 1])
  }
})

for (const [what, content] of [['longer', [video(), 'more']], ['small', ['some']]])
  test(`a file that has changed behind its handle, and is ${what} now, is refused`, async () => {
    globalThis.indexedDB = databaseOf(new Map())
    const handle = handleOf(video())
    const stack = await crashed({ handle })
    const list = await restored(stack)
    handle.file = new File(content, 'video.mp4', { type: 'video/mp4', lastModified: 1 })
    list.resume(1)
    await until(() => states(list)[0] === 'failed')
    assert.deepEqual([list.snapshot()[0].error.code, stack.made], ['file_changed', 1])
    list.retry(1)
    await until(() => stack.made === 2 && [...stack.uploads.values()][0].state === 'expired')
    await ended(list)
    assert.deepEqual([states(list), keys()], [['available'], []])
  })

test('a list that was ended while the person is asked leaves the interrupted upload', async () => {
  globalThis.indexedDB = databaseOf(new Map())
  const handle = handleOf(video())
  let allow
  handle.permission = new Promise((go) => (allow = () => go('granted')))
  const control = new AbortController()
  const stack = await crashed({ handle })
  const list = await restored(stack, { signal: control.signal })
  list.resume(1)
  control.abort()
  allow()
  await wait(50) // it would have begun by now
  assert.deepEqual([states(list), list.snapshot()[0].handle, stack.only.state, keys().length], [['interrupted'], handle, 'pending', 1])
})

for (const when of ['before', 'after'])
  test(`another file of the same name and size, chosen ${when} the interrupted one is shown, does not get its handle`, async () => {
    const stored = new Map()
    globalThis.indexedDB = databaseOf(stored)
    const twin = () => new File([video().slice(1), 'x'], 'video.mp4', { type: 'video/mp4', lastModified: 1 })
    const stack = await crashed({ handle: handleOf(video()) })
    await until(() => stored.size === 1)
    await crashed({ file: twin() }, stack)
    const list = listOf(stack, { concurrency: 0 })
    if (when === 'before') list.add([twin()])
    await list.restore()
    page.onSend = () => new Promise(() => {})
    list.options = { ...list.options, concurrency: 1 }
    list.add(when === 'before' ? [] : [twin()])
    await until(() => states(list).join() === 'sending,interrupted')
    const [own, other] = keys().map((key) => JSON.parse(localStorage.getItem(key)))
    assert.deepEqual([own.hasHandle, other.hasHandle, other.uploadId], [true, false, list.snapshot()[0].progress.uploadId])
  })

test('without a database the file is chosen again', async () => {
  const refuses = { open() { throw new DOMException('', 'SecurityError') } }
  const fails = { open: () => { const request = {}; queueMicrotask(() => request.onerror()); return request } }
  for (const indexedDB of [undefined, refuses, fails]) {
    globalThis.indexedDB = indexedDB
    const stack = await crashed({ handle: handleOf(video()) })
    const list = await restored(stack)
    assert.deepEqual([states(list), list.snapshot()[0].handle], [['interrupted'], undefined])
    list.add([video()])
    await ended(list)
    assert.deepEqual(states(list), ['available'])
  }
})

test('an upload that is too old takes its handle with it', async () => {
  const stored = new Map()
  globalThis.indexedDB = databaseOf(stored)
  const stack = await crashed({ handle: handleOf(video()) })
  await until(() => stored.size === 1)
  const [key] = keys()
  localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)), at: 0 }))
  const list = await restored(stack)
  await until(() => stored.size === 0)
  assert.deepEqual([list.snapshot(), keys()], [[], []])
})

test('a database that never answers holds nothing back', async () => {
  const stack = await crashed()
  const [key] = keys()
  localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)), hasHandle: true }))
  globalThis.indexedDB = { open: () => ({}) }
  const list = await Promise.race([restored(stack), wait(5000)])
  assert.deepEqual([states(list), list.snapshot()[0].handle], [['interrupted'], undefined])
})
