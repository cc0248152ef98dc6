import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BATCH, SINGLE, ended, listOf, named, states } from './lists.mjs'
import { opened, setOnline, until } from './page.mjs'

const count = (list, state) => states(list).filter((each) => each === state).length
const pending = (stack) => [...stack.uploads.values()].filter(({ state, stored }) => state === 'pending' && !stored).length

test('a batch that fails is the failure only of the files that wait for it', async () => {
  const busy = { status: 503, headers: { 'retry-after': '120' }, text: '{"code":"unavailable","message":"Later."}' }
  const signOut = { status: 401, headers: {}, text: '{"code":"unauthorized","message":"Sign in."}' }
  for (const [fault, times, failures] of [['cut', 11, 3], [busy, 3, 9], [signOut, 1, 0]]) {
    const stack = opened()
    stack.fault(BATCH, fault, times)
    const list = listOf(stack, { batch: 50 })
    list.add(named(50))
    await ended(list)
    assert.deepEqual([count(list, 'failed'), count(list, 'available')], [failures, 50 - failures])
    await until(() => pending(stack) === 0)
  }
})

test('a JWT that fails once fails only the files that wait for the batch', async () => {
  const stack = opened()
  let asked = 0
  const jwt = async () => {
    if ((asked += 1) === 1) throw new Error('The session is being renewed.')
    return 'jwt'
  }
  const list = listOf(stack, { batch: 50, jwt })
  list.add(named(50))
  await ended(list)
  assert.deepEqual([count(list, 'failed'), count(list, 'available'), list.snapshot()[0].error.code], [3, 47, 'jwt'])
  assert.deepEqual([stack.count(BATCH), stack.count(SINGLE)], [1, 0])
})

test('a file whose reading hangs leaves the batch', async () => {
  const stack = opened()
  const files = named(50)
  files[40].arrayBuffer = () => new Promise(() => {})
  const list = listOf(stack, { batch: 50 })
  const ids = list.add(files)
  await until(() => count(list, 'available') === 49)
  assert.equal(states(list)[40], 'preparing')
  assert.equal(stack.count(BATCH), 1)
  list.cancel(ids[40])
  assert.equal(states(list)[40], 'cancelled')
})

test('a file that cannot be read leaves the batch', async () => {
  const stack = opened()
  const files = named(5)
  files[3].arrayBuffer = () => Promise.reject(new DOMException('', 'NotReadableError'))
  const list = listOf(stack, { batch: 50 })
  list.add(files)
  await ended(list)
  assert.deepEqual(states(list), ['available', 'available', 'available', 'failed', 'available'])
  assert.equal(list.snapshot()[3].error.code, 'unreadable')
  assert.deepEqual([stack.made, stack.count(BATCH), stack.count(SINGLE)], [4, 1, 0])
})

test('after options have changed, each file asks for its own form', async () => {
  const stack = opened()
  const list = listOf(stack)
  let reads = 0
  const metadata = { enumerable: true, get: () => ({ read: String((reads += 1)) }) }
  list.options = Object.defineProperty({ endpoint: stack.endpoint, batch: 50 }, 'metadata', metadata)
  list.add(named(20))
  await ended(list)
  assert.equal(count(list, 'available'), 20)
  assert.deepEqual([stack.count(BATCH), stack.count(SINGLE)], [1, 19])
  await until(() => pending(stack) === 0)
})

test('a file that begins to wait for a batch shows that there is no network', async () => {
  const stack = opened()
  setOnline(false)
  const list = listOf(stack, { batch: 50, concurrency: 2 })
  const [first] = list.add(named(3))
  await until(() => states(list)[0] === 'offline')
  list.cancel(first)
  await until(() => states(list).join() === 'cancelled,offline,offline')
  setOnline(true)
  await ended(list)
  assert.deepEqual(states(list), ['cancelled', 'available', 'available'])
})
