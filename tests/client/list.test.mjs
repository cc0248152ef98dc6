import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BATCH, FORM, SINGLE, ended, held, listOf, named, states, video } from './lists.mjs'
import { fileOf, opened, page, until, wait } from './page.mjs'
import { createList } from '../../client/list.js'
import { PosternError } from '../../client/postern.js'

const storedIn = (stack) => [...stack.uploads.values()].filter(({ stored }) => stored).map(({ body }) => body)

const refusal = (code) => ({ status: 410, text: JSON.stringify({ code, message: 'It has ended.' }) })

test('files go through their states, and keep their ids and their order', async () => {
  const stack = opened()
  const list = listOf(stack)
  const seen = new Map()
  list.subscribe(() => {
    for (const { id, state } of list.snapshot()) if (seen.get(id)?.at(-1) !== state) seen.set(id, [...(seen.get(id) ?? []), state])
  })
  const files = named(2)
  const ids = list.add([files[0], { file: files[1], path: 'trip/photo 1.png' }])
  await ended(list)
  assert.deepEqual(list.snapshot().map(({ id }) => id), ids)
  assert.deepEqual(list.snapshot().map(({ file }) => file), files)
  for (const id of ids) assert.deepEqual(seen.get(id), ['waiting', 'preparing', 'sending', 'checking', 'available'])
  const [one, two] = list.snapshot()
  assert.deepEqual(one.result, { uploadId: one.progress.uploadId, state: 'available' })
  assert.deepEqual([one.error, one.path, two.path], [undefined, undefined, 'trip/photo 1.png'])
  const sent = [one, two].map(({ result }) => stack.uploads.get(result.uploadId).body)
  assert.deepEqual(sent.map(({ filename, path }) => [filename, path]), [['photo 0.png', undefined], ['photo 1.png', 'trip/photo 1.png']])
})

test('no more files are sent at once than asked for, and the first come first', async () => {
  const stack = opened()
  const list = listOf(stack, { concurrency: 2 })
  const go = held()
  list.add(named(5))
  await until(() => page.sending === 2)
  assert.deepEqual(states(list), ['sending', 'sending', 'waiting', 'waiting', 'waiting'])
  go()
  await ended(list)
  assert.equal(page.mostSending, 2)
  const names = [...stack.uploads.values()].map(({ body }) => body.filename)
  assert.deepEqual(names.slice(2).sort(), ['photo 2.png', 'photo 3.png', 'photo 4.png'])
})

test('three files are sent at once by default', async () => {
  const list = listOf(opened())
  list.add(named(9))
  await ended(list)
  assert.equal(page.mostSending, 3)
})

test('a snapshot never changes, and is the same until something changes', async () => {
  const list = listOf(opened())
  assert.equal(list.snapshot(), list.snapshot())
  const snapshots = [list.snapshot()]
  list.subscribe(() => snapshots.push(list.snapshot()))
  const [first] = list.add(named(2))
  const kept = snapshots.map((items) => JSON.stringify(items))
  await ended(list)
  list.pause(first)
  list.cancel(first)
  list.retry(first)
  list.pause(77)
  list.remove(77)
  assert.deepEqual(snapshots.slice(0, kept.length).map((items) => JSON.stringify(items)), kept)
  assert.ok(snapshots.every((items) => Object.isFrozen(items) && items.every(Object.isFrozen)))
  assert.equal(new Set(snapshots).size, snapshots.length)
  const [before, after] = snapshots.slice(-2)
  assert.equal(before.filter((item, n) => item === after[n]).length, 1, 'only the item that changed is new')
})

test('a listener that has gone hears nothing, and each subscription is one of its own', async () => {
  const list = listOf(opened())
  let count = 0
  const listener = () => (count += 1)
  const [forgetOne, forgetOther] = [list.subscribe(listener), list.subscribe(listener)]
  list.add([])
  assert.equal(count, 2)
  forgetOne()
  list.add([])
  assert.equal(count, 3)
  forgetOther()
  list.add(named(1))
  await ended(list)
  assert.equal(count, 3)
})

