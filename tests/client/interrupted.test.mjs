import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crashed, ended, keys, listOf, PUT, restored, states, video } from './lists.mjs'
import { fileOf, opened, page, until, wait } from './page.mjs'
import { PART_BYTES } from './stack.mjs'

const PARTS = 5
const QUESTION = /^GET/

// Keeps every part back in this page.
function heldParts() {
  let isSending = false
  page.onSend = () => new Promise(() => (isSending = true))
  return () => until(() => isSending, 'a part is sent')
}

test('after a crash the list shows the upload, and the same file goes on in its place', async () => {
  const stack = await crashed({ path: 'trip/video.mp4' })
  const had = stack.only.parts.size
  const list = await restored(stack)
  const [{ id, file, path, handle, state, progress }] = list.snapshot()
  assert.deepEqual([list.snapshot().length, state, path, handle], [1, 'interrupted', 'trip/video.mp4', undefined])
  assert.deepEqual({ ...file }, { name: 'video.mp4', size: PARTS * PART_BYTES, type: 'video/mp4' })
  assert.deepEqual([progress.loaded, progress.total], [had * PART_BYTES, PARTS * PART_BYTES])
  const before = stack.count(PUT)
  assert.deepEqual(list.add([fileOf(10), video()]), [2, id], 'also without its folder')
  await ended(list)
  assert.deepEqual(states(list), ['available', 'available'])
  assert.equal(stack.count(PUT) - before, PARTS - had, 'only the missing parts are sent')
  assert.deepEqual([stack.made, keys()], [2, []])
})

test('a file that goes on has its upload from the beginning, and one that is sent anew has not', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  const [{ id, progress: { uploadId } }] = list.snapshot()
  const told = []
  list.subscribe(() => list.snapshot().forEach(({ progress }) => progress && told.push(`${progress.uploadId} ${progress.isResumed}`)))
  list.add([new File([video().slice(1), 'x'], 'video.mp4', { type: 'video/mp4', lastModified: 1 })])
  await ended(list)
  list.cancel(list.add([video()])[0])
  assert.deepEqual(new Set(told), new Set([`${uploadId} true`]))
  await until(() => stack.only.state === 'expired')
  list.retry(id)
  told.length = 0
  await ended(list)
  assert.equal(told[0], 'undefined false')
})

test('a file that is chosen before its upload is shown goes on in one row', async () => {
  for (const ms of [0, 2, 5, 10, 20, 40]) {
    const stack = await crashed()
    const list = listOf(stack)
    const restoring = list.restore()
    await wait(ms)
    list.add([video()])
    await Promise.all([restoring, ended(list)])
    await until(() => states(list).join() === 'available', `after ${ms} ms: ${states(list)}`)
    assert.equal(stack.made, 1)
  }
})

test('another file, and one that the page refuses, do not take its place', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  const refused = { file: video(), error: new Error('refused') }
  list.add([fileOf(10), fileOf(10, 'video.mp4', 'video/mp4'), { file: video(), path: 'other/video.mp4' }, refused])
  await ended(list)
  assert.deepEqual(states(list), ['interrupted', 'available', 'available', 'available', 'failed'])
})

test('a file that has changed is refused, and sent anew after that if the person wants it', async () => {
  for (const change of [{ lastModified: 2 }, { mark: 1 }]) {
    const stack = await crashed()
    const list = await restored(stack)
    const bytes = new Uint8Array(await video().arrayBuffer())
    if (change.mark) bytes[0] ^= change.mark
    const changed = new File([bytes], 'video.mp4', { type: 'video/mp4', lastModified: change.lastModified ?? 1 })
    const before = stack.requests.length
    const [id] = list.add([changed])
    await ended(list)
    const [{ state, error }] = list.snapshot()
    assert.deepEqual([state, error.code, stack.made, stack.requests.length], ['failed', 'file_changed', 1, before])
    await list.restore()
    assert.equal(list.snapshot().length, 1, 'it is shown once')
    list.retry(id)
    await ended(list)
    await until(() => [...stack.uploads.values()][0].state === 'expired')
    assert.deepEqual([states(list), stack.made, keys()], [['available'], 2, []])
  }
})

