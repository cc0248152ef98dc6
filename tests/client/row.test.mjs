import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buttonsOf } from '../../client/row.js'

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
  ])
    assert.deepEqual(buttonsOf({ state }), buttons, state)
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
    [{ code: 'timeout' }, false],
  ]) {
    const phase = error.code === 'timeout' ? 'checking' : 'sending'
    const buttons = buttonsOf({ state: 'failed', error, progress: { phase } })
    assert.deepEqual(buttons, canRetry ? ['retry', 'remove'] : ['remove'], error.code)
  }
})
