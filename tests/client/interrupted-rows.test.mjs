// Rows of interrupted uploads beside others: of the same name, of another tab, and of uploads that have failed in this page.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crashed, ended, heldElsewhere, heldQuestions, keys, listOf, PUT, restored, states, video } from './lists.mjs'
import { fileOf, opened, page, until, wait } from './page.mjs'

const REFUSED = { status: 400, headers: {}, text: '<Code>Refused</Code>' }
const USED_UP = { status: 410, headers: {}, text: '{"code":"upload_token_used_up"}' }

// A file of the same name and size, with another first byte.
async function twin() {
  const bytes = new Uint8Array(await video().arrayBuffer())
  bytes[0] ^= 1
  return new File([bytes], 'video.mp4', { type: 'video/mp4', lastModified: 1 })
}

async function twins() {
  const stack = await crashed()
  await crashed({ file: await twin() }, stack)
  return { stack, uploads: [...stack.uploads.values()], list: await restored(stack) }
}

// Keeps every part back in this page.
function heldParts() {
  let isSending = false
  page.onSend = () => new Promise(() => (isSending = true))
  return () => until(() => isSending, 'a part is sent')
}

// A list with the interrupted video. For `retry`, the video was chosen again, and its upload has failed.
async function restoredFor(act) {
  const stack = await crashed()
  const list = await restored(stack)
  if (act === 'retry') {
    stack.fault(/complete/, REFUSED)
    list.add([video()])
    await ended(list)
    assert.deepEqual(states(list), ['failed'])
  }
  return { stack, list }
}

test('of two interrupted uploads with the same name and size, each keeps a row', async () => {
  const { uploads: [first, second], list } = await twins()
  assert.deepEqual(states(list), ['interrupted', 'interrupted'])
  list.add([await twin()])
  await ended(list)
  await until(() => list.snapshot().length === 2)
  assert.deepEqual([states(list).sort(), first.state, second.state], [['available', 'interrupted'], 'pending', 'available'])
  list.add([video()])
  await ended(list)
  assert.deepEqual([states(list), first.state, keys()], [['available', 'available'], 'available', []])
})

test('… and a cancellation of one does not give up the other', async () => {
  const { uploads: [first, second], list } = await twins()
  const isSending = heldParts()
  const [id] = list.add([await twin()])
  await isSending()
  list.cancel(id)
  await until(() => second.state === 'expired' && states(list).includes('interrupted'))
  await wait(50)
  assert.deepEqual([first.state, keys().length], ['pending', 1])
})

for (const act of ['cancel', 'remove'])
  test(`… nor does ${act} before the client knows which of the two the file is, or while it asks what S3 has of it`, async () => {
    for (const tasks of [0, 1, 2, 3, 5, 8, Infinity]) {
      const { stack, uploads, list } = await twins()
      const goOn = heldQuestions(stack)
      const [id] = list.add([await twin()])
      for (let n = 0; n < Math.min(tasks, 99); n += 1) await new Promise(setImmediate)
      if (tasks === Infinity) await goOn.asked()
      const { uploadId } = list.snapshot()[0].progress
      list[act](id)
      await wait(20)
      goOn()
      await until(() => stack.uploads.get(uploadId).state === 'expired' && states(list).includes('interrupted'))
      await wait(50) // the other one would be given up by now
      const left = uploads.filter(({ state }) => state === 'pending')
      assert.deepEqual([left.length, keys().length], [1, 1], `after ${tasks} tasks`)
      const [other] = list.snapshot().filter(({ state }) => state === 'interrupted')
      assert.equal(stack.uploads.get(other.progress.uploadId), left[0], 'and the other one is shown')
    }
  })

test('a file that waits for its place takes the row of its interrupted upload', async () => {
  const stack = await crashed({ path: 'trip/video.mp4' })
  const list = listOf(stack, { concurrency: 0 })
  const ids = list.add([fileOf(1000), video(), await twin()])
  await list.restore()
  assert.deepEqual([list.snapshot().map(({ id }) => id), states(list)], [ids, ['waiting', 'waiting', 'waiting']])
  list.options = { ...list.options, concurrency: 1 }
  list.remove(ids[0])
  await ended(list)
  assert.deepEqual([states(list), stack.made, [...stack.uploads.values()][0].state, keys()], [['available', 'available'], 2, 'available', []])
})

test('what another tab is sending is not sent a second time, and neither cancelled nor removed by its row', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  const free = await heldElsewhere()
  const [id] = list.add([video()])
  await ended(list)
  const [{ state, error }] = list.snapshot()
  assert.deepEqual([state, error.code, stack.made], ['failed', 'sent_elsewhere', 1])
  list.retry(id)
  await ended(list)
  assert.equal(stack.made, 1)
  free() // the other tab crashes
  await wait(5)
  list.remove(id)
  await wait(50)
  assert.deepEqual([stack.only.state, keys().length], ['pending', 1])
  await list.restore()
  list.add([video()])
  await ended(list)
  assert.deepEqual([states(list), stack.made], [['available'], 1])
})

