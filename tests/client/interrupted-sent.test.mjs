// Uploads in parts of an earlier page whose file S3 has: the list shows what becomes of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closedWhileChecked, ended, keys, listOf, restored, states, video } from './lists.mjs'
import { closed, fileOf, opened, until, wait } from './page.mjs'

const AVAILABLE = { state: 'available' }
const REJECTED = { state: 'rejected', rejection: { reason: 'threat', detail: 'It has a threat.' } }
const USED_UP = { status: 410, headers: {}, text: '{"code":"upload_token_used_up"}' }

function looked(stack, verdict) {
  stack.verdict = verdict
  Object.assign(stack.only, verdict)
}

for (const verdict of [AVAILABLE, REJECTED]) {
  test(`a file that was checked while no page was open is shown as ${verdict.state}, once`, async () => {
    const stack = await closedWhileChecked({}, [{ file: video(), path: 'trip/video.mp4' }])
    looked(stack, verdict)
    const list = await restored(stack)
    await ended(list)
    const [{ state, path, file, progress, result }] = list.snapshot()
    const { uploadId } = progress
    assert.deepEqual([state, path, file.name, progress.loaded, progress.isResumed], [verdict.state, 'trip/video.mp4', 'video.mp4', file.size, true])
    assert.deepEqual(result, { uploadId, state, ...verdict.rejection })
    await list.restore()
    assert.equal(list.snapshot().length, 1)
    closed()
    assert.deepEqual((await restored(stack)).snapshot(), [], 'nor after another reload')
  })

  test(`a file that is ${verdict.state} and chosen again is recognized, with a token that is used up too`, async () => {
    for (const isShown of [true, false]) {
      const stack = await closedWhileChecked()
      looked(stack, verdict)
      stack.fault(/multipart$/, USED_UP, Infinity)
      const list = listOf(stack)
      if (isShown) await list.restore().then(() => ended(list))
      list.add([video()])
      await ended(list)
      assert.deepEqual([states(list), stack.made, keys()], [[verdict.state], 1, []])
    }
  })
}

test('a file that is being checked waits for its verdict', async () => {
  const stack = await closedWhileChecked()
  const list = await restored(stack)
  await until(() => states(list).join() === 'checking')
  list.pause(1)
  const other = await restored(stack)
  await until(() => states(other).join() === 'checking', 'another tab shows it too')
  looked(stack, REJECTED)
  await Promise.all([ended(list), ended(other)])
  assert.deepEqual([states(list), states(other)], [['rejected'], ['rejected']])
})

test('a file that is being checked and is chosen again has one row', async () => {
  const stack = await closedWhileChecked()
  const list = await restored(stack)
  await until(() => states(list).join() === 'checking')
  const [id] = list.add([video()])
  await until(() => list.snapshot().length === 1 && states(list).join() === 'checking')
  assert.equal(list.snapshot()[0].id, id)
  looked(stack, AVAILABLE)
  await ended(list)
  assert.deepEqual([states(list), stack.made, keys()], [['available'], 1, []])
})

test('neither a cancellation nor a removal gives up a file that S3 has', async () => {
  const stack = await closedWhileChecked()
  const list = await restored(stack)
  await until(() => states(list).join() === 'checking')
  list.cancel(1)
  assert.deepEqual(states(list), ['cancelled'])
  list.retry(1)
  await until(() => states(list).join() === 'checking')
  list.remove(1)
  await list.restore()
  await wait(50)
  assert.deepEqual([list.snapshot(), stack.count(/^DELETE/), stack.only.state], [[], 0, 'pending'])
  assert.deepEqual((await restored(stack)).snapshot(), [], 'what was removed is not shown again')
})

for (const acts of [['remove'], ['cancel', 'remove']]) {
  test(`a file of this page that is being checked does not come back after ${acts.join(' and ')}`, async () => {
    const stack = opened()
    stack.verdict = { state: 'pending' }
    const list = listOf(stack)
    const [id] = list.add([video()])
    await until(() => states(list).join() === 'checking')
    for (const act of acts) list[act](id)
    await until(() => JSON.parse(localStorage.getItem(keys()[0])).isSettled, 'the entry is settled')
    looked(stack, AVAILABLE)
    await list.restore()
    const here = list.snapshot()
    closed()
    assert.deepEqual([here, (await restored(stack)).snapshot(), stack.count(/^DELETE/)], [[], [], 0])
  })
}

test('an interrupted row becomes one that is checked once S3 has the file', async () => {
  const stack = opened()
  let isCompleting = false
  const answer = stack.answer.bind(stack)
  let complete
  stack.answer = (method, url, ...more) => {
    if (!/complete$/.test(url)) return answer(method, url, ...more)
    isCompleting = true
    return new Promise((go) => (complete = () => go(answer(method, url, ...more))))
  }
  listOf(stack).add([video()])
  await until(() => isCompleting)
  closed()
  const list = await restored(stack)
  assert.deepEqual(states(list), ['interrupted'])
  complete()
  await until(() => stack.only.stored)
  await list.restore()
  await ended(list)
  assert.deepEqual([states(list), list.snapshot()[0].id], [['available'], 1])
})

test('files whose verdicts do not come keep no new file from being sent', async () => {
  const stack = await closedWhileChecked()
  const [key] = keys()
  const entry = JSON.parse(localStorage.getItem(key))
  const { only } = stack
  for (let n = 0; n < 20; n += 1) {
    stack.uploads.set(`copy-${n}`, { ...only })
    localStorage.setItem(`${key}-${n}`, JSON.stringify({ ...entry, uploadId: `copy-${n}` }))
  }
  const list = await restored(stack)
  await until(() => states(list).every((state) => state === 'checking'))
  list.add([fileOf(1000)])
  await until(() => states(list).at(-1) === 'checking')
})

test('a verdict that does not come is unknown, and retry asks for it again', async () => {
  const stack = await closedWhileChecked()
  const list = await restored(stack)
  await until(() => states(list).join() === 'checking')
  stack.fault(/^GET/, { status: 401, headers: {}, text: '' })
  await ended(list)
  assert.deepEqual([states(list), list.snapshot()[0].progress.phase], [['failed'], 'checking'])
  looked(stack, AVAILABLE)
  list.retry(1)
  await ended(list)
  assert.deepEqual([states(list), stack.made], [['available'], 1])
})

test('a file that an earlier page has sent is checked while no place is free', async () => {
  const stack = await closedWhileChecked()
  const list = listOf(stack, { concurrency: 0 })
  list.add([fileOf(1000)])
  await list.restore()
  looked(stack, AVAILABLE)
  await until(() => states(list).join() === 'waiting,available')
})
