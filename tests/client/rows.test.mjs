import assert from 'node:assert/strict'
import { test } from 'node:test'

// As much of a document as the rows use.
class Made {
  setAttribute() {}
  append() {}
  remove() {}
  addEventListener() {}
  contains() { return false }
  getRootNode() { return {} }
}
globalThis.Document = class {
  createElement() { return new Made() }
  querySelector() { return null }
}
globalThis.document = new Document()

const { Rows } = await import('../../client/rows.js')
const { TEXTS } = await import('../../client/texts.js')

// What the rows tell of a file that is in one of these states after the other.
const told = (...states) => toldOf(new File(['a'], 'video.mp4'), states)

function toldOf(file, states) {
  const rows = new Rows(() => {}, () => {})
  return states.map((state) => {
    const item = { id: 1, file, state }
    const { begun, ended } = rows.update([item], { texts: TEXTS, language: 'en', values: {} })
    return [begun.length && 'begun', ended.length && 'ended'].filter(Boolean).join(' ')
  })
}

test('a file begins once with each try, and each of its ends is told once', () => {
  assert.deepEqual(told('waiting', 'sending', 'sending', 'checking', 'available', 'available'), ['begun', '', '', '', 'ended', ''])
  assert.deepEqual(told('waiting', 'failed', 'waiting', 'failed', 'waiting', 'rejected'), ['begun', 'ended', 'begun', 'ended', 'begun', 'ended'])
  assert.deepEqual(told('failed'), ['begun ended'], 'a file that is not sent')
})

test('a file that an earlier page has sent does not begin', () => {
  const file = { name: 'video.mp4', size: 1, type: 'video/mp4' }
  assert.deepEqual(toldOf(file, ['waiting', 'checking', 'available']), ['', '', 'ended'])
  assert.deepEqual(toldOf(file, ['interrupted', 'waiting', 'checking', 'rejected']), ['', '', '', 'ended'])
})

test('an interrupted file has neither begun nor ended, until it goes on', () => {
  assert.deepEqual(told('interrupted', 'interrupted', 'waiting', 'available'), ['', '', 'begun', 'ended'])
})
