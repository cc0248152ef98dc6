import assert from 'node:assert/strict'
import { test } from 'node:test'
import { summaryOf } from '../../client/summary.js'
import { TEXTS } from '../../client/texts.js'
import { TRANSLATIONS } from '../../client/translations.js'

const error = { code: 'network' }
const inState = (state) => ({ state })
const failed = (phase) => ({ state: 'failed', error, progress: { phase } })
const said = (...items) => summaryOf(items, TEXTS, 'en')

test('every file counts once, by what has become of it', () => {
  assert.equal(said(), '')
  assert.equal(said(inState('available')), 'Uploaded: 1 of 1.')
  for (const state of ['waiting', 'preparing', 'sending', 'offline', 'checking'])
    assert.equal(said(inState('available'), inState(state)), 'Uploaded: 1 of 2. On their way: 1.', state)
  for (const state of ['paused', 'interrupted'])
    assert.equal(said(inState(state), inState('sending')), 'Uploaded: 0 of 2. On their way: 1. Paused or interrupted: 1.', state)
  for (const item of [inState('rejected'), inState('cancelled'), failed('sending'), { state: 'failed', error }])
    assert.equal(said(item), 'Uploaded: 0 of 1. Not uploaded: 1.', item.state)
  assert.equal(said(failed('checking')), 'Uploaded: 0 of 1. Result unknown: 1.')
  assert.equal(said(inState('rejected'), failed('checking'), inState('paused'), inState('waiting')), 'Uploaded: 0 of 4. On their way: 1. Paused or interrupted: 1. Result unknown: 1. Not uploaded: 1.')
})

test('the end is told where there is a text for it, and only if every file has arrived', () => {
  const texts = { ...TEXTS, complete: 'All.' }
  assert.equal(summaryOf([inState('available')], texts, 'en'), 'Uploaded: 1 of 1. All.')
  for (const other of [inState('sending'), inState('paused'), inState('rejected'), failed('checking')])
    assert.ok(!summaryOf([inState('available'), other], texts, 'en').includes('All.'), other.state)
})

test('numbers are written as in the language', () => {
  const many = Array.from({ length: 1000 }, () => inState('sending'))
  assert.equal(summaryOf(many, TRANSLATIONS.de, 'de'), 'Hochgeladen: 0 von 1.000. Unterwegs: 1.000.')
})

test('a percent more changes nothing', () => {
  const at = (loaded) => said({ state: 'sending', progress: { phase: 'sending', loaded, total: 100 } })
  assert.equal(at(1), at(2))
})
