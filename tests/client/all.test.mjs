import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileOf, opened, page, until, wait } from './page.mjs'
import { PART_BYTES } from './stack.mjs'
import { PosternError, uploadAll } from '../../client/postern.js'

const named = (count) => Array.from({ length: count }, (_, n) => fileOf(1000 + n, `photo ${n}.png`))
const sendAll = (stack, files, options = {}) => uploadAll(files, { endpoint: stack.endpoint, ...options })
const SINGLE = /^POST \/uploads$/
const BATCH = /batch/

const namesOf = (stack, results) => results.map(({ uploadId }) => stack.uploads.get(uploadId)?.body.filename)

test('the forms of small files come in batches of 50, and the results in order', async () => {
  const stack = opened()
  const files = named(60)
  const results = await sendAll(stack, files)
  assert.deepEqual(namesOf(stack, results), files.map(({ name }) => name))
  assert.deepEqual([stack.count(BATCH), stack.count(SINGLE), stack.count(/^POST s3/)], [2, 0, 60])
  assert.ok([...stack.uploads.values()].every(({ stored, body }) => stored === 1 && body.checksum_sha256))
})

test('no more files are sent at once than asked for', async () => {
  const stack = opened()
  page.sendMs = 3
  await sendAll(stack, named(12), { concurrency: 2 })
  assert.equal(page.mostSending, 2)
})

test('no batch has so many bytes that its last form would expire first', async () => {
  const stack = opened()
  // The files only say that they are so large: to read so much can take longer than the fast timers of these tests allow.
  const files = named(3).map((file) => Object.defineProperty(file, 'size', { value: 30 * 2 ** 20 }))
  await sendAll(stack, files)
  assert.deepEqual([stack.count(BATCH), stack.count(SINGLE)], [1, 1])
})

test('while the recorder is late, not all files are sent', async () => {
  const stack = opened()
  stack.verdict = {}
  const sent = sendAll(stack, named(30))
  await until(() => stack.count(/^POST s3/) >= 20)
  await wait(50)
  assert.equal(stack.count(/^POST s3/), 20)
  stack.verdict = { state: 'available' }
  assert.ok((await sent).every(({ state }) => state === 'available'))
})

test('a lost answer of the batch costs nothing', async () => {
  const stack = opened()
  stack.fault(BATCH, 'lost')
  await sendAll(stack, named(5))
  assert.equal(stack.made, 5)
})

test('an upload of the batch that takes no more files is replaced', async () => {
  const stack = opened()
  const uploads = ['a', 'b'].map((upload_id) => ({ upload_id, state: 'expired' }))
  stack.fault(BATCH, { status: 201, headers: {}, text: JSON.stringify({ uploads }) })
  const results = await sendAll(stack, named(2))
  assert.deepEqual([results.map(({ state }) => state), stack.count(SINGLE)], [['available', 'available'], 2])
})

test('an API without the batch route is asked for each form', async () => {
  const stack = opened()
  stack.hasBatch = false
  const results = await sendAll(stack, named(5))
  assert.ok(results.every(({ state }) => state === 'available'))
  assert.deepEqual([stack.count(BATCH), stack.count(SINGLE)], [1, 5])
})

test('one refused file has its own error, and the others are sent', async () => {
  const stack = opened()
  const files = named(3)
  files.splice(1, 0, fileOf(10, 'a/b'))
  const results = await sendAll(stack, files)
  assert.ok(results[1] instanceof PosternError)
  assert.equal(results[1].errors[0].field, 'filename')
  assert.deepEqual(results.map(({ state }) => state), ['available', undefined, 'available', 'available'])
})

test('a form of a batch that has expired is replaced', async () => {
  const stack = opened()
  stack.fault(/^POST s3/, () => stack.expireSignatures())
  const results = await sendAll(stack, named(4), { concurrency: 1 })
  assert.ok(results.every(({ state }) => state === 'available'))
  assert.deepEqual([stack.count(BATCH), stack.count(SINGLE)], [1, 4])
})

test('no form waits while a large file is sent', async () => {
  const stack = opened()
  const video = fileOf(5 * PART_BYTES, 'video.mp4', 'video/mp4')
  const [a, b, c, d] = named(4)
  await sendAll(stack, [a, b, video, c, d], { concurrency: 1 })
  const [first, second] = [...stack.requests.keys()].filter((at) => BATCH.test(stack.requests[at]))
  const parts = stack.requests.findIndex((request) => request.startsWith('PUT s3'))
  assert.ok(first < parts && second > parts, stack.requests.join('; '))
})

test('large and single files need no batch, and each file has its progress', async () => {
  const stack = opened()
  const seen = new Map()
  const onFile = (index, { phase }) => seen.set(index, phase)
  const files = [fileOf(5 * PART_BYTES, 'video.mp4', 'video/mp4'), fileOf(10)]
  const results = await sendAll(stack, files, { onFile })
  assert.deepEqual(results.map(({ state }) => state), ['available', 'available'])
  assert.deepEqual([stack.count(BATCH), stack.count(SINGLE)], [0, 1])
  assert.deepEqual([seen.get(0), seen.get(1)], ['checking', 'checking'])
})

test('a signal cancels every file', async () => {
  const stack = opened()
  const control = new AbortController()
  page.onSend = () => stack.count(/^POST s3/) === 2 && control.abort()
  const results = await sendAll(stack, named(9), { signal: control.signal, concurrency: 1 })
  assert.equal(results.length, 9)
  assert.equal(results.filter(({ code }) => code === 'aborted').length >= 7, true)
  assert.equal(stack.count(/^POST s3/), 2)
  const unsent = [...stack.uploads.values()].filter(({ stored }) => !stored)
  await until(() => unsent.every(({ state }) => state === 'expired'), 'their forms are given up')
  assert.equal(unsent.length, 7)
})

test('a batch is given up also if its answer was lost', async () => {
  const stack = opened()
  const control = new AbortController()
  stack.fault(BATCH, 'lost')
  until(() => stack.made && page.waits.at(-1) < 5000).then(() => control.abort())
  const results = await sendAll(stack, named(5), { signal: control.signal })
  assert.ok(results.every(({ code }) => code === 'aborted'))
  await until(() => [...stack.uploads.values()].every(({ state }) => state === 'expired'))
  assert.equal(stack.made, 5)
})

test('without a network, each file has the error', async () => {
  const stack = opened()
  stack.fault(/./, 'cut', Infinity)
  const results = await sendAll(stack, named(3))
  assert.deepEqual(results.map(({ code }) => code), ['network', 'network', 'network'])
  assert.deepEqual(await sendAll(stack, []), [])
})