test('a changed file that is removed gives the interrupted upload up', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  const [id] = list.add([new File([video()], 'video.mp4', { type: 'video/mp4', lastModified: 2 })])
  await ended(list)
  list.remove(id)
  await until(() => stack.only.state === 'expired')
  assert.deepEqual([list.snapshot(), keys()], [[], []])
})

test('only a list of the same endpoint, metadata and name shows it', async () => {
  const stack = await crashed({ metadata: { album: '7' } })
  const before = stack.requests.length
  for (const other of [{ endpoint: 'https://api.test/t/other' }, { metadata: { album: '8' } }, { name: 'second' }]) {
    const list = await restored(stack, { metadata: { album: '7' }, ...other })
    assert.deepEqual([list.snapshot(), stack.requests.length, keys().length], [[], before, 1])
  }
  const list = await restored(stack, { metadata: { album: '7' } })
  assert.deepEqual(states(list), ['interrupted'])
  list.options = { ...list.options, endpoint: 'https://api.test/t/other' }
  await list.restore()
  assert.deepEqual([list.snapshot(), keys().length], [[], 1], 'another endpoint takes it from the list, and keeps it')
})

test('what is removed is given up', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  list.remove(list.snapshot()[0].id)
  await until(() => stack.only.state === 'expired')
  assert.deepEqual([list.snapshot(), stack.only.parts, keys()], [[], undefined, []])
})

test('a cancellation gives up only what the person has begun again', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  const [{ id }] = list.snapshot()
  list.cancel(id)
  await wait(20)
  assert.deepEqual([states(list), stack.only.state], [['interrupted'], 'pending'])
  list.options = { ...list.options, concurrency: 0 }
  list.add([video()])
  list.cancel(id)
  await until(() => stack.only.state === 'expired')
  assert.deepEqual([states(list), keys()], [['cancelled'], []])
})

test('what another tab sends is not shown, and neither its removal nor its cancellation here ends it', async () => {
  const stack = await crashed()
  const [first, second] = [await restored(stack), await restored(stack)]
  const isSending = heldParts()
  const other = listOf(stack)
  other.add([video()])
  await isSending()
  assert.deepEqual((await restored(stack)).snapshot(), [])
  await first.restore()
  assert.deepEqual(first.snapshot(), [], 'the row goes')
  second.remove(second.snapshot()[0].id)
  await wait(20)
  assert.deepEqual([stack.only.state, keys().length], ['pending', 1])
})

test('a page that goes on says so to other pages by the storage', async () => {
  const stack = await crashed()
  const [key] = keys()
  const before = localStorage.getItem(key)
  await wait(5)
  const isSending = heldParts()
  listOf(stack).add([video()])
  await isSending()
  assert.notEqual(localStorage.getItem(key), before)
  assert.equal(JSON.parse(localStorage.getItem(key)).uploadId, JSON.parse(before).uploadId)
})

test('only an event of an entry of this client, or of all of the storage, makes the list ask', async () => {
  const stack = await crashed()
  const list = listOf(stack)
  const before = stack.requests.length
  await list.restore({ type: 'storage', key: 'of the app' })
  assert.deepEqual([list.snapshot(), stack.requests.length], [[], before])
  for (const event of [{ type: 'storage', key: keys()[0] }, { type: 'storage', key: null }, { type: 'keydown', key: 'Enter' }]) {
    const other = listOf(stack)
    await other.restore(event)
    assert.deepEqual(states(other), ['interrupted'], JSON.stringify(event))
  }
})

