// For which errors another try makes sense, wherever it is offered.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { drop } from './element.mjs'
import { ended, listOf, named, states } from './lists.mjs'
import { fileOf, opened, until } from './page.mjs'
import { canRetry, isUnchecked } from '../../client/list.js'
import { PosternError } from '../../client/postern.js'
import { buttonsOf, textOf } from '../../client/row.js'

const MAY_SUCCEED = [
  'idempotency_key_spent', 'upload_not_found', 'multipart_not_found', 'parts_refused', 'checksum_mismatch', 'too_many_pending_uploads',
  'too_many_bytes_today', 'completing', 'unavailable', 'internal',
  'AccessDenied', 'SignatureDoesNotMatch', 'BadDigest', 'NoSuchUpload',
  'network', 'jwt', 'unexpected', 'file_changed', 'sent_elsewhere', 'http_<status>',
]
const LAST = [
  'invalid_fields', 'no_owner', 'route_not_found', 'upload_token_unknown', 'upload_token_revoked', 'upload_token_expired',
  'upload_token_used_up', 'upload_token_too_few_uses', 'EntityTooLarge', 'EntityTooSmall', 'unreadable', 'deleting', 'deleted',
]
// What a file of a list never fails with while it is sent.
const NEVER = [
  'malformed_body', 'idempotency_key_reused', 'upload_has_file', 'upload_not_available', 'authorization_unwanted', 'confirmation_required',
  'network_not_allowed', 'InvalidArgument', 'PreconditionFailed',
  'aborted', 'not_accepted', 'too_large', 'timeout', 'expired', // cancelled, never sent, or S3 has the file
]

const ITEM = { state: 'failed', file: fileOf(10), progress: { phase: 'sending' } }

// The codes in the first column of the tables below a heading.
async function codesOf(document, heading) {
  const text = await readFile(new URL(`../../docs/${document}`, import.meta.url), 'utf8')
  const section = text.slice(text.indexOf(`\n${heading}\n`)).split(/\n## (?=\S)/)[1]
  const tables = section.split('What to tell a visitor')[0].split(/(?=\| `?[cC]ode`? \|)/).slice(1)
  const cells = tables.flatMap((table) => [...table.split('\n\n')[0].matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell]) => cell))
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code)).filter((code) => code !== 'Code')
}

test('it is decided for every code that the documents have', async () => {
  const codes = [...(await codesOf('api.md', '## Problems')), ...(await codesOf('browser.md', '## Options and results'))]
  const ofFiles = codes.filter((code) => !/^(link|password)_/.test(code))
  assert.deepEqual([...new Set(ofFiles)].sort(), [...MAY_SUCCEED, ...LAST, ...NEVER].sort())
})

test('another try is offered only where it may succeed', () => {
  for (const code of MAY_SUCCEED) assert.equal(canRetry({ ...ITEM, error: { code } }), true, code)
  for (const code of LAST) assert.equal(canRetry({ ...ITEM, error: { code } }), false, code)
  for (const code of ['not_accepted', 'of_the_app']) assert.equal(canRetry({ ...ITEM, progress: undefined, error: { code } }), false, code)
  assert.equal(canRetry({ ...ITEM, progress: { phase: 'checking' }, error: { code: 'timeout' } }), false, 'S3 has the file')
  for (const code of ['timeout', 'network', 'upload_token_revoked', 'expired'])
    assert.equal(isUnchecked({ ...ITEM, progress: { phase: 'checking' }, error: { code } }), true, code)
  for (const code of ['deleting', 'deleted'])
    assert.deepEqual([isUnchecked, canRetry].map((is) => is({ ...ITEM, progress: { phase: 'checking' }, error: { code } })), [false, false], code)
  for (const state of ['waiting', 'sending', 'paused', 'checking', 'available', 'rejected', 'interrupted'])
    assert.equal(canRetry({ ...ITEM, state }), false, state)
  assert.equal(canRetry({ ...ITEM, state: 'cancelled' }), true)
  const with422 = { invalid_fields: false, of_a_later_version: false, http_422: false, idempotency_key_reused: true, parts_refused: true, checksum_mismatch: true }
  for (const [code, may] of Object.entries(with422))
    assert.equal(canRetry({ ...ITEM, error: { code, status: 422 } }), may, `422 ${code}`)
  for (const status of [400, 403, 409, 500]) assert.equal(canRetry({ ...ITEM, error: { code: 'of_a_later_version', status } }), true, status)
  assert.equal(canRetry({ ...ITEM, state: 'cancelled', progress: undefined }), true, 'before its turn')
})

const problem = (status, code) => ({ status, headers: {}, text: JSON.stringify({ code, message: 'No.' }) })

test('a list offers no other try after an upload token has ended, and tries again for an app with a new one', async () => {
  const stack = opened()
  stack.fault(/^POST/, problem(404, 'upload_token_unknown'))
  stack.fault(/^POST/, problem(409, 'idempotency_key_spent'), 2)
  const list = listOf(stack)
  list.add([named(1)[0]])
  await ended(list)
  list.add([named(2)[1]])
  await ended(list)
  assert.deepEqual(list.snapshot().map(canRetry), [false, true])
  list.retry(1)
  await ended(list)
  assert.deepEqual(states(list), ['available', 'failed'])
})

test('an element offers no other try for a file that its page does not send, or that nobody takes', async () => {
  const stack = opened()
  stack.fault(/^POST/, problem(404, 'upload_token_unknown'))
  const element = drop({ endpoint: stack.endpoint, multiple: '' })
  element.add([fileOf(10), { file: fileOf(20), error: new PosternError('of_the_app', 'No.') }])
  await until(() => element.uploads.every(({ state }) => state === 'failed'))
  assert.deepEqual(element.uploads.map(buttonsOf), [['remove'], ['remove']])
})

test('a file that its owner deletes while it is checked has no other try, and is not said to be checked', async () => {
  const stack = opened()
  stack.verdict = { state: 'deleted' }
  const element = drop({ endpoint: stack.endpoint })
  element.add([fileOf(10)])
  await until(() => element.uploads[0].state === 'failed')
  const [item] = element.uploads
  assert.deepEqual([item.error.code, textOf(item), buttonsOf(item)], ['deleted', 'failed', ['remove']])
})
