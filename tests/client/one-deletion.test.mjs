// A cancelled upload is given up by one request, whenever it is cancelled.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crashed, ended, listOf, named, restored, states, video } from './lists.mjs'
import { opened, until, wait } from './page.mjs'

const COMPLETE = /complete$/

// Each makes a list, and returns it with its stack and what begins an upload.
const UPLOADS = {
  async 'by a form'() {
    const stack = opened()
    const list = listOf(stack)
    return { stack, list, begin: () => list.add(named(1)) }
  },
  async 'by a form of a batch'() {
    const stack = opened()
    const list = listOf(stack, { batch: 50 })
    return { stack, list, begin: () => list.add(named(2)) }
  },
  async 'in parts'() {
    const stack = opened()
    const list = listOf(stack)
    return { stack, list, begin: () => list.add([video()]) }
  },
  async 'in parts that has failed and is tried again'() {
    const stack = opened()
    const list = listOf(stack)
    stack.fault(/part 3$/, { status: 400, headers: {}, text: '<Error><Code>InvalidRequest</Code></Error>' })
    list.add([video()])
    await ended(list)
    return { stack, list, begin: () => list.retry(1) }
  },
  async 'in parts that was interrupted and is chosen again'() {
    const stack = await crashed()
    const list = await restored(stack)
    return { stack, list, begin: () => list.add([video()]) }
  },
}

// The requests that give each upload up.
const deletions = (stack) => [...stack.uploads.keys()].map((id) => stack.count(new RegExp(`^DELETE /uploads/${id}/`)))
const isOver = (stack) => [...stack.uploads.values()].every(({ state, stored }) => state === 'expired' || stored)

// Lets the page go on by so many tasks.
async function tasks(count) {
  for (let done = 0; done < count; done += 1) await new Promise(setImmediate)
}

async function onlyOnce(stack, what) {
  await wait(50) // a request that makes an upload would have come by now
  await until(() => isOver(stack), what)
  await wait(50) // a second request would have come by now
  const wanted = [...stack.uploads.values()].map(({ stored }) => (stored ? 0 : 1))
  assert.deepEqual(deletions(stack), wanted, what)
}

for (const [what, prepared] of Object.entries(UPLOADS))
  test(`an upload ${what} is given up once`, async () => {
    for (const count of [0, 2, 4, 7, 9, 10, 12, 15, 20, 29]) {
      const { stack, list, begin } = await prepared()
      begin()
      await tasks(count)
      for (const { id } of list.snapshot()) list[count % 2 ? 'remove' : 'cancel'](id)
      await onlyOnce(stack, `${count} tasks`)
    }
  })

test('an upload with another checksum is given up once, also if it is cancelled meanwhile', async () => {
  const stack = opened()
  const list = listOf(stack)
  stack.damaging = 1
  const answer = stack.answer.bind(stack)
  stack.answer = async (method, ...request) => {
    if (method === 'DELETE') list.cancel(1)
    return answer(method, ...request)
  }
  list.add([video()])
  await ended(list)
  await onlyOnce(stack)
  assert.deepEqual([states(list), stack.made, stack.count(COMPLETE)], [['cancelled'], 1, 1])
})

test('a file that S3 has after another try is not given up by a cancellation', async () => {
  for (const what of ['in parts that has failed and is tried again', 'in parts that was interrupted and is chosen again']) {
    const { stack, list, begin } = await UPLOADS[what]()
    stack.verdict = {}
    begin()
    await until(() => states(list)[0] === 'checking', what)
    list.cancel(1)
    await wait(100) // the request would have come by now
    assert.deepEqual([states(list), deletions(stack), stack.only.state], [['cancelled'], [0], 'pending'], what)
  }
})
