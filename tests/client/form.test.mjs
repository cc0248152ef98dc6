import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failed, fileOf, opened, page, setOnline, until } from './page.mjs'
import { sha256 } from './stack.mjs'
import { PosternError, upload, uploadAll } from '../../client/postern.js'

const send = (stack, file = fileOf(1000), options = {}) => upload(file, { endpoint: stack.endpoint, ...options })

test('a small file is declared exactly, with its digest, sent once and awaited', async () => {
  const stack = opened()
  const file = fileOf(100_000)
  const seen = []
  const result = await send(stack, file, { metadata: { album: '7' }, onProgress: (progress) => seen.push(progress) })
  const { body, stored, sha256: digest } = stack.only
  assert.deepEqual(result, { uploadId: [...stack.uploads.keys()][0], state: 'available' })
  assert.deepEqual(body, {
    filename: 'photo.png', content_type: 'image/png', size_bytes: 100_000, metadata: { album: '7' }, checksum_sha256: await sha256(file),
  })
  assert.deepEqual([stored, digest], [1, await sha256(file)])
  assert.deepEqual([...new Set(seen.map(({ phase }) => phase))], ['preparing', 'sending', 'checking'])
  assert.deepEqual([seen.at(-1).loaded, seen.at(-1).total, seen.at(-1).uploadId], [100_000, 100_000, result.uploadId])
})

test('a rejected file is a result with its reason', async () => {
  const stack = opened()
  stack.verdict = { state: 'rejected', rejection: { reason: 'threat_found', detail: 'do not upload this file' } }
  const { state, reason, detail } = await send(stack)
  assert.deepEqual([state, reason, detail], ['rejected', 'threat_found', 'do not upload this file'])
})

test('an empty file, and a file without a type, are sent', async () => {
  const stack = opened()
  await send(stack, new File([], 'empty.heic'))
  assert.equal(stack.only.body.content_type, 'image/heic')
  const other = opened()
  await send(other, new File(['x'], 'data.unknown'))
  assert.equal(other.only.body.content_type, 'application/octet-stream')
})

test('each lost answer costs nothing: one upload, one file at S3', async () => {
  const stack = opened()
  for (const request of [/^POST \/uploads$/, /^POST s3/, /^GET/]) stack.fault(request, 'lost')
  assert.equal((await send(stack)).state, 'available')
  assert.deepEqual([stack.made, stack.only.stored], [1, 1])
})

test('a request that does not arrive is repeated', async () => {
  const stack = opened()
  for (const request of [/^POST \/uploads$/, /^POST s3/, /^GET/]) stack.fault(request, 'cut', 2)
  assert.equal((await send(stack)).state, 'available')
  assert.deepEqual([stack.made, stack.only.stored], [1, 1])
})

test('without an endpoint an upload fails at once, and asks for nothing', async () => {
  for (const endpoint of [undefined, '']) {
    for (const size of [10, 33 * 2 ** 20]) {
      const stack = opened()
      const error = await failed(upload(fileOf(size), { endpoint }))
      assert.deepEqual([error.code, error.message], ['unexpected', 'The option `endpoint` is missing.'])
      assert.deepEqual(stack.requests, [])
    }
    const results = await uploadAll([fileOf(10), fileOf(10)], { endpoint })
    assert.deepEqual(results.map(({ code }) => code), ['unexpected', 'unexpected'])
  }
})

test('Retry-After is kept, and a wait of minutes is left to the app', async () => {
  const stack = opened()
  const busy = (seconds) => ({ status: 503, headers: { 'retry-after': seconds }, text: '{"code":"unavailable","message":"later"}' })
  stack.fault(/^POST \/uploads$/, busy('7'))
  await send(stack)
  assert.ok(page.waits.includes(7000), String(page.waits))
  const limited = opened()
  limited.fault(/^POST \/uploads$/, { ...busy('900'), status: 429 })
  const error = await failed(send(limited))
  assert.deepEqual([error.status, error.retryAfter, limited.requests.length], [429, 900, 1])
})

