// The element without `multiple`: the former file stays until the new one is available.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comesTo, dropOf, FIELD, looked, photo, press, shown } from './element.mjs'
import { closedWhileChecked, crashed, FORM, held, keys, video } from './lists.mjs'
import { fileOf, opened, until, wait } from './page.mjs'
import { PosternError } from '../../client/postern.js'

const other = () => fileOf(1500, 'other.png')
const third = () => fileOf(2000, 'third.png')
const refusal = (code) => ({ status: 400, headers: {}, text: JSON.stringify({ code }) })
const statesOf = (stack) => [...stack.uploads.values()].map(({ state }) => state).join()

// An element with an uploaded photo, and what it has told since.
async function withPhoto() {
  const stack = opened()
  const element = dropOf(stack, { required: '' })
  element.add([photo()])
  await comesTo(element, 'photo.png available')
  await wait(5) // the change is told
  const told = []
  for (const type of ['change', 'postern-uploaded', 'postern-failed']) element.addEventListener(type, () => told.push(type))
  return { stack, element, value: element.value, told }
}

// An element whose photo is being checked.
async function whileChecked() {
  const stack = opened()
  stack.verdict = {}
  const element = dropOf(stack)
  element.add([photo()])
  await comesTo(element, 'photo.png checking')
  return { stack, element }
}

const formOf = ({ value, internals }) => [value, internals.value.join(), internals.message]

// What becomes of the new file, and what the element tells of it.
const FATES = [
  ['the API refuses', 'failed', ['postern-failed'], (stack) => stack.fault(/^POST \/uploads$/, refusal('invalid_fields'))],
  ['S3 refuses', 'failed', ['postern-failed'], (stack) => stack.fault(FORM, { status: 400, text: '<Code>EntityTooLarge</Code>' })],
  ['no network sends', 'failed', ['postern-failed'], (stack) => stack.fault(FORM, 'cut', Infinity)],
  ['the recorder rejects', 'rejected', ['postern-failed'], (stack) => (stack.verdict = { state: 'rejected' })],
  ['a person cancels', 'cancelled', [], held, (element) => press(element, 'cancel')],
]

for (const [fate, state, events, prepare, act = () => {}] of FATES)
  test(`a file that ${fate} leaves the former one with its row and its value`, async () => {
    const { stack, element, value, told } = await withPhoto()
    prepare(stack)
    element.add([other()])
    assert.deepEqual(formOf(element), [value, value, element.texts.pending])
    await until(() => element.uploads[1].state !== 'preparing')
    act(element)
    await comesTo(element, `photo.png available,other.png ${state}`)
    await wait(20) // a change of the value would be told by now
    assert.deepEqual([formOf(element), told], [[value, value, ''], events])
    press(element, 'remove', -1)
    assert.deepEqual([shown(element), element.value, told.length], ['photo.png available', value, events.length])
  })

test('a file that is removed on its way leaves the former one, and a second try replaces it once it is available', async () => {
  const { stack, element, value, told } = await withPhoto()
  const goOn = held()
  element.add([other()])
  await comesTo(element, 'photo.png available,other.png sending')
  element.add([third()])
  await comesTo(element, 'photo.png available,third.png sending')
  await until(() => stack.count(/^DELETE/) === 1)
  press(element, 'cancel')
  press(element, 'retry')
  await comesTo(element, 'photo.png available,third.png sending')
  goOn()
  await comesTo(element, 'third.png available')
  await wait(20)
  assert.notEqual(element.value, value)
  assert.deepEqual([element.internals.value, told], [[element.value], ['postern-uploaded', 'change']])
  element.add([other()])
  element.value = ''
  await wait(20)
  assert.deepEqual([shown(element), ...formOf(element)], ['', '', '', element.texts.required])
})

test('what S3 has stays until a file that was chosen later is available', async () => {
  const { stack, element } = await whileChecked()
  const goOn = held()
  element.add([other()])
  await comesTo(element, 'photo.png checking,other.png sending')
  element.add([{ file: third(), error: new PosternError('of_the_app', 'No.') }])
  looked(stack)
  await comesTo(element, 'photo.png available,other.png sending,third.png failed')
  assert.deepEqual(formOf(element), [element.value, element.value, element.texts.pending])
  goOn()
  await comesTo(element, 'other.png available,third.png failed')
})

test('a former file that becomes available leaves a later one that has failed', async () => {
  const { stack, element } = await whileChecked()
  stack.fault(/^POST \/uploads$/, refusal('upload_token_used_up'))
  element.add([other()])
  await comesTo(element, 'photo.png checking,other.png failed')
  looked(stack)
  await comesTo(element, 'photo.png available,other.png failed')
})

test('an interrupted file is given up only once another one is available', async () => {
  const stack = await crashed(FIELD)
  const element = dropOf(stack, { required: '' })
  await comesTo(element, 'video.mp4 interrupted')
  stack.fault(/^POST \/uploads$/, refusal('upload_token_used_up'))
  element.add([photo()])
  await comesTo(element, 'video.mp4 interrupted,photo.png failed')
  assert.deepEqual([stack.count(/^DELETE/), keys().length, statesOf(stack)], [0, 1, 'pending'])
  element.add([photo()])
  await comesTo(element, 'photo.png available')
  await until(() => statesOf(stack) === 'expired,available' && keys().length === 0)
})

