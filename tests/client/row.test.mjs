import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buttonsOf, textOf } from '../../client/row.js'

test('a file has the buttons of its state', () => {
  for (const [state, buttons] of [
    ['waiting', ['cancel']],
    ['preparing', ['cancel']],
    ['sending', ['pause', 'cancel']],
    ['paused', ['resume', 'cancel']],
    ['offline', ['cancel']],
    ['checking', []],
    ['available', ['remove']],
    ['rejected', ['remove']],
    ['cancelled', ['retry', 'remove']],
    ['interrupted', ['remove']],
  ])
    assert.deepEqual(buttonsOf({ state, file: new File([], 'a.txt') }), buttons, state)
  assert.deepEqual(buttonsOf({ state: 'checking', file: { name: 'a.txt' } }), ['remove'], 'an earlier page has sent it')
})

test('another try is offered where it may succeed', () => {
  for (const [code, buttons] of [['network', ['retry', 'remove']], ['upload_token_unknown', ['remove']]])
    assert.deepEqual(buttonsOf({ state: 'failed', error: { code }, progress: { phase: 'sending' } }), buttons, code)
  assert.deepEqual(buttonsOf({ state: 'failed', error: { code: 'too_large' } }), ['remove'], 'a file that is not sent')
})

test('an interrupted file goes on by a button if it has a handle, and otherwise is to be chosen again', () => {
  const handle = {}
  assert.deepEqual(buttonsOf({ state: 'interrupted', handle }), ['resume', 'remove'])
  assert.equal(textOf({ state: 'interrupted', handle }), 'interrupted')
  assert.equal(textOf({ state: 'interrupted' }), 'choose_again')
  assert.equal(textOf({ state: 'waiting' }), 'waiting', 'once it was chosen')
  assert.equal(textOf({ state: 'failed', error: {}, progress: { phase: 'checking' } }), 'unchecked')
})