test('back-offs grow, differ, and end', async () => {
  const stack = opened()
  stack.fault(/./, 'cut', Infinity)
  const error = await failed(send(stack))
  assert.equal(error.code, 'network')
  const backOffs = page.waits.filter((ms) => ms)
  const shortest = backOffs.reduce((sum, _, n) => sum + Math.min(30, 2 ** (n + 1) / 4) * 1000, 0)
  assert.ok(shortest > 150_000, `a network that is away for two minutes ends the upload: ${shortest}`)
  assert.ok(backOffs.every((ms, n) => ms >= Math.min(30, 2 ** (n + 1) / 4) * 1000), String(backOffs))
  assert.ok(backOffs.some((ms) => ms % 250 !== 0), 'there is no jitter')
})

test('the errors of API and S3 keep their codes', async () => {
  const stack = opened()
  const refused = await failed(send(stack, fileOf(10), { filename: 'a/b' }))
  assert.ok(refused instanceof PosternError && refused instanceof Error)
  assert.deepEqual([refused.code, refused.status, refused.errors], ['invalid_fields', 422, [{ field: 'filename', rule: 'no path' }]])
  assert.equal(refused.message, 'The API says invalid_fields.')
  stack.fault(/^POST s3/, { status: 400, text: '<Error><Code>EntityTooLarge</Code><Message>Too large.</Message></Error>' })
  const large = await failed(send(stack))
  assert.deepEqual([large.code, large.status, large.message], ['EntityTooLarge', 400, 'Too large.'])
  stack.fault(/^POST \/uploads$/, { status: 401, text: 'not JSON' })
  assert.equal((await failed(send(stack))).code, 'http_401')
})

test('a file of a folder has its path, which ends with the name that is sent', async () => {
  for (const [webkitRelativePath, options, path] of [
    ['trip/day 1/photo.png', {}, 'trip/day 1/photo.png'],
    ['trip/day 1/photo.png', { filename: '$& 1.png' }, 'trip/day 1/$& 1.png'],
    ['trip/photo.png', { path: 'other/photo.png' }, 'other/photo.png'],
    ['', {}, undefined],
  ]) {
    const stack = opened()
    const file = Object.defineProperty(fileOf(10, 'photo.png'), 'webkitRelativePath', { value: webkitRelativePath })
    await send(stack, file, options)
    assert.equal(stack.only.body.path, path)
  }
})

test('while the browser has no network, the upload waits without counting failures', async () => {
  const stack = opened()
  const phases = []
  page.onSend = (_, share) => share === 0.5 && stack.requests.length === 1 && setOnline(false)
  const sent = send(stack, fileOf(1000), { onProgress: ({ phase }) => phases.push(phase) })
  await until(() => phases.at(-1) === 'offline')
  setOnline(true)
  assert.equal((await sent).state, 'available')
  assert.equal(phases.lastIndexOf('offline') < phases.lastIndexOf('sending'), true)
  assert.equal(stack.only.stored, 1)
})

test('a form that has expired meanwhile is replaced by a new one', async () => {
  const stack = opened()
  stack.fault(/^POST s3/, () => stack.expireSignatures())
  assert.equal((await send(stack)).state, 'available')
  assert.deepEqual([stack.made, stack.count(/^DELETE/)], [2, 0])
})

test('a form that has expired after its file arrived is not replaced', async () => {
  const stack = opened()
  stack.fault(/^POST s3/, 'lost')
  stack.fault(/^POST s3/, () => stack.expireSignatures())
  assert.equal((await send(stack)).state, 'available')
  assert.deepEqual([stack.made, stack.only.stored], [1, 1])
})

test('a form that S3 refuses for another reason is no reason for a second upload', async () => {
  const stack = opened()
  stack.fault(/^POST s3/, { status: 403, text: '<Error><Code>AccessDenied</Code></Error>' }, Infinity)
  assert.equal((await failed(send(stack))).code, 'AccessDenied')
  assert.deepEqual([stack.made, stack.count(/^POST s3/)], [1, 3])
})

test('a pause stops a form at once, and it is sent again afterwards', async () => {
  const stack = opened()
  const phases = []
  let isFirst = true
  page.onSend = (_, share) => {
    if (share === 0.75 && isFirst) task.pause()
    isFirst &&= share !== 0.75
  }
  const task = send(stack, fileOf(1000), { onProgress: ({ phase }) => phases.push(phase) })
  await until(() => phases.at(-1) === 'paused' && page.sending === 0)
  assert.equal(stack.count(/s3/), 0)
  task.resume()
  assert.equal((await task).state, 'available')
  assert.equal(stack.only.stored, 1)
  const early = send(stack)
  early.pause()
  early.resume()
  assert.equal((await early).state, 'available')
})

