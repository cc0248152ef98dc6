import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ended, listOf, states } from './lists.mjs'
import { closed, failed, fileOf, opened, page, until, wait } from './page.mjs'
import { PART_BYTES } from './stack.mjs'
import { upload } from '../../client/postern.js'

const PARTS = 6
const PUT = /^PUT s3/
const large = (name = 'video.mp4') => fileOf(5 * PART_BYTES + 1000, name, 'video/mp4')
const send = (stack, file, options = {}) => upload(file, { endpoint: stack.endpoint, ...options })

// An upload of which S3 has some parts, in a page that was closed then.
async function crashed() {
  const stack = opened()
  page.onSend = () => stack.count(PUT) < 2 || new Promise(() => {})
  send(stack, large())
  await until(() => stack.made && stack.only.parts.size >= 2 && page.answering === 0)
  closed()
  return { stack, had: [...stack.only.parts.keys()] }
}

test('after a crash only the missing parts are sent, also of another object for the same file', async () => {
  const { stack, had } = await crashed()
  const before = stack.count(PUT)
  let first
  let resumed
  const onProgress = ({ phase, loaded, isResumed }) => {
    if (phase !== 'sending') return
    first ??= loaded
    resumed = isResumed
  }
  assert.equal((await send(stack, large(), { onProgress })).state, 'available')
  assert.deepEqual([stack.made, stack.count(PUT) - before], [1, PARTS - had.length])
  assert.equal(first, had.length * PART_BYTES, 'the progress begins with what S3 has')
  assert.ok(resumed, 'the page learns that the upload goes on')
  assert.equal(Object.keys(localStorage).length, 0, 'nothing is kept of a finished upload')
})

test('the same file twice at once is two uploads, and who cancels one does not end the other', async () => {
  const stack = opened()
  const control = new AbortController()
  const one = send(stack, large())
  await until(() => stack.count(PUT) >= 2)
  const two = failed(send(stack, large(), { signal: control.signal }))
  await until(() => stack.made === 2)
  control.abort()
  assert.equal((await two).code, 'aborted')
  assert.equal((await one).state, 'available')
  assert.equal(Object.keys(localStorage).length, 0)
  await send(stack, large())
  assert.equal(stack.made, 3, 'the entry is free again')
})

test('another file, other metadata and another time are another upload', async () => {
  const { stack } = await crashed()
  const changed = new Uint8Array(await large().arrayBuffer())
  changed[0] ^= 1
  const others = [
    [large('other.mp4'), {}],
    [large(), { metadata: { album: '7' } }],
    [new File([changed], 'video.mp4', { type: 'video/mp4', lastModified: 1 }), {}],
    [new File([large()], 'video.mp4', { type: 'video/mp4', lastModified: 2 }), {}],
  ]
  for (const [n, [file, options]] of others.entries()) {
    await send(stack, file, options)
    assert.equal(stack.made, n + 2)
  }
})

test('a file that was changed where no sample looks is sent anew', async () => {
  const { stack } = await crashed()
  const bytes = new Uint8Array(await large().arrayBuffer())
  bytes[PART_BYTES - 1] ^= 1
  const parts = [...stack.only.parts.keys()]
  assert.ok(parts.includes(1), String(parts))
  const changed = new File([bytes], 'video.mp4', { type: 'video/mp4', lastModified: 1 })
  assert.equal((await send(stack, changed)).state, 'available')
  const [first, second] = stack.uploads.values()
  assert.deepEqual([stack.made, first.state, second.state], [2, 'expired', 'available'])
})

test('no token is kept, and nothing that names the file', async () => {
  await crashed()
  const kept = JSON.stringify({ ...localStorage })
  assert.match(kept, /uploadId/)
  for (const secret of ['token', 'api.test', 's3.test', 'video']) assert.ok(!kept.includes(secret), kept)
})

test('an upload that has ended, or that another token made, begins anew', async () => {
  for (const end of [({ only }) => (only.parts = undefined), ({ uploads }) => uploads.clear()]) {
    const { stack } = await crashed()
    end(stack)
    assert.equal((await send(stack, large())).state, 'available')
    assert.equal(stack.made, 2)
  }
})

