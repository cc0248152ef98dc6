// What a cancelled upload still asks of the API, behind the page's back and after the page.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BATCH, ended, listOf, named, states, video } from './lists.mjs'
import { closed, failed, fileOf, opened, page, setOnline, until, wait } from './page.mjs'
import { upload } from '../../client/postern.js'

const FILES = () => [fileOf(1000), video()]
const DELETE = /^DELETE/

const send = (stack, file, control) => upload(file, { endpoint: stack.endpoint, signal: control.signal })

// Cancels an upload while S3 gets its bytes. Returns the stack once the upload says so.
async function cancelled(file, prepare = () => {}) {
  const stack = opened()
  const control = new AbortController()
  prepare(stack)
  page.onSend = (_, share) => share === 0.5 && control.abort()
  assert.equal((await failed(send(stack, file, control))).code, 'aborted')
  return stack
}

const isGivenUp = (stack) => until(() => stack.only.state === 'expired', 'the upload is given up')

// The next request to this route, as soon as the page makes it.
function asked(route) {
  const { fetch } = globalThis
  return new Promise((found) => {
    globalThis.fetch = (url, request) => {
      if (route.test(url)) {
        globalThis.fetch = fetch
        found(request)
      }
      return fetch(url, request)
    }
  })
}

test('a page that is closed at once after a cancellation gives the upload up', async () => {
  for (const file of FILES()) {
    const stack = await cancelled(file)
    await new Promise(setImmediate)
    closed()
    await isGivenUp(stack)
  }
})

test('a cancellation does not wait for a file that cannot be read', async () => {
  const file = fileOf(1000)
  const stack = await cancelled(file, () => (file.slice = () => ({ arrayBuffer: () => new Promise(() => {}) })))
  await isGivenUp(stack)
})

// The drive of a file has gone, and reads that the condition holds for never end.
function withoutDrive(file, isGone) {
  const { slice } = file
  file.slice = (...range) => {
    const part = slice.apply(file, range)
    if (isGone(...range)) part.arrayBuffer = () => new Promise(() => {})
    return part
  }
  return file
}

test('a cancellation does not wait for a drive that has gone', async () => {
  const checksum = withoutDrive(video(), (from, to) => from > 0 && to - from === 4 * 2 ** 20)
  for (const [file, isReady] of [
    [checksum, (stack) => stack.only.parts.size === 5],
    [withoutDrive(fileOf(1000), (_, to) => to === 1), (stack) => stack.count(/^POST s3/) === 1],
    [withoutDrive(video(), (_, to) => to === 1), (stack) => stack.count(/^PUT s3/) > 0],
  ]) {
    const stack = opened()
    const control = new AbortController()
    if (file !== checksum) stack.fault(/s3/, 'cut', Infinity)
    const task = failed(send(stack, file, control))
    await until(() => stack.made && isReady(stack))
    await wait(50)
    control.abort()
    assert.equal((await task).code, 'aborted')
    await isGivenUp(stack)
    assert.deepEqual(Object.keys(localStorage), [])
  }
})

test('a page that is closed while it completes its parts makes the file', async () => {
  const stack = opened()
  upload(video(), { endpoint: stack.endpoint })
  await asked(/complete$/)
  closed()
  await until(() => stack.only.stored === 1)
})

test('what only a page needs ends with the page', async () => {
  const stack = opened()
  const [form, parts] = FILES()
  for (const [file, route] of [[form, /\/uploads$/], [form, /\/uploads\/[^/]+$/], [parts, /multipart$/], [parts, /\/parts$/]]) {
    upload(file, { endpoint: stack.endpoint })
    assert.equal((await asked(route)).keepalive, false, `${route}`)
    closed()
  }
})

test('a failed upload is given up only if a list removes it, and if it is in parts', async () => {
  for (const [file, deletions] of [[fileOf(1000), 0], [video(), 1]]) {
    const stack = opened()
    stack.fault(/ s3/, { status: 400, headers: {}, text: '<Code>InvalidArgument</Code>' }, Infinity)
    const list = listOf(stack)
    const [id] = list.add([file])
    await ended(list)
    await wait(50) // a request would have come by now
    assert.deepEqual([stack.count(DELETE), states(list)], [0, ['failed']])
    list.remove(id)
    await until(() => stack.count(DELETE) === deletions)
    await wait(50)
    assert.deepEqual([stack.count(DELETE), stack.only.state], [deletions, deletions ? 'expired' : 'pending'])
  }
})

