// What `restore` asks of the API, how often, and for whom.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crashed, keys, listOf, restored, states } from './lists.mjs'
import { setOnline, until, wait } from './page.mjs'
import { PART_BYTES } from './stack.mjs'

const QUESTION = /^GET/
const API = 'https://api.test'
const UNKNOWN = { status: 404, headers: {}, text: '{"code":"upload_not_found"}' }
const UNAUTHORIZED = { status: 401, headers: {}, text: '' }

// Interrupted uploads, as many as `count`, from one that has crashed.
function copies(stack, count) {
  const [key] = keys()
  const entry = JSON.parse(localStorage.getItem(key))
  for (let n = 1; n < count; n += 1) {
    stack.uploads.set(`copy-${n}`, { ...stack.uploads.get(entry.uploadId), parts: new Map([[1, { size: PART_BYTES }]]) })
    localStorage.setItem(`${key}-${n}`, JSON.stringify({ ...entry, uploadId: `copy-${n}`, at: entry.at + n }))
  }
  return stack
}

// Keeps the answers of the requests that match back until the returned function is called.
function heldAnswers(stack, match) {
  let goOn
  let held = 0
  const gate = new Promise((open) => (goOn = open))
  const answer = stack.answer.bind(stack)
  stack.answer = async (...request) => {
    const answered = await answer(...request)
    if (match.test(request[1])) held += 1
    if (match.test(request[1])) await gate
    return answered
  }
  return Object.assign(goOn, { until: () => until(() => held, 'an answer is kept back') })
}

// Calls `restore` until it has read what the browser keeps. Its answers may come later.
async function begun(list) {
  const { query } = navigator.locks
  let isRead = false
  navigator.locks.query = async () => {
    isRead = true
    return query()
  }
  const restoring = list.restore()
  await until(() => isRead).finally(() => (navigator.locks.query = query))
  return { restoring }
}

// Makes the answers of the API wait for what `before` returns.
function intercept(stack, before) {
  const answer = stack.answer.bind(stack)
  stack.answer = async (...request) => (await before(...request)) ?? answer(...request)
}

const jwtOf = (sub) => `header.${btoa(JSON.stringify({ sub })).replaceAll('=', '')}.signature`
const person = (sub) => ({ endpoint: API, jwt: () => jwtOf(sub) })

test('a few uploads are asked about at once, and each is shown as soon as its answer is there', async () => {
  const stack = copies(await crashed(), 60)
  let [asked, most] = [0, 0]
  let goOn
  const gate = new Promise((open) => (goOn = open))
  intercept(stack, async (_, url) => {
    most = Math.max(most, (asked += 1))
    await (url.includes('copy-1/') ? gate : wait(1))
    asked -= 1
  })
  const list = listOf(stack)
  const restoring = list.restore()
  await until(() => list.snapshot().length === 59, 'every other one is shown')
  goOn()
  await restoring
  assert.deepEqual([list.snapshot().length, most], [60, 4])
})

test('many events in a moment ask about each upload once', async () => {
  const stack = copies(await crashed(), 20)
  const list = listOf(stack)
  for (const times of [1, 2]) {
    const before = stack.requests.length
    await Promise.all(Array.from({ length: 20 }, () => list.restore()))
    assert.equal(stack.requests.length - before, 2 * 20, `${times}`)
  }
})

test('a call of restore ends when the uploads are shown, also if another call came', async () => {
  const stack = await crashed()
  const list = listOf(stack)
  const restoring = list.restore()
  list.restore()
  await restoring
  assert.deepEqual(states(list), ['interrupted'])
})

test('an upload about which an answer has not come is not asked about again', async () => {
  const stack = await crashed()
  const list = listOf(stack)
  const goOn = heldAnswers(stack, /parts$/)
  const restoring = [list.restore()]
  await goOn.until()
  restoring.push((await begun(list)).restoring)
  goOn()
  await Promise.all(restoring)
  assert.deepEqual([states(list), stack.count(QUESTION)], [['interrupted'], 2], stack.requests.join())
})

test('what is removed or goes on elsewhere while its answer is on its way is not shown', async () => {
  for (const isRemoved of [true, false]) {
    const stack = await crashed()
    const list = isRemoved ? await restored(stack) : listOf(stack)
    const goOn = heldAnswers(stack, /parts$/)
    const restoring = list.restore()
    await goOn.until()
    if (isRemoved) list.remove(1)
    else navigator.locks.request(keys()[0], { ifAvailable: true }, () => new Promise(() => {}))
    if (!isRemoved) await begun(list)
    goOn()
    await restoring
    assert.deepEqual(list.snapshot(), [], isRemoved ? 'removed' : 'elsewhere')
  }
})

test('events that come faster than answers do not keep the uploads from the list', async () => {
  const stack = copies(await crashed(), 3)
  intercept(stack, () => wait(40))
  const list = listOf(stack)
  let isOver = false
  const restoring = (async () => {
    for (; !isOver; await wait(5)) list.restore()
  })()
  await until(() => list.snapshot().length === 3).finally(() => (isOver = true))
  await restoring
})

for (const [name, answer, times] of [
  ['500', { status: 500, headers: {}, text: '{}' }, Infinity],
  ['429 with a long Retry-After', { status: 429, headers: { 'retry-after': '120' }, text: '{}' }, Infinity],
  ['401 once', UNAUTHORIZED, 1],
]) {
  test(`a row stays while the API answers ${name}`, async () => {
    const stack = await crashed()
    const list = await restored(stack)
    stack.fault(QUESTION, answer, times)
    await list.restore()
    assert.deepEqual([states(list), keys().length], [['interrupted'], 1])
  })
}

