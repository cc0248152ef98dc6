import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failed, fileOf, opened, page, setOnline, until, wait } from './page.mjs'
import { PART_BYTES, sha256 } from './stack.mjs'
import { upload } from '../../client/postern.js'

const PARTS = 6
const large = () => fileOf(5 * PART_BYTES + 1000, 'video.mp4', 'video/mp4')
const PUT = /^PUT s3/

const send = (stack, file, options = {}) => upload(file, { endpoint: stack.endpoint, ...options })

async function assertWhole(stack, file, upload = stack.only) {
  for (const [number, { sha256: digest }] of upload.parts) {
    const part = file.slice((number - 1) * PART_BYTES, number * PART_BYTES)
    assert.equal(digest, await sha256(part), `part ${number}`)
  }
  assert.deepEqual([upload.parts.size, upload.stored], [Math.ceil(file.size / PART_BYTES), 1])
}

test('before S3 has the file, the page does not say that it is being checked', async () => {
  const stack = opened()
  const phases = new Set()
  stack.fault(/complete$/, { status: 422, headers: {}, text: '{"code":"invalid_fields"}' })
  await failed(send(stack, large(), { onProgress: ({ phase }) => phases.add(phase) }))
  assert.deepEqual([...phases], ['preparing', 'sending'])
})

test('a large file goes in parts, several at once, and no more of it is read than a part', async () => {
  const stack = opened()
  const file = large()
  file.arrayBuffer = () => { throw new Error('the whole file would be in memory') }
  page.sendMs = 5
  const seen = []
  assert.equal((await send(stack, file, { onProgress: (progress) => seen.push(progress) })).state, 'available')
  await assertWhole(stack, file)
  assert.equal(stack.count(PUT), PARTS)
  assert.ok(page.mostSending > 1 && page.mostSending <= 6, String(page.mostSending))
  assert.ok(stack.count(/^POST .*\/parts$/) <= 2, 'URLs are signed in batches')
  assert.ok(seen.every(({ loaded }, n) => n === 0 || loaded >= seen[n - 1].loaded), 'the progress falls')
  assert.equal(seen.at(-1).loaded, file.size)
  assert.equal(Object.keys(localStorage).length, 0)
})

test('a part that is refused or cut is sent again, and only this one', async () => {
  const stack = opened()
  const file = large()
  stack.fault(/part 2/, { status: 503, text: '<Error><Code>SlowDown</Code></Error>' })
  stack.fault(/part 4/, 'cut')
  await send(stack, file)
  await assertWhole(stack, file)
  assert.equal(stack.count(PUT), PARTS + 2)
})

test('each lost answer costs at most its own request', async () => {
  const stack = opened()
  const file = large()
  for (const request of [/multipart/, /\/parts$/, /part 3/, /complete/, /^GET/]) stack.fault(request, 'lost')
  assert.equal((await send(stack, file)).state, 'available')
  await assertWhole(stack, file)
  assert.deepEqual([stack.made, stack.count(PUT)], [1, PARTS + 1])
})

test('fewer parts are sent at once after failures', async () => {
  const stack = opened()
  stack.fault(PUT, 'cut', 3)
  page.sendMs = 5
  const sending = []
  page.onSend = (_, share) => share === 1 && stack.count(PUT) >= 3 && sending.push(page.sending)
  await send(stack, large())
  assert.equal(sending[0], 1, String(sending))
})

test('URLs that have expired are signed again', async () => {
  const stack = opened()
  const file = large()
  stack.fault(/part 2/, () => stack.expireSignatures())
  assert.equal((await send(stack, file)).state, 'available')
  await assertWhole(stack, file)
  assert.equal(stack.made, 1)
  assert.ok(stack.count(PUT) <= PARTS + 3, 'only URLs in use when they expired are refused')
})

test('a part that S3 always refuses fails the upload soon', async () => {
  const stack = opened()
  stack.fault(/part 2/, { status: 403, text: '<Error><Code>SignatureDoesNotMatch</Code></Error>' }, Infinity)
  assert.equal((await failed(send(stack, large()))).code, 'SignatureDoesNotMatch')
  assert.equal(stack.count(/part 2/), 3)
})

