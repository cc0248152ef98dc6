// What the browser keeps of an interrupted upload, and for how long: not shorter than the upload, nor for another one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closedWhileChecked, crashed, ended, keys, listOf, restored, states, video } from './lists.mjs'
import { closed, heldDeletions, opened, until, wait } from './page.mjs'
import { PART_BYTES } from './stack.mjs'
import { upload } from '../../client/postern.js'

const QUESTION = /^GET/
const API = 'https://api.test'
const ofA = { endpoint: API, jwt: () => 'A' }
const ofB = { endpoint: API, jwt: () => 'B' }

// Shows an upload only to the JWT, or the token's address, that has made it.
function withOwners(stack) {
  const owners = new Map()
  const answer = stack.answer.bind(stack)
  stack.answer = async (method, url, request = {}) => {
    if (!url.startsWith(API)) return answer(method, url, request)
    const owner = request.headers.authorization ?? url.match(/\/t\/([^/]+)/)[1]
    const id = /\/uploads\/([^/]+)/.exec(url)[1]
    if (owners.has(id) && owners.get(id) !== owner) return { status: 404, headers: {}, text: '{"code":"upload_not_found"}' }
    const answered = await answer(method, url.replace(/\/t\/[^/]+/, ''), request)
    if (answered.status === 201) owners.set(JSON.parse(answered.text).upload_id, owner)
    return answered
  }
  return stack
}

// Interrupted uploads, as many as `count`.
async function several(count) {
  const stack = await crashed()
  const [key] = keys()
  const entry = JSON.parse(localStorage.getItem(key))
  for (let n = 1; n < count; n += 1) {
    stack.uploads.set(`copy-${n}`, { ...stack.uploads.get(entry.uploadId), parts: new Map([[1, { size: PART_BYTES }]]) })
    localStorage.setItem(`postern:copy${n}`, JSON.stringify({ ...entry, uploadId: `copy-${n}` }))
  }
  return stack
}

test('the same file sent with another token leaves what the first token has begun', async () => {
  const stack = withOwners(opened())
  await crashed({}, stack)
  const kept = keys()
  assert.equal((await upload(video(), { endpoint: `${API}/t/second` })).state, 'available')
  assert.deepEqual(keys(), kept)
  const list = await restored(stack)
  list.add([video()])
  await ended(list)
  assert.deepEqual([states(list), stack.made], [['available'], 2], 'it goes on')
})

test('the same file sent by another person with the same app leaves the upload of the first person', async () => {
  for (const end of ['available', 'cancelled', 'checksum_mismatch']) {
    const stack = withOwners(opened())
    await crashed(ofA, stack)
    const kept = keys()
    const control = new AbortController()
    if (end === 'cancelled') stack.fault(/complete/, () => control.abort())
    if (end === 'checksum_mismatch') stack.damaging = 1
    const sent = await upload(video(), { ...ofB, signal: control.signal }).catch(({ code }) => code)
    assert.equal(sent.state ?? sent, end === 'cancelled' ? 'aborted' : 'available')
    await until(() => [...stack.uploads.values()].slice(1).every(({ state }) => state !== 'pending'))
    assert.deepEqual(keys(), kept, end)
    const list = await restored(stack, ofA)
    list.add([video()])
    await ended(list)
    assert.deepEqual([states(list), [...stack.uploads.values()][0].state, keys()], [['available'], 'available', []], end)
  }
})

test('an upload that is removed is remembered until it is given up', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  stack.fault(/^DELETE/, 'cut')
  list.remove(1)
  await until(() => stack.count(/^DELETE/) === 1)
  closed()
  const next = await restored(stack)
  assert.deepEqual([stack.only.state, states(next)], ['pending', ['interrupted']])
  const goOn = heldDeletions(stack)
  next.remove(1)
  await wait(50)
  assert.deepEqual([keys().length, (await restored(stack)).snapshot()], [1, []], 'meanwhile it is not shown')
  goOn()
  await until(() => !keys().length)
  assert.equal(stack.only.state, 'expired')
})

test('an upload whose bytes differ at S3 is remembered until it is given up', async () => {
  const stack = opened()
  stack.damaging = 1
  stack.fault(/^DELETE/, 'cut')
  upload(video(), { endpoint: stack.endpoint })
  await until(() => stack.count(/^DELETE/) === 1)
  closed()
  const list = await restored(stack)
  list.add([video()])
  await ended(list)
  const [first, second] = [...stack.uploads.values()].map(({ state }) => state)
  assert.deepEqual([states(list), first, second, keys()], [['available'], 'expired', 'available', []])
})

test('uploads that are removed shortly before the page is closed are given up or shown again', async () => {
  const stack = await several(20)
  const list = await restored(stack)
  stack.fault(/^DELETE/, () => stack.count(/^DELETE/) === 3 && closed(), Infinity)
  for (const { id } of list.snapshot()) list.remove(id)
  await until(() => stack.count(/^DELETE/) >= 3)
  await wait(100)
  const left = [...stack.uploads.values()].filter(({ state }) => state === 'pending').length
  assert.ok(left > 0 && left < 20, `${left} are left`)
  assert.equal((await restored(stack)).snapshot().length, left)
})