test('a row goes once the upload is over, and at once if another page has removed its entry', async () => {
  const over = await crashed()
  const first = await restored(over)
  over.only.state = 'expired'
  await first.restore()
  assert.deepEqual([first.snapshot(), keys()], [[], []])
  const stack = await crashed()
  const second = await restored(stack)
  localStorage.removeItem(keys()[0])
  setOnline(false)
  second.restore()
  await until(() => !second.snapshot().length)
})

test('another person in the same list sees no interrupted upload of the first one, also without a network', async () => {
  const stack = await crashed(person('A'))
  const list = await restored(stack, person('A'))
  assert.deepEqual(states(list), ['interrupted'])
  list.options = person('B')
  setOnline(false)
  list.restore()
  await until(() => !list.snapshot().length)
})

test('… nor one whose answer comes when the other person is there', async () => {
  const stack = copies(await crashed(person('A')), 2)
  let isBusy = true
  const gone = new Set()
  intercept(stack, (_, url, { headers }) => {
    if (headers.authorization === `Bearer ${jwtOf('B')}`) return UNKNOWN
    if (url.includes('copy-1') && isBusy) return gone.add(url) && { status: 503, headers: {}, text: '{}' }
  })
  const list = listOf(stack, person('A'))
  const restoring = list.restore()
  await until(() => gone.size && list.snapshot().length === 1)
  list.options = person('B')
  isBusy = false
  await restoring
  assert.deepEqual(list.snapshot(), [])
  list.options = person('A')
  await list.restore()
  assert.equal(list.snapshot().length, 2, 'the first person sees them again')
})

test('… nor one whose answer was for the first person', async () => {
  const stack = copies(await crashed(person('A')), 2)
  const list = listOf(stack, person('A'))
  const goOn = heldAnswers(stack, /copy-1\/parts$/)
  const restoring = list.restore()
  await goOn.until()
  list.options = person('B')
  intercept(stack, () => UNKNOWN)
  list.restore()
  await until(() => !list.snapshot().length)
  goOn()
  await restoring
  assert.deepEqual(list.snapshot(), [])
})

test('… nor one whose only question was asked for the first person', async () => {
  const stack = await crashed(person('A'))
  const list = listOf(stack, person('A'))
  const goOn = heldAnswers(stack, /parts$/)
  const restoring = [list.restore()]
  await goOn.until()
  list.options = person('B')
  intercept(stack, () => UNKNOWN)
  restoring.push((await begun(list)).restoring)
  goOn()
  await Promise.all(restoring)
  assert.deepEqual([list.snapshot(), keys().length], [[], 1])
})

test('… nor a row of the first one while a question waits for the network', async () => {
  const stack = await crashed(person('A'))
  const list = await restored(stack, person('A'))
  setOnline(false)
  await begun(list)
  list.options = person('B')
  list.restore()
  await until(() => !list.snapshot().length)
})

for (const [who, first] of [['the first person', person('A')], ['nobody', { endpoint: API }]]) {
  test(`a person sees an own upload that is being asked about for ${who}`, async () => {
    const stack = await crashed(person('B'))
    intercept(stack, (_, url, { headers }) => {
      if (url.startsWith(API) && headers.authorization !== `Bearer ${jwtOf('B')}`) return headers.authorization ? UNKNOWN : UNAUTHORIZED
    })
    const list = listOf(stack, first)
    const goOn = heldAnswers(stack, /uploads/)
    const restoring = [list.restore()]
    await goOn.until()
    list.options = person('B')
    restoring.push((await begun(list)).restoring)
    goOn()
    await Promise.all(restoring)
    assert.deepEqual(states(list), ['interrupted'])
  })
}

test('an answer that was asked for with a late JWT of the first person is not shown to the other one', async () => {
  const stack = await crashed(person('A'))
  let goOn
  let calls = 0
  const late = new Promise((go) => (goOn = () => go(jwtOf('A'))))
  const list = listOf(stack, { endpoint: API, jwt: () => ((calls += 1) < 3 ? jwtOf('A') : late) })
  const restoring = list.restore()
  await until(() => calls === 3, 'the last question waits for its JWT')
  let isAsked = false
  intercept(stack, (_, url, { headers }) => {
    if (headers.authorization === `Bearer ${jwtOf('B')}`) return (isAsked = true) && new Promise(() => {})
  })
  list.options = person('B')
  list.restore()
  await until(() => isAsked, 'the question for the other person has no answer')
  goOn()
  await restoring
  assert.deepEqual(list.snapshot(), [])
})

test('another JWT of the same person changes nothing', async () => {
  const stack = await crashed(person('A'))
  let issued = 0
  const jwt = () => `${jwtOf('A')}${(issued += 1)}`
  const list = await restored(stack, { endpoint: API, jwt })
  setOnline(false)
  list.restore()
  await wait(50)
  assert.deepEqual(states(list), ['interrupted'])
})

test('an answer for another endpoint is not shown', async () => {
  const stack = await crashed()
  const list = listOf(stack)
  intercept(stack, () => { list.options = { endpoint: `${API}/t/other` } })
  await list.restore()
  assert.deepEqual([list.snapshot(), keys().length], [[], 1])
})