test('what another tab has finished is not sent a second time by a row that does not know', async () => {
  for (const act of ['add', 'retry']) {
    const { stack, list } = await restoredFor(act)
    const tab = listOf(stack)
    tab.add([video()])
    await ended(tab)
    assert.deepEqual([states(tab), keys()], [['available'], []])
    if (act === 'retry') list.retry(1)
    else list.add([video()])
    await ended(list)
    assert.deepEqual([states(list), stack.made, keys()], [['available'], 1, []], act)
  }
})

test('what another tab has given up begins anew', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  const tab = await restored(stack)
  tab.remove(1)
  await until(() => stack.only.state === 'expired')
  list.add([video()])
  await ended(list)
  assert.deepEqual([states(list), stack.made, keys()], [['available'], 2, []])
})

test('an upload in parts that has failed is given up by its removal', async () => {
  const stack = opened()
  stack.fault(PUT, REFUSED, Infinity)
  const list = listOf(stack)
  const [id] = list.add([video()])
  await ended(list)
  assert.deepEqual([states(list), stack.only.state], [['failed'], 'pending'])
  list.remove(id)
  await until(() => stack.only.state === 'expired' && !keys().length)
  await list.restore()
  assert.deepEqual(list.snapshot(), [])
})

test('the same file goes on in the row of an upload that has failed', async () => {
  const stack = opened()
  stack.fault(/complete/, REFUSED)
  const list = listOf(stack)
  const [id] = list.add([video()])
  await ended(list)
  assert.deepEqual(states(list), ['failed'])
  assert.deepEqual(list.add([video()]), [id])
  await ended(list)
  const [{ state, error }] = list.snapshot()
  assert.deepEqual([state, error, stack.made], ['available', undefined, 1])
})

test('a file that is changed while it goes on, and chosen again, is refused as one that has changed', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  const file = video()
  const { slice } = file
  let isChanged = false
  file.slice = (...range) => {
    const part = slice.apply(file, range)
    if (isChanged) part.arrayBuffer = () => Promise.reject(new DOMException('', 'NotReadableError'))
    return part
  }
  page.onSend = (request) => {
    isChanged = true
    request.abort()
  }
  list.add([file])
  await ended(list)
  assert.equal(list.snapshot()[0].error.code, 'unreadable')
  page.onSend = () => {}
  list.add([await twin()])
  await ended(list)
  assert.deepEqual([list.snapshot().map(({ error }) => error.code), stack.made, stack.only.state], [['file_changed'], 1, 'pending'])
  list.retry(1)
  await ended(list)
  await until(() => [...stack.uploads.values()][0].state === 'expired')
  assert.deepEqual([states(list), stack.made, keys()], [['available'], 2, []])
})

for (const [when, concurrency] of [['before its new upload is made', 3], ['while it waits for a place', 0]]) {
  test(`a changed file that is cancelled ${when} leaves the interrupted upload`, async () => {
    const stack = await crashed()
    const list = await restored(stack)
    list.add([await twin()])
    await ended(list)
    list.options = { ...list.options, concurrency }
    list.retry(1)
    list.cancel(1)
    await until(() => states(list).join() === 'cancelled,interrupted')
    list.remove(1)
    await wait(50)
    assert.deepEqual([states(list), stack.only.state, keys().length], [['interrupted'], 'pending', 1])
  })
}

test('parts that differ at S3 are not used again, even if they cannot be given up', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  stack.damaging = 1
  stack.fault(/^DELETE/, REFUSED)
  list.add([video()])
  await ended(list)
  assert.deepEqual([states(list), stack.made], [['available'], 2])
})

test('a changed file that the token refuses leaves the interrupted upload, and shows it again', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  list.add([await twin()])
  await ended(list)
  stack.fault(/multipart$/, USED_UP)
  list.retry(1)
  await until(() => list.snapshot().length === 2)
  const [{ error }, { id, state }] = list.snapshot()
  assert.deepEqual([error.code, state, stack.only.state], ['upload_token_used_up', 'interrupted', 'pending'])
  assert.deepEqual(list.add([video()]), [id])
  await ended(list)
  assert.deepEqual([stack.made, stack.only.state], [1, 'available'])
})

for (const [what, change] of [['metadata', { metadata: { album: '7' } }], ['name', { name: 'other' }], ['endpoint', { endpoint: 'https://api.test' }]])
  test(`with another ${what}, a file that was interrupted or has failed is sent as a new upload`, async () => {
    for (const act of ['add', 'retry']) {
      const { stack, list } = await restoredFor(act)
      list.options = { ...list.options, ...change }
      if (act === 'retry') list.retry(1)
      else list.add([video()])
      await ended(list)
      assert.deepEqual([states(list), stack.made, stack.count(/^DELETE/)], [['available'], 2, 0], act)
    }
  })