test('the progress names no earlier upload any more once the file begins anew', async () => {
  const { stack } = await crashed()
  const [earlier] = stack.uploads.keys()
  stack.fault(/^GET/, { status: 404, headers: {}, text: '{"code":"upload_not_found"}' })
  stack.fault(/multipart$/, { status: 409, headers: {}, text: '{"code":"upload_token_used_up"}' })
  const seen = []
  const onProgress = ({ uploadId, isResumed }) => seen.push([uploadId, isResumed])
  assert.equal((await failed(send(stack, large(), { onProgress }))).code, 'upload_token_used_up')
  assert.ok(seen.some(([uploadId]) => uploadId === earlier))
  assert.deepEqual(seen.at(-1), [undefined, false])
})

test('a page that was closed after all parts completes them', async () => {
  const stack = opened()
  stack.fault(/complete/, { status: 410, text: '{"code":"upload_token_expired"}' })
  await failed(send(stack, large()))
  assert.equal((await send(stack, large())).state, 'available')
  assert.deepEqual([stack.made, stack.count(PUT)], [1, PARTS])
})

test('a storage that is full, denied or broken is no error, and old entries are removed', async () => {
  localStorage.setItem('postern:old', JSON.stringify({ uploadId: 'x', at: 0 }))
  localStorage.setItem('postern:broken', '{')
  localStorage.setItem('of the app', 'kept')
  const stack = opened()
  localStorage.setItem('postern:old', JSON.stringify({ uploadId: 'x', at: 0 }))
  localStorage.setItem('postern:broken', '{')
  localStorage.setItem('of the app', 'kept')
  await send(stack, large())
  assert.deepEqual(Object.keys(localStorage), ['of the app'])
  const storage = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')
  for (const broken of [
    { get() { throw new DOMException('', 'SecurityError') } },
    { value: { getItem: () => null, setItem() { throw new DOMException('', 'QuotaExceededError') }, removeItem() {} } },
    { value: { getItem() { throw new DOMException('', 'NS_ERROR_FILE_CORRUPTED') } } },
  ]) {
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, ...broken })
    const result = await send(stack, large()).finally(() => Object.defineProperty(globalThis, 'localStorage', storage))
    assert.equal(result.state, 'available')
  }
})

test('a storage that is denied while a file is sent is no error', async (t) => {
  const storage = Object.getPrototypeOf(localStorage)
  const { getItem } = storage
  const deny = () => (storage.getItem = () => { throw new DOMException('', 'SecurityError') })
  t.afterEach(() => (storage.getItem = getItem))
  await t.test('the file is sent again after a wrong checksum', async () => {
    const stack = opened()
    stack.damaging = 1
    page.onSend = deny
    assert.equal((await send(stack, large())).state, 'available')
  })
  await t.test('the file fails in its list, and is cancelled', async () => {
    for (const end of ['failed', 'cancelled']) {
      const stack = opened()
      stack.fault(PUT, { status: 400, headers: {}, text: '<Code>Refused</Code>' }, Infinity)
      const list = listOf(stack)
      const [id] = list.add([large()])
      page.onSend = () => (deny(), end === 'cancelled' && list.cancel(id))
      await ended(list)
      assert.deepEqual([states(list), list.snapshot()[0].error?.code], [[end], end === 'failed' ? 'Refused' : undefined])
      storage.getItem = getItem
    }
  })
})

test('a file that is chosen again while it is checked is another upload, which ends nothing of the first', async () => {
  const stack = opened()
  stack.verdict = { state: 'pending' } // a scan takes minutes
  const control = new AbortController()
  let phase
  const one = send(stack, large(), { onProgress: (progress) => (phase = progress.phase) })
  await until(() => phase === 'checking' && stack.only.stored)
  await wait(20)
  const two = failed(send(stack, large(), { signal: control.signal }))
  await until(() => stack.made === 2)
  control.abort()
  assert.equal((await two).code, 'aborted')
  stack.verdict = { state: 'available' }
  assert.equal((await one).state, 'available')
})

test('a page that was closed while its file was checked takes no other file for it', async () => {
  for (const mark of [0, 1]) {
    const changed = () => {
      const content = new Uint8Array(5 * PART_BYTES)
      content[3 * PART_BYTES] = mark // where no sample is taken
      return new File([content], 'box.bin', { lastModified: 1 })
    }
    const stack = opened()
    stack.verdict = { state: 'pending' }
    send(stack, new File([new Uint8Array(5 * PART_BYTES)], 'box.bin', { lastModified: 1 }))
    await until(() => stack.made && stack.only.stored)
    closed()
    stack.verdict = { state: 'available' }
    assert.equal((await send(stack, changed())).state, 'available')
    assert.equal(stack.made, mark ? 2 : 1)
  }
})
