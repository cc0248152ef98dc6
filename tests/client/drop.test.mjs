// The element and uploads in parts that an earlier page began.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comesTo, dropOf, FIELD, looked, photo, press, put, shown, taken } from './element.mjs'
import { closedWhileChecked, crashed, ended, keys, video } from './lists.mjs'
import { closed, fileOf, opened, until, wait } from './page.mjs'
import { PosternError } from '../../client/postern.js'

const last = () => fileOf(video().size, 'last.mp4')
const twin = () => new File([video().slice(1), 'x'], 'video.mp4', { type: 'video/mp4', lastModified: 1 })

// The browser knows that the person knows of every file of an earlier page.
const isSettled = () => keys().length > 0 && keys().every((key) => JSON.parse(localStorage.getItem(key)).isSettled)

async function settled(element) {
  await until(isSettled)
  await ended({ snapshot: () => element.uploads })
}

test('without multiple, a chosen file stays the only one when one of an earlier page is shown', async () => {
  const stack = await closedWhileChecked(FIELD)
  looked(stack)
  const element = dropOf(stack)
  element.add([photo()])
  await settled(element)
  assert.deepEqual([shown(element), element.internals.value.length], ['photo.png available', 1])
})

test('without multiple, a chosen file that has failed and is tried again stays the only one', async () => {
  const stack = await closedWhileChecked(FIELD)
  stack.fault(/^POST \/uploads$/, { status: 400, headers: {}, text: '{"code":"no"}' })
  const element = dropOf(stack)
  element.add([photo()])
  await comesTo(element, 'photo.png failed,video.mp4 checking')
  press(element, 'retry')
  looked(stack)
  await settled(element)
  assert.deepEqual([shown(element), element.internals.value.length], ['photo.png available', 1])
})

test('without multiple, one of several files of an earlier page stays', async () => {
  const stack = await closedWhileChecked(FIELD, [video(), last()])
  looked(stack)
  const element = dropOf(stack)
  await settled(element)
  assert.deepEqual([shown(element), element.internals.value.length], ['last.mp4 available', 1])
  const both = await closedWhileChecked(FIELD, [video(), last()])
  const multiple = dropOf(both, { multiple: '' })
  await comesTo(multiple, 'video.mp4 checking,last.mp4 checking')
})

async function replacedByPhoto(element, stack) {
  stack.only.asked = -Infinity // no verdict of the video comes
  stack.verdict = { state: 'available' }
  element.add([photo()])
  await comesTo(element, 'photo.png available')
}

for (const [what, act, left] of [
  ['replaced', replacedByPhoto, 'photo.png available'],
  ['removed by a script', (element) => (element.value = ''), ''],
])
  test(`a file that is ${what} while it is checked does not come back`, async () => {
    const stack = opened()
    stack.verdict = { state: 'pending' }
    const element = dropOf(stack)
    element.add([video()])
    await comesTo(element, 'video.mp4 checking')
    await act(element, stack)
    looked(stack)
    await settled(element)
    dispatchEvent(new Event('storage'))
    await wait(100) // the row would have come by now
    assert.deepEqual([shown(element), element.internals.value.length], [left, left ? 1 : 0])
    closed()
    const next = dropOf(stack)
    await wait(100)
    assert.equal(shown(next), '')
  })

test('without multiple, of two interrupted files of the same name and size the chosen one goes on', async () => {
  const stack = await crashed(FIELD)
  await crashed({ ...FIELD, file: twin() }, stack)
  stack.verdict = {}
  const element = dropOf(stack)
  await comesTo(element, 'video.mp4 interrupted,video.mp4 interrupted')
  element.add([twin()])
  await comesTo(element, 'video.mp4 checking,video.mp4 interrupted')
  assert.equal(stack.count(/^DELETE/), 0)
  looked(stack)
  await comesTo(element, 'video.mp4 available')
  await until(() => [...stack.uploads.values()].map(({ state }) => state).join() === 'expired,available')
})

test('a file that the element refuses leaves an interrupted one', async () => {
  const stack = await crashed(FIELD)
  const element = dropOf(stack, { accept: 'video/*' })
  await comesTo(element, 'video.mp4 interrupted')
  element.add([photo()])
  await comesTo(element, 'video.mp4 interrupted,photo.png failed')
  element.add([video()])
  await comesTo(element, 'video.mp4 available')
  assert.deepEqual([stack.made, stack.count(/^DELETE/)], [1, 0])
})

test('an empty max-size is no limit', async () => {
  const element = dropOf(opened(), { 'max-size': '' })
  assert.equal(element.maxSize, Infinity)
})

// Files that an element is not to send, each with its attributes.
const REFUSED = [
  [fileOf(10, 'notes.txt', 'text/plain'), { accept: 'image/*' }],
  [fileOf(5000, 'large.png'), { 'max-size': 2000 }],
  [{ file: new File([], 'locked.png'), error: new PosternError('unreadable', 'It cannot be read.') }, {}],
]