test('adding many files is one change, and one for each file that begins', async () => {
  const control = new AbortController()
  const list = listOf(opened(), { signal: control.signal })
  let changes = 0
  list.subscribe(() => (changes += 1))
  list.add(named(500))
  assert.equal(changes, 4)
  control.abort()
  await ended(list)
})

test('what waits and what is sent is cancelled at once, and both can be sent again', async () => {
  const stack = opened()
  const list = listOf(stack, { concurrency: 1 })
  const go = held()
  const [first, second] = list.add([video(), fileOf(10)])
  await until(() => page.sending > 0)
  list.cancel(second)
  assert.deepEqual(states(list), ['sending', 'cancelled'])
  list.cancel(first)
  assert.deepEqual(states(list), ['cancelled', 'cancelled'])
  go()
  await until(() => stack.only.state === 'expired')
  assert.equal(list.snapshot()[0].error, undefined)
  list.retry(second)
  list.retry(first)
  assert.deepEqual(states(list), ['waiting', 'preparing'])
  assert.equal(list.snapshot()[0].progress, undefined)
  await ended(list)
  assert.deepEqual(states(list), ['available', 'available'])
})

test('a failure has its error, does not stop the others, and can be repeated', async () => {
  const stack = opened()
  for (const request of [BATCH, SINGLE]) stack.fault(request, refusal('upload_token_expired'))
  const list = listOf(stack, { concurrency: 1 })
  const [first, second] = list.add(named(2))
  await ended(list)
  assert.deepEqual(states(list), ['failed', 'available'])
  const [{ error }] = list.snapshot()
  assert.ok(error instanceof PosternError)
  assert.deepEqual([error.code, error.status], ['upload_token_expired', 410])
  list.retry(second)
  assert.deepEqual(states(list), ['failed', 'available'], 'what is available is not sent again')
  list.retry(first)
  await ended(list)
  assert.deepEqual([states(list), list.snapshot()[0].error, stack.made], [['available', 'available'], undefined, 2])
})

test('a rejected file is a result', async () => {
  const stack = opened()
  stack.verdict = { state: 'rejected', rejection: { reason: 'threat_found', detail: 'do not upload this file' } }
  const list = listOf(stack)
  list.add(named(1))
  await ended(list)
  const [{ state, result, error }] = list.snapshot()
  assert.deepEqual([state, result.reason, error], ['rejected', 'threat_found', undefined])
})

test('a file that was added with an error is not sent', async () => {
  const stack = opened()
  const list = listOf(stack)
  const error = new PosternError('too_large', 'The file is too large.')
  list.add([{ file: fileOf(10), error }])
  assert.deepEqual([states(list), list.snapshot()[0].error], [['failed'], error])
  assert.equal(stack.requests.length, 0)
})

test('what is removed is given up, and its place is free for the next file', async () => {
  const stack = opened()
  const list = listOf(stack, { concurrency: 1 })
  const go = held()
  const [first, second, third] = list.add(named(3))
  await until(() => page.sending === 1)
  list.remove(second)
  list.remove(first)
  go()
  await ended(list)
  assert.deepEqual(list.snapshot().map(({ id, state }) => [id, state]), [[third, 'available']])
  assert.equal(stack.count(FORM), 1)
  list.remove(third)
  assert.deepEqual(list.snapshot(), [])
})

test('what was removed while it was sent changes the list no more', async () => {
  const list = listOf(opened())
  const go = held()
  const [only] = list.add(named(1))
  await until(() => page.sending === 1)
  list.remove(only)
  let changes = 0
  list.subscribe(() => (changes += 1))
  go()
  await until(() => page.sending === 0)
  await wait(20)
  assert.equal(changes, 0)
})

test('a signal cancels everything, and no file of it is read any more', async () => {
  const stack = opened()
  const control = new AbortController()
  const list = listOf(stack, { signal: control.signal })
  const go = held()
  const files = named(9)
  let reads = 0
  for (const file of files) file.arrayBuffer = () => ((reads += 1), File.prototype.arrayBuffer.call(file))
  list.add(files)
  await until(() => page.sending === 3)
  control.abort()
  const before = reads
  go()
  await ended(list)
  assert.deepEqual([new Set(states(list)), reads, stack.count(FORM)], [new Set(['cancelled']), before, 0])
})

