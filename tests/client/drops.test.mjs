// Files that are dropped on the element <postern-drop> while the browser reads those of an earlier drop.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comesTo, dropOf, FIELD, photo, press, put, shown, taken, within } from './element.mjs'
import { crashed, video } from './lists.mjs'
import { fileOf, opened, wait } from './page.mjs'

// Drops a file, which the browser reads once the returned function is called.
function dropped(element, file) {
  let read
  const entry = { isFile: true, name: file.name, fullPath: `/${file.name}`, file: (done) => (read = () => done(file)) }
  const items = [{ kind: 'file', webkitGetAsEntry: () => entry, getAsFile: () => null }]
  element.dispatchEvent(Object.assign(new Event('drop'), { dataTransfer: { types: ['Files'], items } }))
  return read
}

function chosen(element, file) {
  const input = within(element.root).find((node) => node.getAttribute('type') === 'file')
  input.files = [file]
  input.dispatchEvent(new Event('change'))
}

const droppedQuickly = (element, file) => dropped(element, file)()

const added = (element, file) => element.add([file])

for (const [how, take] of [['dropped', droppedQuickly], ['chosen', chosen], ['added', added]])
  test(`without multiple, a file that is ${how} later stays when an earlier drop has been read`, async () => {
    for (const [attributes, names] of [[{}, 'photo.png available'], [{ multiple: '' }, 'photo.png available,slow.png available']]) {
      const element = dropOf(opened(), attributes)
      const read = dropped(element, fileOf(500, 'slow.png'))
      take(element, photo())
      await comesTo(element, 'photo.png available')
      read()
      await wait(50) // the row would have come by now
      await comesTo(element, names)
    }
  })

const slow = () => fileOf(500, 'slow.png')

// Reads the file of an earlier drop, which must not replace the one that is there.
async function readsInVain(element, read) {
  const { file: { name } } = element.uploads[0]
  await comesTo(element, `${name} available`)
  read()
  await wait(50) // the row would have come by now
  await comesTo(element, `${name} available`)
}

test('without multiple, of two drops the later one counts, also if the earlier one is read first', async () => {
  const element = dropOf(opened())
  const [first, second] = [slow(), photo()].map((file) => dropped(element, file))
  first()
  await wait(50) // the row would have come by now
  second()
  await comesTo(element, 'photo.png available')
})

test('without multiple, a file that is tried again after a drop stays when the drop has been read', async () => {
  const stack = opened()
  stack.fault(/^POST \/uploads$/, { status: 400, headers: {}, text: '{"code":"no"}' })
  const element = dropOf(stack)
  element.add([photo()])
  await comesTo(element, 'photo.png failed')
  const read = dropped(element, slow())
  press(element, 'retry')
  await readsInVain(element, read)
})

test('without multiple, an interrupted file that goes on after a drop stays when the drop has been read', async () => {
  const element = dropOf(await crashed(FIELD))
  await comesTo(element, 'video.mp4 interrupted')
  const read = dropped(element, slow())
  element.add([video()])
  await readsInVain(element, read)
})

test('without multiple, a drop stays when no file, or one of an earlier page, comes', async () => {
  const stack = await crashed(FIELD)
  const element = dropOf(stack)
  const read = dropped(element, slow())
  element.add([])
  await comesTo(element, 'video.mp4 interrupted')
  read()
  await comesTo(element, 'slow.png available')
})

test('a drop that is read after the element was removed is ignored, also if the element was put back meanwhile', async () => {
  for (const attributes of [{}, { multiple: '' }])
    for (const isPutBack of [false, true]) {
      const element = dropOf(opened(), attributes)
      const read = dropped(element, slow())
      await taken(element)
      if (isPutBack) put(element)
      read()
      await wait(50) // the row would have come by now
      assert.equal(shown(element), '')
    }
})