test('an upload that the API cannot give up is forgotten, and one for which it fails is not', async () => {
  const problem = (status, code) => ({ status, headers: {}, text: JSON.stringify({ code }) })
  const answers = [
    [problem(409, 'upload_has_file'), 0],
    [problem(410, 'upload_token_revoked'), 0],
    [problem(400, 'something_else'), 1],
    [{ status: 404, headers: {}, text: '{"message":"Not Found"}' }, 1],
    [{ status: 503, headers: { 'retry-after': '3600' }, text: '' }, 1],
  ]
  for (const [answer, kept] of answers) {
    const stack = await crashed()
    const list = await restored(stack)
    stack.fault(/^DELETE/, answer)
    list.remove(1)
    await until(() => stack.count(/^DELETE/) === 1)
    await wait(50)
    assert.equal(keys().length, kept, answer.text)
  }
})

test('an old row that is removed leaves a newer upload of the same file, and asks for nothing', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  Object.assign(stack.only, { parts: undefined, state: 'expired' })
  await crashed({}, stack) // another tab
  list.remove(1)
  await wait(50) // the request would have come by now
  assert.deepEqual([stack.count(/^DELETE/), keys().length, states(await restored(stack))], [0, 1, ['interrupted']])
})

test('an answer about an old upload leaves a newer one of the same file', async () => {
  for (const isUnknown of [false, true]) {
    const stack = await crashed()
    const [key] = keys()
    const newer = JSON.stringify({ ...JSON.parse(localStorage.getItem(key)), uploadId: 'newer' })
    stack.only.state = 'expired'
    if (isUnknown) stack.uploads.clear()
    stack.fault(QUESTION, () => localStorage.setItem(key, newer))
    assert.deepEqual((await restored(stack)).snapshot(), [])
    assert.equal(localStorage.getItem(key), newer)
  }
})

test('what something before the API answers is no reason to forget', async () => {
  for (const answer of [{ status: 404, headers: {}, text: '{"message":"Not Found"}' }, { status: 410, headers: {}, text: '<html>' }]) {
    const stack = await crashed()
    stack.fault(QUESTION, answer)
    await restored(stack)
    assert.equal(keys().length, 1, answer.text)
  }
})

test('storage that is denied while a file is checked is no failure of the file', async () => {
  const stack = opened()
  const storage = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')
  stack.verdict = { state: 'pending' }
  let phase
  const task = upload(video(), { endpoint: stack.endpoint, onProgress: (progress) => (phase = progress.phase) })
  await until(() => phase === 'checking')
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, get() { throw new DOMException('', 'SecurityError') } })
  stack.verdict = { state: 'available' }
  const { state } = await task.finally(() => Object.defineProperty(globalThis, 'localStorage', storage))
  assert.equal(state, 'available')
})

test('a file that is chosen for an interrupted row is sent as a new upload if the storage is denied meanwhile', async () => {
  const stack = await crashed()
  const list = await restored(stack)
  const storage = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, get() { throw new DOMException('', 'SecurityError') } })
  list.add([video()])
  await ended(list).finally(() => Object.defineProperty(globalThis, 'localStorage', storage))
  assert.deepEqual([states(list), stack.made, [...stack.uploads.values()][0].state], [['available'], 2, 'pending'])
})

// Until the returned function is called, no entry of the storage can grow.
function filled() {
  const prototype = Object.getPrototypeOf(localStorage)
  const { setItem } = prototype
  prototype.setItem = function (key, value) {
    if (this[key] && value.length > this[key].length) throw new DOMException('', 'QuotaExceededError')
    setItem.call(this, key, value)
  }
  return () => (prototype.setItem = setItem)
}

test('a storage that is full after the upload has begun has room for the checksum', async () => {
  const stack = opened()
  stack.verdict = { state: 'pending' }
  const free = filled()
  try {
    upload(video(), { endpoint: stack.endpoint })
    await until(() => stack.made && stack.only.stored)
  } finally {
    free()
  }
  closed()
  stack.verdict = { state: 'available' }
  await upload(video(), { endpoint: stack.endpoint })
  assert.equal(stack.made, 1)
})

test('a storage that is full shows the verdict of an earlier file once, and the file is not sent again', async () => {
  const stack = await closedWhileChecked()
  stack.verdict = { state: 'available' }
  const free = filled()
  try {
    const list = await restored(stack)
    await ended(list)
    assert.deepEqual(states(list), ['available'])
    await until(() => JSON.parse(localStorage.getItem(keys()[0])).isSettled)
  } finally {
    free()
  }
  closed()
  const list = await restored(stack)
  assert.deepEqual(states(list), [])
  list.add([video()])
  await ended(list)
  assert.deepEqual([states(list), stack.made], [['available'], 1])
})