test('a page that is shown again as it was looks again, and one that is new does not', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  await list.restore({ type: 'storage', key: 'of the app' })
  const pageshow = (persisted) => Object.assign(new Event('pageshow'), { persisted })
  stack.only.state = 'expired' // another page has given it up
  await list.restore(pageshow(false))
  assert.deepEqual(states(list), ['interrupted'])
  await list.restore(pageshow(true))
  assert.deepEqual(states(list), [])
})

test('what has ended is forgotten without a word', async () => {
  const ends = [
    (stack) => stack.uploads.clear(),
    ({ only }) => (only.parts = undefined),
    ({ only }) => (only.state = 'expired'),
    (stack) => stack.fault(QUESTION, { status: 410, text: '{"code":"upload_token_revoked"}' }),
  ]
  for (const end of ends) {
    const stack = await crashed()
    end(stack)
    const list = await restored(stack)
    assert.deepEqual([list.snapshot(), keys()], [[], []], String(end))
  }
})

test('with a JWT too, parts that are gone are forgotten', async () => {
  const jwt = () => 'jwt'
  const stack = await crashed({ jwt })
  stack.only.parts = undefined
  assert.deepEqual([(await restored(stack, { jwt })).snapshot(), keys()], [[], []])
})

test('the upload of another person with the same app is neither shown nor forgotten', async () => {
  const jwt = () => 'jwt'
  const stack = await crashed({ jwt })
  const uploads = [...stack.uploads]
  stack.uploads.clear()
  const list = await restored(stack, { jwt })
  assert.deepEqual([list.snapshot(), keys().length], [[], 1])
  for (const [id, made] of uploads) stack.uploads.set(id, made)
  await list.restore()
  assert.deepEqual(states(list), ['interrupted'])
})

test('while the API fails, nothing is shown or forgotten', async () => {
  const stack = await crashed()
  stack.fault(QUESTION, { status: 401, text: '' })
  assert.deepEqual([(await restored(stack)).snapshot(), keys().length], [[], 1])
  stack.fault(QUESTION, 'cut', 3)
  assert.deepEqual(states(await restored(stack)), ['interrupted'], 'the question is repeated')
})

test('a browser that keeps nothing shows nothing, and asks nothing', async () => {
  const stack = opened()
  const storage = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')
  for (const broken of [{ get() { throw new DOMException('', 'SecurityError') } }, { value: undefined }]) {
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, ...broken })
    const list = await restored(stack).finally(() => Object.defineProperty(globalThis, 'localStorage', storage))
    assert.deepEqual(list.snapshot(), [])
  }
  localStorage.setItem('postern:broken', '{')
  localStorage.setItem('postern:old', JSON.stringify({ uploadId: 'x', at: 0 }))
  localStorage.setItem('of the app', 'kept')
  const list = await restored(stack)
  assert.deepEqual([list.snapshot(), keys(), stack.requests], [[], ['of the app'], []])
})

test('neither a token, nor an address, nor the name of a file is kept', async () => {
  const stack = await crashed({ path: 'trip/video.mp4' })
  const kept = JSON.stringify({ ...localStorage })
  assert.match(kept, /uploadId/)
  for (const secret of ['token', 'api.test', 'video', 'trip']) assert.ok(!kept.includes(secret), kept)
  assert.equal((await restored(stack)).snapshot().length, 1)
})

test('of two files of a folder with the same name and size, each goes to its own upload', async () => {
  const at = (path) => Object.defineProperty(video(), 'webkitRelativePath', { value: path })
  const stack = await crashed({ file: at('trip/b/video.mp4') })
  const list = await restored(stack)
  list.add([at('trip/a/video.mp4'), at('trip/b/video.mp4')])
  await ended(list)
  const sent = [...stack.uploads.values()].map(({ body, state }) => `${body.path} ${state}`)
  assert.deepEqual(sent, ['trip/b/video.mp4 available', 'trip/a/video.mp4 available'])
  assert.deepEqual(list.snapshot().map(({ path }) => path), ['trip/b/video.mp4', 'trip/a/video.mp4'])
})
