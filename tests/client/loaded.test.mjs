// Modules that are loaded when they are needed, and once more after a failure.

import assert from 'node:assert/strict'
import { test } from 'node:test'

const ADDRESS = '../../client/time.js'
const failure = () => Promise.reject(new TypeError('Failed to fetch'))

// A document as of a page, whose elements have these names.
function openPage(querySelector, named = {}) {
  globalThis.Document = class {}
  Document.prototype.querySelector = querySelector
  globalThis.document = Object.assign(new Document(), named)
}

// A common.js of its own, which the page loads while this finds its import map.
async function loadedBeside(querySelector, named) {
  openPage(querySelector, named)
  const { loaded } = await import(`../../client/common.js?${Math.random()}`)
  return loaded
}

const isSame = async (module) => module === (await import(ADDRESS))

test('without an import map, a module that could not be loaded is asked for by another address', async () => {
  const loaded = await loadedBeside(() => null)
  assert.equal(await isSame(await loaded(failure(), './time.js')), false)
  for (const name of ['document', 'Document']) delete globalThis[name] // as in a worker
  assert.equal(await isSame(await loaded(failure(), './time.js')), false)
})

test('with an import map, it is asked for by the same address, also if the page has removed the map or added it later', async () => {
  for (const [before, after] of [[{}, {}], [{}, null], [null, {}]]) {
    const loaded = await loadedBeside(() => before)
    openPage(() => after)
    assert.ok(await isSame(await loaded(failure(), './time.js')))
  }
})

test('an image with the name of a method hides no import map', async () => {
  const image = { querySelector: {}, scripts: {} }
  const loaded = await loadedBeside(() => ({}), image)
  assert.ok(await isSame(await loaded(failure(), './time.js')))
})

test('a module that is there needs no look at the page', async () => {
  const loaded = await loadedBeside(() => null)
  openPage(() => { throw new TypeError() })
  assert.equal(await loaded(Promise.resolve('the module'), './time.js'), 'the module')
})

test('a second failure is one of the network', async () => {
  const loaded = await loadedBeside(() => ({}))
  await assert.rejects(loaded(failure(), './missing.js'), { code: 'network' })
})