test('new options are for files that begin later, and a new jwt is for every request', async () => {
  const stack = opened()
  const list = createList({ endpoint: 'https://api.test', jwt: () => 'old', metadata: { album: '1' }, concurrency: 1 })
  const jwts = []
  const answer = stack.answer.bind(stack)
  stack.answer = (method, url, request) => {
    if (request.headers?.authorization) jwts.push(request.headers.authorization)
    return answer(method, url, request)
  }
  const go = held()
  list.add(named(2))
  await until(() => page.sending === 1)
  assert.deepEqual(new Set(jwts), new Set(['Bearer old']))
  jwts.length = 0
  list.options = { ...list.options, jwt: () => 'new', metadata: { album: '2' } }
  go()
  await ended(list)
  assert.deepEqual(new Set(jwts), new Set(['Bearer new']))
  assert.deepEqual(storedIn(stack).map(({ metadata }) => metadata.album), ['1', '2'])
  const isGivenUp = () => [...stack.uploads.values()].every(({ stored, state }) => stored || state === 'expired')
  await until(isGivenUp, 'the form with the old options is given up')
})

test('a file that was added with an error is never sent', async () => {
  const stack = opened()
  const list = listOf(stack)
  const [id] = list.add([{ file: new File([], 'locked.txt'), error: new PosternError('unreadable', 'It cannot be read.') }])
  list.retry(id)
  await wait(20)
  assert.deepEqual([states(list), stack.requests], [['failed'], []])
})

test('a wrong option is an error of each file, and the page goes on', async () => {
  opened()
  for (const options of [undefined, { endpoint: '', signal: new AbortController() }]) {
    const list = createList(options ?? {})
    if (!options) list.options = { jwt: 1, endpoint: {}, signal: 1 }
    list.add(named(5))
    await ended(list)
    const [{ state, error }] = list.snapshot()
    assert.deepEqual([state, error instanceof PosternError, error.code], ['failed', true, 'unexpected'])
  }
})

test('an error of a module of another version keeps its code', async () => {
  opened()
  const { PosternError: OtherError } = await import('../../client/common.js?other')
  const list = createList({ get endpoint() { throw new OtherError('network', 'The network failed.') } })
  list.add(named(5))
  await ended(list)
  const [{ error }] = list.snapshot()
  assert.deepEqual([error instanceof PosternError, error.code], [false, 'network'])
})

test('a file that has failed stays so, and nothing of it is sent any more', async () => {
  const stack = opened()
  const refused = (status, code) => ({ status, headers: {}, text: `<Error><Code>${code}</Code></Error>` })
  stack.fault(/part 2$/, refused(403, 'AccessDenied'))
  stack.fault(/part 1$/, refused(400, 'InvalidRequest'))
  const answer = stack.answer.bind(stack)
  let signatures = 0
  // The second part waits for a new URL while the first one is refused for good.
  stack.answer = async (method, url, request) => {
    if (url.includes('partNumber=1&')) await wait(100)
    if (url.endsWith('/parts') && (signatures += 1) > 1) await wait(300)
    return answer(method, url, request)
  }
  const list = listOf(stack)
  const seen = []
  list.subscribe(() => seen.push(states(list)[0]))
  list.add([video()])
  await until(() => seen.includes('failed'))
  const { length } = stack.requests
  await wait(600)
  assert.equal(seen.at(-1), 'failed')
  assert.equal(stack.requests.slice(length).filter((request) => request.startsWith('PUT s3')).length, 0)
})

test('what has ended keeps no listener at the signal of the app', async () => {
  const stack = opened()
  const { signal } = new AbortController()
  let listeners = 0
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
  signal.addEventListener = (...of) => ((listeners += 1), add(...of))
  signal.removeEventListener = (...of) => ((listeners -= 1), remove(...of))
  const list = listOf(stack, { signal })
  list.add(named(4))
  await ended(list)
  assert.equal(listeners, 0)
})
