import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenFiles, droppedFiles, fill, isAccepted, shareSent, sizeInWords } from '../../client/files.js'

const file = (name, type = '') => new File(['x'], name, { type })

test('a file is accepted by its type, by a range or by its extension', () => {
  for (const [name, type, accepted, expected] of [
    ['a.png', 'image/png', ['image/png'], true],
    ['a.png', 'image/png', ['image/*'], true],
    ['a.png', 'image/png', ['*/*'], true],
    ['a.png', 'image/png', ['text/*', 'application/pdf'], false],
    ['a.png', 'imagex/png', ['image/*'], false],
    ['a.txt', 'text/plain; charset=utf-8', ['text/plain'], true],
    ['A.PDF', 'text/plain', ['.pdf'], true],
    ['a.pdf.txt', 'text/plain', ['.pdf'], false],
    ['a.heic', '', ['image/*'], true],
    ['a.heic', '', ['.pdf'], false],
    ['a.heic', '', ['.pdf', 'image/*'], true],
    ['a.heic', '', ['image/heic'], true],
    ['a.exe', '', ['image/*', '.txt', '.pdf'], false],
    ['a.exe', '', ['image/*', '.exe'], true],
    ['a.exe', '', ['*/*'], true],
    ['a.exe', '', ['application/octet-stream'], true],
    ['noextension', '', ['text/plain'], false],
    ['A.PNG', 'image/png', ['IMAGE/PNG'], true],
  ])
    assert.equal(isAccepted(file(name, type), accepted), expected, `${name} ${type} ${accepted}`)
})

test('sizes, shares and texts are for people', () => {
  assert.deepEqual([0, 999, 1000, 1_250_000, 3e15].map((bytes) => sizeInWords(bytes, 'en')), ['0\u00a0B', '999\u00a0B', '1\u00a0kB', '1.3\u00a0MB', '3,000\u00a0TB'])
  assert.equal(sizeInWords(1_250_000, 'de'), '1,3\u00a0MB')
  assert.deepEqual([shareSent(), shareSent({ phase: 'sending', loaded: 1, total: 4 }), shareSent({ phase: 'checking', loaded: 0, total: 0 })], [0, 0.25, 1])
  assert.equal(fill('{a} of {b}', { a: '{b}', b: '$&' }), '{b} of $&')
})

test('a file of a chosen folder has its path', () => {
  const inFolder = Object.defineProperty(file('b.txt'), 'webkitRelativePath', { value: 'trip/b.txt' })
  assert.deepEqual(chosenFiles([file('a.txt'), inFolder]).map(({ path }) => path), [undefined, 'trip/b.txt'])
})

// What a browser gives for what was dropped. A folder has its files in portions.
const entryOf = (one, fullPath) => ({ isFile: true, name: one.name, fullPath, file: (done) => done(one) })
const broken = (name, fullPath) => ({ isFile: true, name, fullPath, file: (_, fail) => fail(new DOMException('', 'NotFoundError')) })
function folderOf(fullPath, ...portions) {
  const createReader = () => {
    const left = [...portions, []]
    return { readEntries: (done) => done(left.shift()) }
  }
  return { isFile: false, name: 'folder', fullPath, createReader }
}
const item = (entry, asFile) => ({ kind: 'file', webkitGetAsEntry: () => entry, getAsFile: () => asFile })

test('dropped folders have all their files with their paths', async () => {
  const inner = folderOf('/trip/day', [entryOf(file('c.txt'), '/trip/day/c.txt')])
  const trip = folderOf('/trip', [entryOf(file('a.txt'), '/trip/a.txt'), inner], [entryOf(file('b.txt'), '/trip/b.txt')])
  const items = [item(entryOf(file('alone.txt'), '/alone.txt')), item(trip), { kind: 'string' }, item(null, file('plain.txt'))]
  const found = await droppedFiles(items)
  assert.deepEqual(found.map(({ file, path, error }) => [file.name, path, error]), [
    ['alone.txt', undefined, undefined],
    ['a.txt', 'trip/a.txt', undefined],
    ['c.txt', 'trip/day/c.txt', undefined],
    ['b.txt', 'trip/b.txt', undefined],
    ['plain.txt', undefined, undefined],
  ])
})

test('what a system keeps in a folder is left out, and sent if it is chosen or dropped for itself', async () => {
  const names = ['.DS_Store', 'Thumbs.db', 'thumbs.DB', 'desktop.ini', 'desktop.init', 'a.DS_Store']
  const kept = ['desktop.init', 'a.DS_Store']
  const found = async (...items) => (await droppedFiles(items)).map(({ file }) => file.name)
  const entries = (place) => names.map((name) => entryOf(file(name), `${place}/${name}`))
  const folder = folderOf('/trip', entries('/trip'), [{ ...folderOf('/trip/.DS_Store', entries('/trip/.DS_Store')), name: '.DS_Store' }])
  assert.deepEqual(await found(item(folder)), [...kept, ...kept])
  assert.deepEqual(await found(...entries('').map((entry) => item(entry))), names)
  const inFolder = (name) => Object.defineProperty(file(name), 'webkitRelativePath', { value: `trip/${name}` })
  const chosen = (files) => chosenFiles(files).map(({ file }) => file.name)
  assert.deepEqual(chosen(names.map(inFolder)), kept)
  assert.deepEqual(chosen(names.map((name) => file(name))), names)
})

test('what the browser cannot read has an error, and the others are there', async () => {
  const unlisted = { ...folderOf('/trip/locked'), createReader: () => ({ readEntries: (_, fail) => fail(new DOMException('')) }) }
  const trip = folderOf('/trip', [broken('a.txt', '/trip/a.txt'), unlisted, entryOf(file('b.txt'), '/trip/b.txt')])
  const found = await droppedFiles([item(trip)])
  assert.deepEqual(found.map(({ path, error }) => [path, error?.code]), [
    ['trip/a.txt', 'unreadable'],
    ['trip/locked', 'unreadable'],
    ['trip/b.txt', undefined],
  ])
})
