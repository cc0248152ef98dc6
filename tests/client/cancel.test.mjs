import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failed, fileOf, heldDeletions, opened, page, until, wait } from './page.mjs'
import { PosternError, upload } from '../../client/postern.js'

const send = (stack, file = fileOf(1000), options = {}) => upload(file, { endpoint: stack.endpoint, ...options })

test('a cancelled form is given up, whenever it is cancelled', async () => {
  const cancelled = async (prepare) => {
    const stack = opened()
    const control = new AbortController()
    prepare(stack, () => control.abort())
    assert.equal((await failed(send(stack, fileOf(1000), { signal: control.signal }))).code, 'aborted')
    assert.equal(page.sending, 0)
    return stack
  }
  const halfWay = (stack, cancel) => (page.onSend = (_, share) => share === 0.5 && cancel())
  const moments = [
    halfWay,
    (stack, cancel) => stack.fault(/^POST \/uploads$/, cancel),
    (stack, cancel) => {
      stack.fault(/^POST \/uploads$/, 'lost') // with the id
      until(() => page.waits.length > 0).then(cancel)
    },
    (stack, cancel) => {
      stack.fault(/^DELETE/, 'cut', 2)
      halfWay(stack, cancel)
    },
  ]
  for (const moment of moments) {
    const stack = await cancelled(moment)
    await until(() => stack.made && stack.only.state === 'expired', `${moment}`)
    assert.deepEqual([stack.made, stack.only.stored], [1, 0], `${moment}`)
  }
})

test('a cancellation is told at once, and the upload is given up meanwhile', async () => {
  const stack = opened()
  const control = new AbortController()
  const phases = []
  const goOn = heldDeletions(stack)
  page.onSend = (_, share) => share === 0.5 && control.abort()
  const task = send(stack, fileOf(1000), { signal: control.signal, onProgress: ({ phase }) => phases.push(phase) })
  const error = await failed(task)
  assert.deepEqual([error.code, error instanceof PosternError, stack.only.state], ['aborted', true, 'pending'])
  const { length } = phases
  task.pause()
  task.resume()
  assert.deepEqual(phases.slice(length), [], 'a cancelled upload reports nothing more')
  goOn()
  await until(() => stack.only.state === 'expired')
  const aborted = await failed(send(opened(), fileOf(10), { signal: AbortSignal.abort() }))
  assert.deepEqual([aborted.code, page.stack.requests], ['aborted', []])
})

test('a cancellation asks again only for an answer that was lost', async () => {
  const refusal = (status, code) => ({ status, headers: { 'retry-after': '20' }, text: JSON.stringify({ code, message: 'Later.' }) })
  const CREATION = /^POST \/uploads/
  for (const file of [fileOf(1000), fileOf(33 * 2 ** 20)]) {
    for (const [faults, made] of [
      [[refusal(429, 'throttled')], 0], [[refusal(503, 'unavailable')], 0],
      [['lost'], 1], [['lost', refusal(429, 'throttled')], 1], [[refusal(500, 'internal')], 1],
    ]) {
      const stack = opened()
      const control = new AbortController()
      for (const fault of faults) stack.fault(CREATION, fault)
      const told = failed(send(stack, file, { signal: control.signal }))
      await until(() => page.waits.filter((ms) => ms < 30_000 && ms !== 1000).length === faults.length)
      control.abort()
      assert.equal((await told).code, 'aborted')
      const isGivenUp = () => stack.made === made && [...stack.uploads.values()].every(({ state }) => state === 'expired')
      await until(isGivenUp, JSON.stringify(faults))
      await wait(50) // another request would have come by now
      assert.ok(isGivenUp(), JSON.stringify(faults))
    }
  }
})

test('a cancellation gives up no file that S3 is known to have', async () => {
  const stack = opened()
  stack.verdict = {}
  const control = new AbortController()
  const onProgress = ({ phase }) => phase === 'checking' && control.abort()
  assert.equal((await failed(send(stack, fileOf(1000), { signal: control.signal, onProgress }))).code, 'aborted')
  assert.deepEqual([stack.count(/^DELETE/), stack.only.stored, stack.only.state], [0, 1, 'pending'])
})
