import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BATCH, SINGLE, ended, held, listOf as plainListOf, named, states, video } from './lists.mjs'
import { fileOf, opened, page, setOnline, until, wait } from './page.mjs'

const listOf = (stack, options) => plainListOf(stack, { batch: 50, ...options })

// Keeps the answer to the batch back until the returned function is called. `stack.isAsked` says that it was asked for.
function heldBatch(stack) {
  let go
  const gate = new Promise((open) => (go = open))
  const answer = stack.answer.bind(stack)
  stack.answer = async (method, url, request) => {
    stack.isAsked ||= BATCH.test(url)
    if (BATCH.test(url)) await gate
    return answer(method, url, request)
  }
  return go
}

test('the forms of small files come in batches, each shortly before it is needed', async () => {
  const stack = opened()
  const list = listOf(stack, { concurrency: 1 })
  const files = named(120)
  let sent = 0
  page.onSend = (_, share) => {
    if (share < 1) return
    sent += 1
    assert.ok(stack.made - sent < 50, `${stack.made} forms for ${sent} files`)
  }
  list.add(files.map((file) => ({ file, path: `trip/${file.name}` })))
  await ended(list)
  assert.deepEqual(new Set(states(list)), new Set(['available']))
  assert.deepEqual([stack.count(BATCH), stack.count(SINGLE), stack.made, sent], [3, 0, 120, 120])
  assert.equal(stack.count(/^DELETE/), 0)
  const sentAs = list.snapshot().map(({ result }) => stack.uploads.get(result.uploadId).body)
  assert.deepEqual(sentAs.map(({ path }) => path), files.map(({ name }) => `trip/${name}`))
})

test('without `batch`, each file asks for its form when it is its turn', async () => {
  const stack = opened()
  const list = plainListOf(stack, { concurrency: 1 })
  let sent = 0
  page.onSend = (_, share) => {
    if (share < 1) return
    sent += 1
    assert.equal(stack.made, sent)
  }
  list.add(named(20))
  await ended(list)
  assert.deepEqual([new Set(states(list)), stack.count(BATCH), stack.count(SINGLE)], [new Set(['available']), 0, 20])
})

test('no batch has more files than asked for, or than the API takes', async () => {
  for (const [batch, expected] of [[20, [20, 20, 15]], [1, []], [0, []], [50, [50, 5]], [999, [50, 5]]]) {
    const stack = opened()
    const sizes = []
    const answer = stack.answer.bind(stack)
    stack.answer = (method, url, request) => {
      if (BATCH.test(url)) sizes.push(JSON.parse(request.body).uploads.length)
      return answer(method, url, request)
    }
    const list = listOf(stack, { batch })
    list.add(named(55))
    await ended(list)
    assert.deepEqual([sizes, stack.made], [expected, 55], `${batch}`)
  }
})

test('one refused file of a batch does not fail the others', async () => {
  const stack = opened()
  const list = listOf(stack)
  list.add([fileOf(10, 'a/b'), ...named(3)])
  await ended(list)
  assert.deepEqual(states(list), ['failed', 'available', 'available', 'available'])
  assert.equal(list.snapshot()[0].error.errors[0].field, 'filename')
  assert.equal(stack.made, 3)
})

test('who pauses or cancels one file of a batch stops no other one', async () => {
  const stack = opened()
  const list = listOf(stack, { concurrency: 2 })
  const go = heldBatch(stack)
  const [first, second, third, fourth] = list.add(named(5))
  await until(() => stack.isAsked)
  list.cancel(third)
  list.pause(first)
  list.cancel(second)
  await until(() => states(list)[1] === 'cancelled', 'it does not wait for the batch')
  list.remove(fourth)
  go()
  await until(() => states(list)[3] === 'available')
  assert.deepEqual(states(list), ['paused', 'cancelled', 'cancelled', 'available'])
  list.resume(first)
  list.retry(third)
  await ended(list)
  assert.deepEqual(states(list), ['available', 'cancelled', 'available', 'available'])
  assert.deepEqual([stack.count(BATCH), stack.count(SINGLE)], [1, 1])
  const unsent = () => [...stack.uploads.values()].filter(({ stored }) => !stored).map(({ state }) => state)
  await until(() => !unsent().includes('pending'))
  assert.deepEqual(unsent(), ['expired', 'expired', 'expired'], 'forms that were not used are given up')
})

test('a file that was resumed without a free place waits, whatever becomes of its form', async () => {
  const stack = opened()
  const list = listOf(stack, { concurrency: 1 })
  const goOn = heldBatch(stack)
  const go = held()
  const [first] = list.add(named(2))
  await until(() => states(list)[0] === 'preparing')
  list.pause(first)
  list.resume(first)
  assert.deepEqual(states(list), ['waiting', 'preparing'])
  goOn()
  await until(() => states(list)[1] === 'sending')
  assert.equal(states(list)[0], 'waiting')
  go()
  await ended(list)
  assert.deepEqual(states(list), ['available', 'available'])
})

test('a form that has expired before the turn of its file is asked for again', async () => {
  const stack = opened()
  const list = listOf(stack, { concurrency: 1 })
  const [first] = list.add([...named(2), video('first.mp4')])
  page.onSend = async (_, share) => {
    if (share === 0.25 && list.snapshot()[0].state === 'sending') list.pause(first)
  }
  await until(() => states(list).join() === 'paused,available,available')
  stack.expireSignatures()
  page.onSend = () => {}
  list.resume(first)
  await ended(list)
  assert.deepEqual([states(list)[0], stack.count(SINGLE)], ['available', 1])
})

test('files of a batch show that there is no network', async () => {
  const stack = opened()
  setOnline(false)
  const list = listOf(stack, { concurrency: 2 })
  list.add(named(3))
  await until(() => states(list)[0] === 'offline' && states(list)[1] === 'offline')
  assert.deepEqual(states(list), ['offline', 'offline', 'waiting'])
  setOnline(true)
  await ended(list)
  assert.deepEqual([new Set(states(list)), stack.count(BATCH)], [new Set(['available']), 1])
})

test('a batch that gets no answer leaves no promise without a handler', async () => {
  const stack = opened()
  stack.fault(BATCH, 'cut', Infinity)
  const unhandled = []
  const note = (error) => unhandled.push(error)
  process.on('unhandledRejection', note)
  const list = listOf(stack, { concurrency: 1 })
  const [first, second] = list.add(named(2))
  await until(() => stack.count(BATCH) > 0)
  list.cancel(second)
  list.cancel(first)
  await ended(list)
  await until(() => stack.count(BATCH) >= 11)
  await wait(50)
  process.off('unhandledRejection', note)
  assert.deepEqual(unhandled, [])
})

test('a signal ends the reading of a batch', async () => {
  const stack = opened()
  const control = new AbortController()
  const files = named(9)
  let reads = 0
  for (const file of files) {
    file.arrayBuffer = () => {
      reads += 1
      control.abort()
      return File.prototype.arrayBuffer.call(file)
    }
  }
  const list = listOf(stack, { signal: control.signal })
  list.add(files)
  await ended(list)
  await wait(50)
  assert.deepEqual([new Set(states(list)), reads, stack.requests], [new Set(['cancelled']), 1, []])
})
