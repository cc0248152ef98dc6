import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

const folder = new URL('../../client/', import.meta.url)
const MAX_CORE_BYTES = 6 * 1024

const run = promisify(execFile)
const textOf = (name) => readFile(new URL(name, folder), 'utf8')
const documented = (name) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

// The module and what it loads before it runs.
async function loadedBy(name, found = new Set()) {
  found.add(name)
  for (const [, next] of (await textOf(name)).matchAll(/^(?:import|export) .* from '\.\/(.+)'$/gm))
    if (!found.has(next)) await loadedBy(next, found)
  return [...found]
}

async function bytesOf(names) {
  const sizes = await Promise.all(names.map(async (name) => gzipSync(await textOf(name)).length))
  return sizes.reduce((sum, size) => sum + size)
}

test('the core and what it always loads have at most 6 KB, compressed', async () => {
  const core = await loadedBy('postern.js')
  assert.deepEqual(core, ['postern.js', 'common.js', 'progress.js'])
  const bytes = await bytesOf(core)
  assert.ok(bytes <= MAX_CORE_BYTES, `${bytes} bytes`)
})

test('the list, the element and its languages are as small as docs/browser.md says', async () => {
  for (const [names, kilobytes] of [[await loadedBy('react.js'), 10], [await loadedBy('drop.js'), 22.5], [await loadedBy('texts.js'), 3], [['translations.js'], 3]]) {
    const bytes = await bytesOf(names)
    assert.ok(bytes <= kilobytes * 1024, `${names[0]}: ${bytes} bytes`)
  }
})

test('what is loaded when it is needed has about 6 KB each', async () => {
  for (const names of [['parts.js', 'resume.js', 'checksum.js'], ['all.js', 'list.js', 'batches.js'], ['interrupted.js', 'handles.js', 'resume.js']]) {
    const bytes = await bytesOf(names)
    assert.ok(bytes > 5 * 1024 && bytes < 6.5 * 1024, `${names}: ${bytes} bytes`)
  }
})

test('a first visit makes as many requests as docs/capacity.md says', async () => {
  const rows = [...(await documented('capacity.md')).matchAll(/^\| `\/(?:postern\/latest\/)?(\w+\.js)` \| (\d+) \|$/gm)]
  assert.deepEqual(rows.map(([, name]) => name), ['postern.js', 'list.js', 'react.js', 'drop.js', 'texts.js'])
  // The address without a version is one more: a redirect, or a module that imports the versioned one.
  for (const [, name, requests] of rows) assert.equal((await loadedBy(name)).length + 1, Number(requests), name)
  const [, page] = /page of an upload token \| (\d+)/.exec(await documented('capacity.md'))
  assert.equal((await loadedBy('page.js')).length + 1, Number(page), 'the page and its scripts')
})

test('the command of docs/browser.md prints an import map with the digest of every module', async () => {
  const command = (await documented('browser.md')).split('```sh\n')[1].split('\n```')[0]
  const { integrity, ...more } = JSON.parse((await run('sh', ['-c', command], { cwd: folder })).stdout)
  assert.deepEqual(more, {})
  const names = (await readdir(folder)).filter((name) => name.endsWith('.js'))
  assert.deepEqual(Object.keys(integrity).sort(), names.sort().map((name) => `/postern/${name}`))
  for (const name of names) {
    const digest = createHash('sha384').update(await textOf(name)).digest('base64')
    assert.equal(integrity[`/postern/${name}`], `sha384-${digest}`, name)
  }
})

test('no module loads anything from elsewhere or evaluates text, so that a strict CSP holds', async () => {
  for (const name of (await readdir(folder)).filter((name) => name.endsWith('.js'))) {
    const text = await textOf(name)
    for (const [, from] of text.matchAll(/(?:from |import\()'([^']+)'/g))
      if (name !== 'react.js' || from !== 'react') assert.match(from, /^\.\/\w+\.js$/, name)
    assert.doesNotMatch(text, /\beval\(|new Function|createObjectURL|https?:/, name)
  }
})

test('what the package exports is in the folder', async () => {
  const { exports } = JSON.parse(await textOf('package.json'))
  const exported = Object.values(exports).flatMap(({ types, default: module }) => [types, module])
  for (const path of exported) assert.ok(await textOf(path), path)
  assert.deepEqual(exported.filter((path) => path.endsWith('.ts')).length, (await readdir(folder)).filter((name) => name.endsWith('.ts')).length)
})

test('npm packs every module and the types', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json'], { cwd: folder })
  const files = JSON.parse(stdout)[0].files.map(({ path }) => path)
  assert.deepEqual(files.sort(), (await readdir(folder)).sort())
})

test('an app gets the texts from the package', async (t) => {
  const app = await mkdtemp(join(tmpdir(), 'app-'))
  t.after(() => rm(app, { recursive: true }))
  const [packed] = JSON.parse((await run('npm', ['pack', '--json', '--pack-destination', app], { cwd: folder })).stdout)
  const installed = join(app, 'node_modules/postern')
  await mkdir(installed, { recursive: true })
  await run('tar', ['-xzf', join(app, packed.filename), '-C', installed, '--strip-components=1'])
  const script = `import { TEXTS, textsIn, typesInWords } from 'postern/texts'
    const german = await textsIn('de')
    console.log([TEXTS.remove, german.remove, typesInWords(['image/*', '.pdf'], german)].join())`
  await writeFile(join(app, 'app.mjs'), script)
  assert.equal((await run('node', ['app.mjs'], { cwd: app })).stdout, 'Remove,Entfernen,Bilder, PDF\n')
})
