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

test('another try is offered only where it may succeed', () => {
  for (const [error, canRetry] of [
    [{ code: 'network' }, true],
    [{ code: 'http_500', status: 500 }, true],
    [{ code: 'checksum_mismatch', status: 422 }, true],
    [{ code: 'not_accepted' }, false],
    [{ code: 'too_large' }, false],
    [{ code: 'unreadable' }, false],
    [{ code: 'upload_token_used_up', status: 410 }, false],
    [{ code: 'invalid_fields', status: 422 }, false],
    [{ code: 'file_changed' }, true],
    [{ code: 'timeout' }, false],
  ]) {
    const phase = error.code === 'timeout' ? 'checking' : 'sending'
    const buttons = buttonsOf({ state: 'failed', error, progress: { phase } })
    assert.deepEqual(buttons, canRetry ? ['retry', 'remove'] : ['remove'], error.code)
  }
})

test('an interrupted file goes on by a button if it has a handle, and otherwise is to be chosen again', () => {
  const handle = {}
  assert.deepEqual(buttonsOf({ state: 'interrupted', handle }), ['resume', 'remove'])
  assert.equal(textOf({ state: 'interrupted', handle }), 'interrupted')
  assert.equal(textOf({ state: 'interrupted' }), 'choose_again')
  assert.equal(textOf({ state: 'waiting' }), 'waiting', 'once it was chosen')
  assert.equal(textOf({ state: 'failed', error: {}, progress: { phase: 'checking' } }), 'unchecked')
})