test('a list that is ended by its signal gives up with the JWT that `jwt` returns then', async () => {
  const stack = opened()
  const control = new AbortController()
  let person = 'first'
  page.onSend = () => {
    person = 'second'
    control.abort()
  }
  listOf(stack, { signal: control.signal, jwt: () => person }).add([fileOf(1000)])
  const { headers } = await asked(/parts$/)
  assert.equal(headers.authorization, 'Bearer second')
})

test('giving up keeps Retry-After', async () => {
  const stack = await cancelled(fileOf(1000), (stack) => {
    stack.fault(DELETE, { status: 503, headers: { 'retry-after': '17' }, text: '{}' }, 2)
    stack.fault(DELETE, { status: 429, headers: { 'retry-after': '17' }, text: '{}' }, 2)
  })
  await isGivenUp(stack)
  assert.deepEqual([page.waits.filter((ms) => ms === 17_000).length, stack.count(DELETE)], [4, 5])
})

test('giving up is repeated with growing waits, and ends', async () => {
  const stack = await cancelled(fileOf(1000), (stack) => stack.fault(DELETE, 'cut', Infinity))
  const before = page.waits.length
  await until(() => stack.count(DELETE) === 11)
  const waits = page.waits.slice(before).filter((ms) => ms !== 30_000) // the limit of each answer
  assert.ok(waits.at(-1) >= 30_000 && waits[0] < 2000 && waits.length <= 10, waits.join())
  await wait(1500) // more than a wait of 60 seconds
  assert.deepEqual([stack.count(DELETE), stack.only.state], [11, 'pending'])
})

test('giving up waits for the network, and a pause does not hold it back', async () => {
  const stack = opened()
  const control = new AbortController()
  page.onSend = (_, share) => share === 0.5 && (setOnline(false), control.abort())
  const task = send(stack, fileOf(1000), control)
  await failed(task)
  task.pause()
  await wait(100)
  assert.deepEqual([stack.count(DELETE), stack.only.state], [0, 'pending'])
  setOnline(true)
  await isGivenUp(stack)
  assert.equal(stack.count(DELETE), 1)
})

test('a creation whose answer was lost is asked for until it is given up', async () => {
  for (const file of FILES()) {
    const stack = opened()
    const control = new AbortController()
    stack.fault(/^POST \/uploads/, 'lost')
    stack.fault(/^POST \/uploads/, 'cut', 3)
    const task = failed(send(stack, file, control))
    await until(() => stack.made === 1)
    control.abort()
    assert.equal((await task).code, 'aborted')
    await isGivenUp(stack)
    assert.equal(stack.made, 1)
  }
})

test('a file that is cancelled without a network is never sent', async () => {
  for (const file of FILES()) {
    const stack = opened()
    const control = new AbortController()
    setOnline(false)
    const phases = []
    const task = failed(upload(file, { endpoint: stack.endpoint, signal: control.signal, onProgress: ({ phase }) => phases.push(phase) }))
    await until(() => phases.includes('offline'))
    control.abort()
    assert.equal((await task).code, 'aborted')
    setOnline(true)
    await wait(100)
    assert.deepEqual(stack.requests, [])
  }
})

test('files of a list that are cancelled without a network are never sent', async () => {
  for (const options of [{}, { batch: 50 }, { concurrency: 1, batch: 50 }]) {
    for (const act of ['cancel', 'remove']) {
      const stack = opened()
      const list = listOf(stack, options)
      setOnline(false)
      const ids = list.add([...named(5), video()])
      await until(() => states(list).includes('offline'))
      for (const id of ids) list[act](id)
      await new Promise(setImmediate) // the browser tells of the network in another task
      setOnline(true)
      await ended(list)
      await wait(200)
      assert.deepEqual(stack.requests, [], `${act} ${JSON.stringify(options)}`)
    }
  }
})

test('a batch has only the files that are still wanted when it is asked for, and nobody asks for none', async () => {
  for (const [cancelled, made, batches] of [[[0, 2], 3, 1], [[0, 1, 2, 3, 4], 0, 0]]) {
    const stack = opened()
    const files = named(5)
    let isRead
    const reading = new Promise((reads) => {
      files[3].arrayBuffer = async () => {
        reads()
        await new Promise((goOn) => (isRead = goOn))
        return File.prototype.arrayBuffer.call(files[3])
      }
    })
    const list = listOf(stack, { batch: 50, concurrency: 1 })
    const ids = list.add(files)
    await reading
    for (const index of cancelled) list.cancel(ids[index])
    isRead()
    await ended(list)
    await wait(100)
    assert.deepEqual([stack.made, stack.count(BATCH)], [made, batches])
    assert.deepEqual(states(list), files.map((_, index) => (cancelled.includes(index) ? 'cancelled' : 'available')))
  }
})