test('a signal cancels at every moment', async () => {
  for (const moment of ['before', 'form', 'paused', 'waiting']) {
    const stack = opened()
    const control = new AbortController()
    if (moment === 'before') control.abort()
    if (moment === 'form') page.onSend = (_, share) => share === 0.5 && control.abort()
    if (moment === 'waiting') stack.fault(/^POST/, { status: 503, headers: { 'retry-after': '60' }, text: '' }, Infinity)
    const task = send(stack, fileOf(1000), { signal: control.signal })
    if (moment === 'paused') task.pause()
    if (moment === 'waiting') await until(() => page.waits.includes(60_000))
    control.abort()
    assert.equal((await failed(task)).code, 'aborted', moment)
    assert.equal(stack.count(/s3/), 0, moment)
  }
})

test('a form that was given up while S3 got its file waits for the recorder', async () => {
  const stack = opened()
  page.onSend = (_, share) => share === 1 && (stack.only.state = 'expired')
  assert.equal((await send(stack)).state, 'available')
  const lost = opened()
  lost.verdict = {}
  page.onSend = (_, share) => share === 1 && (lost.only.state = 'expired')
  let now = 0
  page.clock = () => (now += 60_000)
  assert.equal((await failed(send(lost))).code, 'expired')
})

test('a connection that stalls is given up and the file sent again', async () => {
  for (const moment of [0.25, 0.5]) { // before the first progress, and after it
    const stack = opened()
    let stalls = 1
    page.onSend = (request, share) => share === moment && stalls-- > 0 && new Promise((end) => {
      const { onloadend } = request
      request.onloadend = () => (end(), onloadend())
    })
    assert.equal((await send(stack)).state, 'available')
    assert.equal(stalls, -1)
  }
})

test('a page that answers instead of the API is a failure of the network', async () => {
  const stack = opened()
  const signIn = { status: 200, headers: {}, text: '<!doctype html><title>Sign in</title>' }
  for (const request of [/^POST \/uploads$/, /^GET/]) stack.fault(request, signIn)
  assert.equal((await send(stack)).state, 'available')
  stack.fault(/^POST \/uploads$/, signIn, Infinity)
  assert.equal((await failed(send(stack))).code, 'network')
})

test('a file that was changed on disk is no failure of the network', async () => {
  const stack = opened()
  const file = fileOf(1000)
  stack.fault(/^POST s3/, 'cut')
  file.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError')) })
  assert.equal((await failed(send(stack, file))).code, 'unreadable')
})

test('a state that does not come ends with a timeout', async () => {
  const stack = opened()
  stack.verdict = {}
  let now = 0
  page.clock = () => (now += 60_000)
  assert.equal((await failed(send(stack))).code, 'timeout')
})

test('a page that has slept while its file was checked asks once more', async () => {
  const stack = opened()
  page.clock = () => (stack.count(/^GET/) ? 3_600_000 : 0)
  assert.equal((await send(stack)).state, 'available')
  assert.equal(stack.count(/^GET/), 2)
})

test('the app is asked for its JWT before each request', async () => {
  const stack = opened()
  let asked = 0
  await upload(fileOf(10), { endpoint: 'https://api.test', jwt: async () => `jwt ${(asked += 1)}` })
  assert.equal(asked, stack.requests.filter((line) => !line.includes('s3')).length)
  assert.equal((await failed(upload(fileOf(10), { endpoint: 'https://api.test', jwt: () => { throw new Error('no login') } }))).code, 'jwt')
})

test('an error of the app in onProgress is none of the upload', async () => {
  const stack = opened()
  const thrown = []
  const { queueMicrotask } = globalThis
  globalThis.queueMicrotask = (run) => {
    try {
      run()
    } catch (error) {
      thrown.push(error.message)
    }
  }
  const onProgress = () => { throw new Error('of the app') }
  assert.equal((await send(stack, fileOf(1000), { onProgress })).state, 'available')
  globalThis.queueMicrotask = queueMicrotask
  assert.deepEqual(new Set(thrown), new Set(['of the app']))
})
