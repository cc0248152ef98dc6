import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FORM, ended, held, listOf, named, states, video } from './lists.mjs'
import { fileOf, heldDeletions, opened, page, until, wait } from './page.mjs'

test('a paused file gives its place to the next one, and is the first that goes on', async () => {
  const stack = opened()
  const list = listOf(stack, { concurrency: 1 })
  let go = held()
  const [first, second, third] = list.add(named(3))
  await until(() => page.sending === 1)
  list.pause(third)
  assert.deepEqual(states(list), ['sending', 'waiting', 'waiting'], 'what waits has no pause')
  list.pause(first)
  await until(() => states(list)[1] === 'sending')
  list.pause(second)
  await until(() => states(list)[2] === 'sending' && page.sending === 1)
  assert.deepEqual(states(list), ['paused', 'paused', 'sending'])
  list.add(named(1))
  list.resume(second)
  assert.deepEqual(states(list), ['paused', 'waiting', 'sending', 'waiting'])
  go()
  const seen = []
  list.subscribe(() => seen.push(states(list)))
  await until(() => states(list).every((state) => ['paused', 'available'].includes(state)))
  assert.deepEqual(states(list), ['paused', 'available', 'available', 'available'])
  const resumed = seen.findIndex(([, state]) => state === 'sending')
  const next = seen.findIndex(([, , , state]) => state === 'preparing')
  assert.ok(resumed >= 0 && resumed < next, `${resumed} ${next}`)
  assert.equal(page.mostSending, 1)
  list.resume(first)
  await ended(list)
  assert.deepEqual(states(list), ['available', 'available', 'available', 'available'])
  assert.equal(stack.made, 4)
})

test('what was resumed without a free place can be paused and cancelled', async () => {
  const stack = opened()
  const list = listOf(stack, { concurrency: 1 })
  const go = held()
  const [first, second] = list.add([video(), fileOf(10)])
  await until(() => page.sending > 0)
  list.pause(first)
  await until(() => states(list)[1] === 'sending')
  list.resume(first)
  assert.equal(states(list)[0], 'waiting')
  list.pause(first)
  assert.equal(states(list)[0], 'paused')
  list.resume(first)
  list.cancel(first)
  await until(() => states(list)[0] === 'cancelled')
  go()
  await ended(list)
  assert.deepEqual([states(list), stack.count(/^PUT s3/)], [['cancelled', 'available'], 0])
  list.resume(second)
  assert.deepEqual(states(list), ['cancelled', 'available'])
})

test('a cancelled file leaves its place at once, while it is given up', async () => {
  for (const file of [fileOf(10), video()]) {
    const stack = opened()
    const goOn = heldDeletions(stack)
    const list = listOf(stack, { concurrency: 1 })
    const go = held()
    const [first] = list.add([file, fileOf(20)])
    await until(() => states(list)[0] === 'sending')
    list.cancel(first)
    assert.deepEqual(states(list), ['cancelled', 'preparing'])
    for (const act of ['pause', 'resume', 'cancel']) {
      list[act](first)
      assert.equal(states(list)[0], 'cancelled', act)
    }
    list.retry(first)
    assert.equal(states(list)[0], 'waiting')
    go()
    await ended(list)
    assert.deepEqual(states(list), ['available', 'available'])
    const [given] = stack.uploads.values()
    assert.equal(given.state, 'pending')
    goOn()
    await until(() => given.state === 'expired', 'only the upload that was cancelled is given up')
  }
})

test('a pause that comes when S3 has the file changes nothing', async () => {
  const stack = opened()
  stack.verdict = {}
  const list = listOf(stack)
  const [id] = list.add(named(1))
  await until(() => states(list)[0] === 'checking')
  list.pause(id)
  stack.verdict = { state: 'available' }
  await ended(list)
  assert.deepEqual(states(list), ['available'])
})

test('a file that is being checked leaves its place to the next one', async () => {
  const stack = opened()
  stack.verdict = {}
  const list = listOf(stack, { concurrency: 1 })
  list.add(named(30))
  await until(() => stack.count(FORM) >= 20)
  await wait(50)
  assert.deepEqual([stack.count(FORM), page.mostSending], [20, 1], 'and not all are sent while the recorder is late')
  stack.verdict = { state: 'available' }
  await ended(list)
})

test('who cancels everything sees it at once, and few uploads are given up at a time', async () => {
  for (const cancelAll of [(list, ids) => ids.forEach(list.cancel), (list, ids) => ids.forEach(list.remove), (list, _, control) => control.abort()]) {
    const stack = opened()
    const control = new AbortController()
    const list = listOf(stack, { batch: 50, signal: control.signal })
    const go = held()
    const ids = list.add(named(120))
    await until(() => page.sending === 3 && stack.made === 50)
    let [going, most] = [0, 0]
    const answer = stack.answer.bind(stack)
    stack.answer = async (method, ...request) => {
      if (method !== 'DELETE') return answer(method, ...request)
      going += 1
      most = Math.max(most, going)
      await wait(5)
      going -= 1
      return answer(method, ...request)
    }
    cancelAll(list, ids, control)
    await wait(0)
    assert.ok(states(list).every((state) => state === 'cancelled'), `${cancelAll}`)
    go()
    const given = () => [...stack.uploads.values()].filter(({ state }) => state === 'expired').length
    await until(() => given() === 50, `${cancelAll}`)
    assert.deepEqual([stack.made, stack.count(/^DELETE/), most], [50, 50, 4], `${cancelAll}`)
  }
})
