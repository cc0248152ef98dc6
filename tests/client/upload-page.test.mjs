// The script of an upload token's page, in a small document that has only what the script touches.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closedWhileChecked, crashed, heldElsewhere, video } from './lists.mjs'
import { closed, fileOf, opened as fresh, until } from './page.mjs'

const ENDED = /received|failed|noneLeft|sentElsewhere/
const TEXTS = ['received', 'failed', 'noneLeft', 'chooseAgain', 'sentElsewhere', 'changed', 'sending', 'speed', 'checking', 'summary', 'ongoing', 'halted', 'unknown', 'missing']

const BUTTONS = ['pause', 'resume', 'cancel', 'retry', 'remove']

class Node extends EventTarget {
  dataset = {}
  children = []
  textContent = ''
  setAttribute() {}
  append(...nodes) { this.children.push(...nodes) }
  contains() {}
  getRootNode() { return document }
  querySelector(selector) { return this.found[selector] }
  querySelectorAll(selector) { return this.found[selector] }
}

const nodes = (count) => Array.from({ length: count }, () => new Node())

function rowOf() {
  const found = { '.name > *': nodes(2), '.state > *': nodes(2), button: BUTTONS.map((does) => Object.assign(new Node(), { dataset: { does } })), progress: new Node(), '.tile': new Node() }
  return Object.assign(new Node(), { found })
}

const offered = ({ button }) => button.filter(({ hidden }) => !hidden).map(({ dataset }) => dataset.does)

let opens = 0

// Runs the script for a token with so many uses.
async function opened(left) {
  const texts = Object.fromEntries(TEXTS.map((name) => [name, name]))
  const data = { types: ['*/*'], typesInWords: '', maxSizeBytes: 1e9, left, texts }
  const byId = new Map(['area', 'list', 'summary', 'left', 'choose', 'file-input'].map((id) => [id, new Node()]))
  byId.set('data', { textContent: JSON.stringify(data) })
  byId.set('row', { content: { cloneNode: () => ({ firstElementChild: rowOf() }) } })
  globalThis.document = { getElementById: (id) => byId.get(id), documentElement: { lang: 'en' }, querySelector: () => null }
  globalThis.location = { origin: 'https://api.test', pathname: '/t/token' }
  opens += 1
  await import(`../../client/page.js?${opens}`)
  return byId
}

test('a file that may go on leaves the last use to another file', async () => {
  const stack = await crashed()
  const byId = await opened(1)
  const says = () => byId.get('list').children.map(({ found }) => found['.state > *'][0].textContent)
  await until(() => says().join() === 'chooseAgain')
  const input = byId.get('file-input')
  input.files = [video(), fileOf(1000)]
  input.dispatchEvent(new Event('change'))
  await until(() => says().length === 2 && says().every((text) => ENDED.test(text)), says())
  assert.deepEqual([says(), stack.made, byId.get('left').textContent], [['received', 'received'], 2, '0'])
})

test('a file that another tab is sending can be tried again, also without a use left', async () => {
  const stack = await crashed()
  const byId = await opened(0)
  await until(() => byId.get('list').children.length === 1)
  const [{ found }] = byId.get('list').children
  const says = () => found['.state > *'][0].textContent
  await until(() => says() === 'chooseAgain')
  await heldElsewhere()
  const input = byId.get('file-input')
  input.files = [video()]
  input.dispatchEvent(new Event('change'))
  await until(() => ENDED.test(says()), says())
  assert.deepEqual([says(), stack.made, offered(found)], ['sentElsewhere', 1, ['retry']])
})

test('without a use left, an interrupted file can be tried again if it did not go on, and not if it has changed', async () => {
  const changed = new File([video().slice(1), 'x'], video().name, { type: video().type, lastModified: 1 })
  for (const [file, shown] of [[video(), 'failed,retry'], [changed, 'changed,remove']]) {
    const stack = await crashed()
    const byId = await opened(0)
    const row = () => byId.get('list').children.map(({ found }) => [found['.state > *'][0].textContent, ...offered(found)].join()).join()
    await until(() => row().startsWith('chooseAgain'))
    stack.fault(/^GET .*parts/, { status: 401, headers: {}, text: '' })
    const input = byId.get('file-input')
    input.files = [file]
    input.dispatchEvent(new Event('change'))
    await until(() => row() === shown, row)
    assert.equal(byId.get('left').textContent, '', 'no use was counted')
  }
})

test('a file of an earlier page that has no verdict can be removed, and one of this page cannot', async () => {
  await closedWhileChecked()
  const byId = await opened(1)
  const rows = () => byId.get('list').children.map(({ found }) => [found['.state > *'][0].textContent, ...offered(found)].join())
  await until(() => rows().join() === 'checking,remove', 'the earlier one')
  const input = byId.get('file-input')
  input.files = [fileOf(1000)]
  input.dispatchEvent(new Event('change'))
  await until(() => rows()[1] === 'checking', 'the other one')
  closed()
})

test('a file that the API never takes cannot be tried again, and one that has failed otherwise can', async () => {
  const stack = fresh()
  const byId = await opened(2)
  const rows = () => byId.get('list').children.map(({ found }) => [found['.state > *'][0].textContent, ...offered(found)].join())
  const input = byId.get('file-input')
  for (const [code, shown] of [['no_owner', 'failed'], ['http_403', 'failed,retry']]) {
    stack.fault(/^POST/, { status: 403, headers: {}, text: JSON.stringify({ code, message: 'No.' }) })
    input.files = [fileOf(1000)]
    const before = rows().length
    input.dispatchEvent(new Event('change'))
    await until(() => rows().length > before && rows().at(-1).startsWith('failed'), rows())
    assert.equal(rows().at(-1), shown)
  }
})

test('a page that the browser has kept shows after Back what another page has finished meanwhile', async () => {
  const stack = await crashed()
  const byId = await opened(1)
  const says = () => byId.get('list').children.map(({ found }) => found['.state > *'][0].textContent).join()
  await until(() => says() === 'chooseAgain')
  Object.assign(stack.only, { state: 'available', stored: 1 })
  dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
  await until(() => says() === 'received', says)
})
