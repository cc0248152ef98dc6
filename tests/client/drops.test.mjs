// Files that are dropped on the element <postern-drop> while the browser reads those of an earlier drop.

import { test } from 'node:test'
import { comesTo, dropOf, photo, within } from './element.mjs'
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

for (const [how, take] of [['dropped', droppedQuickly], ['chosen', chosen]])
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
