import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { failed, fileOf, opened, page, until, wait } from './page.mjs'
import { PART_BYTES } from './stack.mjs'
import { checksumOf } from '../../client/checksum.js'
import { upload } from '../../client/postern.js'

const PUT = /^PUT s3/
const READ_BYTES = 4 * 1024 * 1024
const SLICE_BYTES = 512 * 1024
const large = () => fileOf(5 * PART_BYTES + 1000, 'video.mp4', 'video/mp4')
const send = (stack, file, options = {}) => upload(file, { endpoint: stack.endpoint, ...options })
const never = new AbortController().signal

// Byte by byte, with BigInt.
const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let crc = BigInt(byte)
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1n ? (crc >> 1n) ^ 0x9a6c9329ac4bc9b5n : crc >> 1n
  return crc
})

function slowly(bytes) {
  let crc = 2n ** 64n - 1n
  for (const byte of bytes) crc = (crc >> 8n) ^ TABLE[Number(crc & 255n) ^ byte]
  const hex = (crc ^ (2n ** 64n - 1n)).toString(16).padStart(16, '0')
  return Buffer.from(hex, 'hex').toString('base64')
}

test('the checksum of known bytes is the published one', async () => {
  assert.equal(await checksumOf(new Blob(['123456789']), never), Buffer.from('ae8b14860a799888', 'hex').toString('base64'))
  assert.equal(await checksumOf(new Blob([]), never), 'AAAAAAAAAAA=')
})

test('the checksum is right for every length, also across slices', async () => {
  for (const size of [...Array(40).keys(), SLICE_BYTES - 1, SLICE_BYTES, SLICE_BYTES + 1, SLICE_BYTES + 8, READ_BYTES + SLICE_BYTES + 13]) {
    const bytes = randomBytes(size)
    assert.equal(await checksumOf(new Blob([bytes]), never), slowly(bytes), `${size} bytes`)
  }
})

test('the file is read in slices, and the page goes on between them', async () => {
  const slices = 40
  const file = fileOf(slices * SLICE_BYTES)
  file.arrayBuffer = () => { throw new Error('the whole file would be in memory') }
  let turns = 0
  let isDone = false
  const turn = () => isDone || setImmediate(turn, (turns += 1))
  turn()
  await checksumOf(file, never)
  isDone = true
  assert.ok(turns >= slices / 2, `${turns} turns`)
})

test('a signal ends the computation', async () => {
  const control = new AbortController()
  const file = fileOf(5 * READ_BYTES)
  let reads = 0
  file.slice = (...range) => {
    if ((reads += 1) === 3) control.abort()
    return File.prototype.slice.apply(file, range)
  }
  assert.equal((await failed(checksumOf(file, control.signal))).name, 'AbortError')
  assert.equal(reads, 3)
})

test('a completion states the checksum of the file', async () => {
  const stack = opened()
  const file = large()
  await send(stack, file)
  assert.equal(stack.only.stated, await checksumOf(file, never))
})

test('a file that arrived with other bytes is sent again as a new upload', async () => {
  const stack = opened()
  stack.damaging = 1
  const seen = []
  const result = await send(stack, large(), { onProgress: ({ loaded }) => seen.push(loaded) })
  const [[, first], [id, second]] = stack.uploads
  assert.deepEqual([first.state, first.parts, second.state], ['expired', undefined, 'available'])
  assert.deepEqual([result, stack.made, stack.count(PUT)], [{ uploadId: id, state: 'available' }, 2, 12])
  assert.ok(seen.every((loaded, n) => n === 0 || loaded >= seen[n - 1]), 'the progress falls')
  assert.equal(Object.keys(localStorage).length, 0)
})

test('a file that arrives with other bytes twice leaves nothing', async () => {
  const stack = opened()
  stack.damaging = 12
  const error = await failed(send(stack, large()))
  assert.deepEqual([error.code, error.status, stack.made], ['checksum_mismatch', 422, 2])
  assert.ok([...stack.uploads.values()].every(({ state, parts }) => state === 'expired' && !parts))
  assert.equal(Object.keys(localStorage).length, 0)
})

test('without another use of the token, the error is the one of the checksum', async () => {
  const stack = opened()
  stack.damaging = 1
  stack.fault(/complete/, () => stack.fault(/multipart/, { status: 410, text: '{"code":"upload_token_used_up"}' }))
  assert.equal((await failed(send(stack, large()))).code, 'checksum_mismatch')
  assert.equal(stack.only.state, 'expired')
})

test('a second sending that fails for another reason says so', async () => {
  const stack = opened()
  stack.damaging = 1
  stack.fault(/complete/, () => stack.fault(PUT, { status: 404, text: '<Error><Code>NoSuchUpload</Code></Error>' }))
  assert.equal((await failed(send(stack, large()))).code, 'NoSuchUpload')
})

test('a file that cannot be read any more stops the parts', async () => {
  const stack = opened()
  const file = large()
  const { slice } = file
  file.slice = (from, to) => {
    if (to - from !== READ_BYTES || from < READ_BYTES) return slice.call(file, from, to)
    return { arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError')) }
  }
  page.onSend = () => new Promise(() => {}) // only an interruption ends a part
  assert.equal((await failed(send(stack, file))).code, 'unreadable')
  await until(() => page.sending === 0)
  assert.deepEqual([stack.count(PUT), stack.count(/complete/)], [0, 0])
})

// A large file whose second read for the checksum ends when `go` is called. `reads` counts those that were asked for.
function held() {
  const file = large()
  const state = { file, reads: 0, go: undefined }
  file.slice = (from, to) => {
    const part = File.prototype.slice.call(file, from, to)
    if (to - from !== READ_BYTES) return part
    state.reads += 1
    if (state.reads === 2) part.arrayBuffer = () => new Promise((read) => (state.go = () => read(new ArrayBuffer(READ_BYTES))))
    return part
  }
  return state
}

test('an upload is cancelled while only the checksum is missing', async () => {
  const stack = opened()
  const state = held()
  const control = new AbortController()
  const task = send(stack, state.file, { signal: control.signal })
  await until(() => state.go && stack.made && stack.only.parts.size === 6)
  control.abort()
  state.go()
  assert.equal((await failed(task)).code, 'aborted')
  await until(() => stack.only.state === 'expired')
  assert.deepEqual([state.reads, stack.count(/complete/)], [2, 0])
})

test('no checksum is computed of an upload that has failed', async () => {
  const stack = opened()
  const state = held()
  stack.fault(PUT, { status: 404, text: '<Error><Code>NoSuchUpload</Code></Error>' })
  page.onSend = () => until(() => state.go)
  assert.equal((await failed(send(stack, state.file))).code, 'NoSuchUpload')
  state.go()
  await wait(50)
  assert.equal(state.reads, 2)
})
