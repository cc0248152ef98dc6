import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Progress } from '../../client/progress.js'

const MB = 1_000_000

// Reports of a file of 100 MB that is sent by `steps`: [ms, bytes].
function reports(steps, change = () => {}) {
  let now = 0
  let bytes = 0
  const seen = []
  performance.now = () => now
  const progress = new Progress(100 * MB, (report) => seen.push({ ...report, now }))
  progress.enter('sending')
  for (const [n, [ms, sent]] of steps.entries()) {
    now += ms
    bytes += sent
    change(n, progress, (later) => (now += later))
    progress.sent(bytes)
  }
  return seen
}

const repeated = (count, ...steps) => Array.from({ length: count }, () => steps).flat()

test('speed and time left do not jump when bytes come in bursts', () => {
  // One megabyte a second: nothing for 0.8 s, then all at once.
  const seen = reports(repeated(40, [400, 0], [400, 0], [200, MB])).filter(({ now }) => now > 5000)
  assert.ok(seen.length > 50)
  for (const { bytesPerSecond, secondsLeft, loaded } of seen) {
    assert.ok(Math.abs(bytesPerSecond - MB) < 0.2 * MB, String(bytesPerSecond))
    assert.ok(Math.abs(secondsLeft - (100 * MB - loaded) / MB) < 20, String(secondsLeft))
  }
})

test('another speed is seen within some seconds', () => {
  const seen = reports([...repeated(40, [500, MB]), ...repeated(40, [500, MB / 10])])
  const at = (second) => seen.find(({ now }) => now >= second * 1000).bytesPerSecond
  assert.ok(Math.abs(at(20) / MB - 2) < 0.1, String(at(20)))
  assert.ok(Math.abs(at(39) / MB - 0.2) < 0.1, String(at(39)))
})

test('a pause and what S3 had before are no speed', () => {
  const paused = reports(repeated(20, [500, MB]), (n, progress, pass) => {
    if (n !== 10) return
    progress.hold('paused', true)
    pass(600_000)
    progress.hold('paused', false)
  })
  assert.ok(Math.abs(paused.at(-1).bytesPerSecond / MB - 2) < 0.2, String(paused.at(-1).bytesPerSecond))
  assert.ok(paused.every(({ bytesPerSecond = 2 * MB }) => Math.abs(bytesPerSecond / MB - 2) < 0.4))
  performance.now = () => 0
  let last
  const progress = new Progress(100 * MB, (report) => (last = report))
  progress.begin(60 * MB)
  progress.enter('sending')
  assert.deepEqual([last.loaded, last.bytesPerSecond], [60 * MB, undefined])
})

test('what is sent again does not lower the progress, and reports are few', () => {
  const seen = reports([...repeated(100, [10, 0.1 * MB]), [10, -5 * MB], ...repeated(100, [10, 0.1 * MB])])
  assert.ok(seen.every(({ loaded }, n) => n === 0 || loaded >= seen[n - 1].loaded))
  assert.ok(seen.length <= 22, String(seen.length))
})

test('pause and offline show over each other and end where they began', () => {
  const phases = []
  const progress = new Progress(1, ({ phase }) => phases.push(phase))
  progress.enter('sending')
  progress.hold('offline', true)
  progress.hold('paused', true)
  progress.hold('offline', false)
  progress.hold('paused', false)
  assert.deepEqual(phases, ['sending', 'offline', 'paused', 'paused', 'sending'])
})
