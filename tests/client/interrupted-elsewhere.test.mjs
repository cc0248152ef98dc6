// Uploads of an earlier page that another page seems to send. It may be one that was closed a moment ago.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comesTo, dropOf, FIELD, looked, put, shown, taken } from './element.mjs'
import { closedWhileChecked, crashed, heldElsewhere, heldQuestions, keys, listOf, restored, states, video } from './lists.mjs'
import { page, until, wait } from './page.mjs'
import { PART_BYTES } from './stack.mjs'

const QUESTION = /^GET/
const LOOK_MS = 500
const FORM_WAITS_MS = 10_000
const LATE_MS = 150 // of the fast timers: the list has looked again by then

// Counts what a list asks of the browser, until the test ends.
function counted(t) {
  const { query, request } = navigator.locks
  const counts = { looks: 0, requests: 0 }
  navigator.locks.query = () => ((counts.looks += 1), query())
  navigator.locks.request = (...given) => ((counts.requests += 1), request(...given))
  t.after(() => Object.assign(navigator.locks, { query, request }))
  return counts
}

// Two interrupted uploads, and another page that is sending the first one.
async function besideAnother() {
  const stack = await crashed()
  const [key] = keys()
  const entry = JSON.parse(localStorage.getItem(key))
  stack.uploads.set('other', { ...stack.only, parts: new Map([[1, { size: PART_BYTES }]]) })
  const free = await heldElsewhere()
  localStorage.setItem(`${key}-other`, JSON.stringify({ ...entry, uploadId: 'other', at: entry.at + 1 }))
  return { stack, key, free }
}

test('restore waits a moment for a page that was closed', async () => {
  const stack = await crashed()
  const free = await heldElsewhere()
  const list = listOf(stack)
  let isOver = false
  const restoring = list.restore().then(() => (isOver = true))
  await until(() => page.waits.includes(LOOK_MS))
  assert.deepEqual([states(list), isOver], [[], false])
  free() // the browser has ended the page
  await restoring
  assert.deepEqual(states(list), ['interrupted'])
})

test('a page that ends later is noticed, and costs one look', async (t) => {
  const { stack, key, free } = await besideAnother()
  const list = await restored(stack)
  assert.deepEqual([states(list), stack.count(QUESTION)], [['interrupted'], 2])
  await Promise.all(Array.from({ length: 9 }, () => list.restore({ type: 'storage', key })))
  const [before, counts] = [stack.count(QUESTION), counted(t)]
  await until(() => counts.looks > 2)
  assert.deepEqual([states(list), stack.count(QUESTION), counts.requests], [['interrupted'], before, 0], 'meanwhile nothing is asked')
  free()
  await until(() => list.snapshot().length === 2)
  const { looks } = counts
  await wait(LATE_MS)
  assert.deepEqual([stack.count(QUESTION) - before, counts.looks], [4, looks], 'and then the list does not look any more')
})

test('what this list sends, and what it gives up, it does not wait for', async (t) => {
  const { stack, free } = await besideAnother()
  free()
  const list = await restored(stack)
  page.onSend = () => new Promise(() => {})
  list.add([video()])
  await until(() => states(list).join() === 'sending,interrupted')
  const counts = counted(t)
  await list.restore()
  await wait(LATE_MS)
  assert.equal(counts.looks, 1)
  stack.fault(/^DELETE/, 'cut', Infinity)
  list.remove(2)
  await until(() => stack.count(/^DELETE/))
  await list.restore()
  await wait(LATE_MS)
  assert.equal(counts.looks, 2)
})

test('… nor for a file of this list that is about to go on', async (t) => {
  const stack = await crashed()
  const goOn = heldQuestions(stack)
  page.onSend = () => new Promise(() => {})
  const list = listOf(stack)
  list.add([video()])
  await goOn.asked()
  const counts = counted(t)
  await list.restore()
  await wait(LATE_MS)
  assert.equal(counts.looks, 1)
  goOn()
  await until(() => states(list).join() === 'sending')
})

test('a list that has ended asks neither the app for a JWT nor the API', async () => {
  const { stack, free } = await besideAnother()
  const control = new AbortController()
  let calls = 0
  const list = await restored(stack, { signal: control.signal, jwt: () => `jwt ${(calls += 1)}` })
  const before = [calls, stack.requests.length, states(list)]
  control.abort()
  free()
  await wait(LATE_MS)
  await list.restore()
  assert.deepEqual([calls, stack.requests.length, states(list)], before)
})

test('… also if it ends while it reads what the browser keeps', async () => {
  const stack = await crashed()
  const control = new AbortController()
  let calls = 0
  const list = listOf(stack, { signal: control.signal, jwt: () => `jwt ${(calls += 1)}` })
  await list.restore({ type: 'storage', key: 'of the app' }) // loads the module
  const before = [calls, stack.requests.length]
  const restoring = list.restore()
  control.abort()
  await restoring
  assert.deepEqual([calls, stack.requests.length, states(list)], [...before, []])
})

test('a browser that says no more who sends what is no error', async (t) => {
  const { stack } = await besideAnother()
  const answer = stack.answer.bind(stack)
  let goOn
  const gate = new Promise((open) => (goOn = open))
  stack.answer = async (...request) => (await gate, answer(...request))
  const list = listOf(stack)
  const restoring = list.restore()
  await until(() => page.waits.includes(LOOK_MS))
  counted(t)
  let isAsked = false
  navigator.locks.query = async () => {
    isAsked = true
    throw new DOMException('', 'InvalidStateError')
  }
  await until(() => isAsked)
  await wait(LATE_MS) // an error that nothing catches would fail the test
  goOn()
  await restoring
  assert.deepEqual(states(list), ['interrupted'])
})

test('the form waits for the file of a page that was closed a moment ago', async () => {
  const stack = await closedWhileChecked(FIELD)
  looked(stack)
  const free = await heldElsewhere()
  const element = dropOf(stack)
  await until(() => page.waits.includes(LOOK_MS), 'the list waits')
  assert.deepEqual([shown(element), element.internals.message], ['', element.texts.pending])
  free()
  await until(() => !element.internals.message)
  assert.deepEqual([shown(element), element.internals.value.length], ['video.mp4 available', 1])
})

test('the form does not wait long for a file that another tab sends', async (t) => {
  const stack = await crashed(FIELD)
  const free = await heldElsewhere()
  const { setTimeout } = globalThis
  globalThis.setTimeout = (run, ms) => ms === FORM_WAITS_MS || setTimeout(run, ms)
  t.after(() => Object.assign(globalThis, { setTimeout }))
  const element = dropOf(stack)
  await until(() => element.internals.message === element.texts.pending)
  await until(() => element.internals.message === '')
  assert.equal(shown(element), '')
  free()
  await comesTo(element, 'video.mp4 interrupted')
})

test('an element that is removed looks at most once more, and looks again when it is put back', async (t) => {
  const stack = await crashed(FIELD)
  const free = await heldElsewhere()
  const element = dropOf(stack)
  const counts = counted(t)
  await until(() => counts.looks > 2)
  await taken(element)
  const { looks } = counts
  await wait(LATE_MS)
  assert.ok(counts.looks <= looks + 1, `${counts.looks - looks} looks`)
  put(element)
  await until(() => counts.looks > looks + 3)
  free()
  await comesTo(element, 'video.mp4 interrupted')
})
