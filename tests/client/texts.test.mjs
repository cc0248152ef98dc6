import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { canonical, TEXTS, textsIn, typesInWords } from '../../client/texts.js'
import { TRANSLATIONS } from '../../client/translations.js'

const placeholders = (text) => (text.match(/\{\w+\}/g) ?? []).sort()

test('every language has every text, with the same values', () => {
  for (const [language, texts] of Object.entries(TRANSLATIONS)) {
    assert.deepEqual(Object.keys(texts), Object.keys(TEXTS), language)
    for (const [name, text] of Object.entries(texts)) {
      assert.deepEqual(placeholders(text), placeholders(TEXTS[name]), `${language} ${name}`)
      assert.notEqual(text, '', `${language} ${name}`)
    }
  }
})

test('every state of a list has a text, and the types name every other text', async () => {
  const states = ['waiting', 'preparing', 'sending', 'paused', 'offline', 'checking', 'available', 'rejected', 'failed', 'cancelled', 'interrupted']
  const types = await readFile(new URL('../../client/texts.d.ts', import.meta.url), 'utf8')
  const names = [...types.matchAll(/^  \| .*$/gm)].flatMap(([line]) => line.match(/[a-z_*/]+(?=')/g))
  assert.deepEqual([...states, ...names].sort(), Object.keys(TEXTS).sort())
})

test('a tag is as Intl takes it, or none', () => {
  const tags = { de: 'de', de_DE: 'de-DE', 'DE-de': 'de-DE', zh_Hans_CN: 'zh-Hans-CN', '': undefined, c: undefined, 'de DE': undefined, '*': undefined }
  for (const [tag, expected] of Object.entries(tags)) {
    assert.equal(canonical(tag), expected, tag)
    new Intl.NumberFormat(canonical(tag))
  }
})

test('a tag has the texts of its language, and of English if there are none', async () => {
  for (const language of Object.keys(TRANSLATIONS)) {
    assert.equal(await textsIn(language), TRANSLATIONS[language])
    for (const tag of [`${language.toUpperCase()}-XX`, `${language}_XX`]) assert.equal(await textsIn(tag), TRANSLATIONS[language], tag)
  }
  for (const tag of [undefined, '', 'en', 'en-GB', 'it', 'den', 'constructor']) assert.equal(await textsIn(tag), TEXTS, tag)
})

test('types are named as people name them', () => {
  for (const [accept, words] of [
    ['*/*', 'All kinds of files'],
    ['image/* video/* audio/* text/* font/*', 'Images, Videos, Audio, Text, Fonts'],
    ['image/png image/svg+xml application/pdf .txt .HEIC', 'PNG, SVG, PDF, TXT, HEIC'],
    ['text/csv text/plain text/* .csv', 'CSV, Text'],
    ['application/vnd.example.unknown+json application/* .numbers', 'application/vnd.example.unknown+json, application/*, .numbers'],
  ])
    assert.equal(typesInWords(accept.split(' '), TEXTS), words)
  assert.equal(typesInWords(['image/*', '.heic', 'text/plain'], { ...TRANSLATIONS.de, '.heic': 'HEIC vom iPhone' }), 'Bilder, HEIC vom iPhone, Text')
})