test('without multiple, a file that is refused leaves an uploaded one and its value, until another one is sent', async () => {
  for (const [refused, attributes] of REFUSED) {
    const stack = opened()
    const element = dropOf(stack, attributes)
    const told = []
    for (const type of ['change', 'postern-failed']) element.addEventListener(type, () => told.push(type))
    element.add([photo()])
    await comesTo(element, 'photo.png available')
    const { value } = element
    const { name } = refused.file ?? refused
    for (let times = 0; times < 2; times += 1) {
      element.add([refused])
      await wait(20) // a change of the value would be told by now
      assert.equal(shown(element), `photo.png available,${name} failed`, 'and of refused ones only the last is shown')
    }
    assert.deepEqual([element.value, element.internals.value, told], [value, [value], ['change', 'postern-failed', 'postern-failed']])
    element.add([fileOf(1500, 'other.png')])
    await comesTo(element, 'other.png available')
    assert.notEqual(element.value, value)
  }
})

test('without multiple, a file that is refused leaves one that is on its way, has failed or was cancelled', async () => {
  for (const [refused, attributes] of REFUSED) {
    const stack = opened()
    stack.verdict = {}
    const element = dropOf(stack, attributes)
    const { name } = refused.file ?? refused
    element.add([photo()])
    element.add([refused])
    await comesTo(element, `photo.png checking,${name} failed`)
    looked(stack)
    await comesTo(element, `photo.png available,${name} failed`)
    stack.fault(/^POST/, { status: 400, headers: {}, text: '{"code":"no"}' })
    element.add([photo()])
    await comesTo(element, 'photo.png available,photo.png failed')
    element.add([refused])
    await comesTo(element, `photo.png available,photo.png failed,${name} failed`)
    press(element, 'retry')
    press(element, 'cancel')
    await comesTo(element, 'photo.png available,photo.png cancelled')
    element.add([refused])
    await comesTo(element, `photo.png available,photo.png cancelled,${name} failed`)
  }
})

test('a file of an earlier page that has no verdict can be removed, and the form is free then', async () => {
  const stack = await closedWhileChecked(FIELD)
  const element = dropOf(stack)
  await comesTo(element, 'video.mp4 checking')
  assert.equal(element.internals.message, element.texts.pending)
  press(element, 'remove')
  assert.deepEqual([shown(element), element.internals.message], ['', ''])
  looked(stack)
  closed()
  const next = dropOf(stack)
  await wait(100) // the row would have come by now
  assert.equal(shown(next), '')
})

test('the form waits until the element knows what was interrupted', async () => {
  for (const fault of [undefined, 'cut']) {
    const stack = await crashed(FIELD)
    const answer = stack.answer.bind(stack)
    let goOn
    const gate = new Promise((open) => (goOn = open))
    stack.answer = async (...request) => (await gate, answer(...request))
    if (fault) stack.fault(/^GET/, fault, Infinity)
    const element = dropOf(stack)
    await null // until then no person can send the form
    await null
    assert.deepEqual([shown(element), element.internals.message], ['', element.texts.pending])
    goOn()
    await until(() => element.internals.message === '')
    assert.equal(shown(element), fault ? '' : 'video.mp4 interrupted')
  }
  const element = dropOf(opened())
  await until(() => element.internals.message === '', 'nothing was interrupted')
})

test('an element whose page is shown again as it was shows what another page has finished meanwhile', async () => {
  const stack = await crashed(FIELD)
  const element = dropOf(stack)
  await comesTo(element, 'video.mp4 interrupted')
  const before = stack.requests.length
  dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }))
  await wait(50)
  assert.equal(stack.requests.length, before, 'a new page asks once')
  Object.assign(stack.only, { state: 'available', stored: 1 })
  dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
  await comesTo(element, 'video.mp4 available')
  await taken(element)
  const after = stack.requests.length
  dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
  await wait(50)
  assert.equal(stack.requests.length, after, 'nor does an element that was removed')
})

test('the form does not wait for an API that gives no answer', async () => {
  const stack = await crashed(FIELD)
  const answer = stack.answer.bind(stack)
  let goOn
  const gate = new Promise((open) => (goOn = open))
  stack.answer = async (...request) => (await gate, answer(...request))
  const element = dropOf(stack)
  await until(() => element.internals.message === element.texts.pending)
  await until(() => element.internals.message === '')
  goOn()
  await comesTo(element, 'video.mp4 interrupted')
})

test('an element that is put back waits again for the verdict of an earlier file', async () => {
  const stack = await closedWhileChecked(FIELD)
  const element = dropOf(stack)
  await comesTo(element, 'video.mp4 checking')
  await taken(element)
  assert.equal(shown(element), 'video.mp4 cancelled')
  put(element)
  await comesTo(element, 'video.mp4 checking')
  looked(stack)
  await comesTo(element, 'video.mp4 available')
})

test('an element that is removed before the API has answered leaves the verdict of an earlier file to the next element', async () => {
  const stack = await closedWhileChecked(FIELD)
  looked(stack)
  const answer = stack.answer.bind(stack)
  let goOn
  const isAsked = new Promise((asked) => {
    stack.answer = async (...request) => {
      await new Promise((go) => asked((goOn = go)))
      stack.answer = answer
      return answer(...request)
    }
  })
  const element = dropOf(stack)
  await isAsked
  await taken(element)
  goOn()
  await wait(100) // the row would have come by now
  assert.equal(shown(element), '')
  await comesTo(dropOf(stack), 'video.mp4 available')
  put(element)
  await wait(50)
  assert.equal(shown(element), '', 'the verdict is shown once')
  element.add([photo()])
  await comesTo(element, 'photo.png available')
})