test('a part that fails for good stops the others', async () => {
  const stack = opened()
  stack.fault(/part 2/, { status: 404, text: '<Error><Code>NoSuchUpload</Code></Error>' })
  page.onSend = ({ url }) => url.includes('partNumber=2&') || new Promise(() => {})
  assert.equal((await failed(send(stack, large()))).code, 'NoSuchUpload')
  assert.equal(page.sending, 0)
})

test('while S3 assembles the parts, complete is repeated, for longer than failures may last', async () => {
  const stack = opened()
  stack.completing = 12
  assert.equal((await send(stack, large())).state, 'available')
  assert.equal(stack.count(/complete/), 13)
  assert.equal(page.waits.filter((ms) => ms === 5000).length, 12)
})

test('without a network for some seconds, only the parts on their way are sent again', async () => {
  const stack = opened()
  const file = large()
  const phases = []
  let isFirst = true
  page.onSend = () => {
    if (isFirst && stack.count(PUT) === 2) setOnline((isFirst = false))
  }
  const sent = send(stack, file, { onProgress: ({ phase }) => phases.push(phase) })
  await until(() => phases.includes('offline'))
  await wait(200)
  const before = stack.requests.length
  await wait(50)
  assert.equal(stack.requests.length, before, 'nothing is sent without a network')
  setOnline(true)
  assert.equal((await sent).state, 'available')
  await assertWhole(stack, file)
  assert.equal(stack.count(PUT), PARTS)
})

test('a pause stops all parts at once and keeps those that S3 has', async () => {
  const stack = opened()
  const file = large()
  const phases = []
  page.onSend = () => stack.count(PUT) === 2 && !phases.includes('paused') && task.pause()
  const task = send(stack, file, { onProgress: ({ phase }) => phases.push(phase) })
  await until(() => phases.at(-1) === 'paused' && page.sending === 0)
  await wait(100)
  assert.ok(stack.count(PUT) < PARTS)
  task.resume()
  assert.equal((await task).state, 'available')
  await assertWhole(stack, file)
  for (const [part, requests] of page.acknowledged)
    assert.ok(!stack.requests.slice(requests).some((line) => line.endsWith(` part ${part}`)), `part ${part} was sent again`)
})

test('a cancelled upload leaves nothing, whenever it is cancelled', async () => {
  const cancelled = async (prepare) => {
    const stack = opened()
    const control = new AbortController()
    prepare(stack, () => control.abort())
    const task = send(stack, large(), { signal: control.signal })
    assert.equal((await failed(task)).code, 'aborted')
    await until(() => page.sending === 0)
    const isGivenUp = ({ state, parts }) => state === 'expired' && !parts
    await until(() => stack.made && [...stack.uploads.values()].every(isGivenUp), `${prepare}`)
    assert.equal(Object.keys(localStorage).length, 0)
    return stack
  }
  await cancelled((stack, cancel) => (page.onSend = () => stack.count(PUT) === 2 && cancel()))
  await cancelled((stack, cancel) => stack.fault(/\/parts$/, cancel))
  await cancelled((stack, cancel) => stack.fault(/multipart/, cancel))
  // The answer that has the id is lost, or the network is.
  const lost = await cancelled((stack, cancel) => {
    stack.fault(/multipart/, 'lost')
    until(() => page.waits.length > 0).then(cancel)
  })
  assert.equal(lost.made, 1)
  const repeated = await cancelled((stack, cancel) => {
    stack.fault(/^DELETE/, 'cut', 2)
    page.onSend = () => stack.count(PUT) === 2 && cancel()
  })
  assert.equal(repeated.count(/^DELETE/), 3)
})

test('a clock that is off changes nothing', async () => {
  const real = Date.now
  for (const now of [0, 4e12]) {
    Date.now = () => now
    const stack = opened()
    await send(stack, large())
    await send(stack, fileOf(10))
    assert.deepEqual([stack.made, stack.count(PUT)], [2, PARTS])
  }
  Date.now = real
})