test('an interrupted file that is chosen after another one was refused goes on', async () => {
  const stack = await crashed(FIELD)
  const element = dropOf(stack)
  await comesTo(element, 'video.mp4 interrupted')
  stack.fault(/^POST \/uploads$/, refusal('upload_token_used_up'))
  element.add([photo()])
  await comesTo(element, 'video.mp4 interrupted,photo.png failed')
  element.add([video()])
  await comesTo(element, 'video.mp4 available')
  assert.deepEqual([stack.made, stack.count(/^DELETE/)], [1, 0])
})

test('an interrupted file that goes on ends another one that is on its way', async () => {
  const stack = await crashed(FIELD)
  const element = dropOf(stack)
  await comesTo(element, 'video.mp4 interrupted')
  const goOn = held()
  element.add([photo()])
  await comesTo(element, 'video.mp4 interrupted,photo.png sending')
  element.add([video()])
  await comesTo(element, 'video.mp4 sending')
  goOn()
  await comesTo(element, 'video.mp4 available')
  await until(() => statesOf(stack) === 'available,expired')
})

const UNAUTHORIZED = { status: 401, headers: {}, text: '' }
const changed = () => new File([video().slice(1), 'x'], 'video.mp4', { type: 'video/mp4', lastModified: 1 })

// An element with a file in parts that has failed.
async function withFailed() {
  const stack = opened()
  const element = dropOf(stack)
  stack.fault(/complete/, refusal('no'))
  element.add([video()])
  await comesTo(element, 'video.mp4 failed')
  return { stack, element }
}

async function withInterrupted() {
  const stack = await crashed(FIELD)
  const element = dropOf(stack)
  await comesTo(element, 'video.mp4 interrupted')
  return { stack, element }
}

test('a file in parts that has failed is given up only once another one is available', async () => {
  const { stack, element } = await withFailed()
  stack.fault(/^POST \/uploads$/, refusal('invalid_fields'), 2)
  for (const file of [photo(), other()]) {
    element.add([file])
    await comesTo(element, `video.mp4 failed,${file.name} failed`)
  }
  assert.equal(stack.count(/^DELETE/), 0)
  element.add([photo()])
  await comesTo(element, 'photo.png available')
  await until(() => statesOf(stack) === 'expired,available')
})

// What a person does in vain with an upload that can go on.
const IN_VAIN = [
  ['failed and is tried again', withFailed, 'http_401', (element) => press(element, 'retry')],
  ['was interrupted and is chosen again', withInterrupted, 'http_401', (element) => element.add([video()])],
  ['was interrupted and has changed', withInterrupted, 'file_changed', (element) => element.add([changed()])],
]

for (const [what, begin, code, act] of IN_VAIN)
  test(`a file in parts that ${what} in vain is given up only once another one is available`, async () => {
    const { stack, element } = await begin()
    if (code === 'http_401') stack.fault(/^GET .*parts/, UNAUTHORIZED)
    act(element)
    await until(() => element.uploads[0].error?.code === code)
    stack.fault(/^POST \/uploads$/, refusal('upload_token_used_up'))
    element.add([photo()])
    await comesTo(element, 'video.mp4 failed,photo.png failed')
    assert.deepEqual([stack.count(/^DELETE/), statesOf(stack)], [0, 'pending'])
    element.add([photo()])
    await comesTo(element, 'photo.png available')
    await until(() => statesOf(stack) === 'expired,available')
  })

test('a file of an earlier page stays until a chosen one is available', async () => {
  const stack = await closedWhileChecked(FIELD)
  looked(stack)
  const element = dropOf(stack)
  await comesTo(element, 'video.mp4 available')
  stack.fault(/^POST \/uploads$/, refusal('no'))
  element.add([photo()])
  await comesTo(element, 'video.mp4 available,photo.png failed')
  assert.equal(element.internals.value.length, 1)
  press(element, 'retry')
  await comesTo(element, 'photo.png available')
})

test('of two files of an earlier page the rejected one leaves the value of the other', async () => {
  const stack = await closedWhileChecked(FIELD, [video(), fileOf(video().size, 'last.mp4')])
  const [first, second] = stack.uploads.values()
  const element = dropOf(stack)
  await comesTo(element, 'video.mp4 checking,last.mp4 checking')
  second.state = 'rejected'
  await comesTo(element, 'video.mp4 checking,last.mp4 rejected')
  first.state = 'available'
  await comesTo(element, 'video.mp4 available,last.mp4 rejected')
  assert.equal(element.internals.value.length, 1)
})

test('a file of an earlier page that comes late does not join an available one', async () => {
  const stack = await closedWhileChecked(FIELD)
  stack.verdict = { state: 'available' }
  const [earlier] = stack.uploads.values()
  const element = dropOf(stack, { name: 'none' })
  element.add([photo()])
  await comesTo(element, 'photo.png available')
  earlier.asked = -Infinity // no verdict comes
  element.setAttribute('name', FIELD.name)
  element.attributeChangedCallback('name')
  await until(() => keys().every((key) => JSON.parse(localStorage.getItem(key)).isSettled))
  assert.deepEqual([shown(element), element.internals.message], ['photo.png available', ''])
})

test('of several files, an element for one takes the first that it accepts', async () => {
  const stack = opened()
  const element = dropOf(stack, { accept: 'image/*', 'max-size': 1800 })
  const note = fileOf(10, 'notes.txt', 'text/plain')
  element.add([note, third(), other(), photo()])
  await comesTo(element, 'other.png available')
  element.add([note, third()])
  await comesTo(element, 'other.png available,notes.txt failed')
  element.add([])
  assert.equal(shown(element), 'other.png available,notes.txt failed')
})
