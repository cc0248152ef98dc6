import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inWords } from '../../client/time.js'

const TIME = '2026-12-01T23:30:00.000Z'
const written = (language, preferred, timeZone) => inWords(TIME, language, preferred, timeZone).join(' | ').replaceAll('\u202f', ' ')

test('a time is in the zone of the person and in the language of the page', () => {
  for (const [language, timeZone, expected] of [
    ['en', 'America/New_York', 'December 1, 2026 | 6:30 PM EST'],
    ['de', 'Europe/Berlin', '2. Dezember 2026 | 00:30 MEZ'],
    ['fr', 'UTC', '1 décembre 2026 | 23:30 UTC'],
    ['es', 'America/Bogota', '1 de diciembre de 2026 | 18:30 GMT-5'],
    ['zh-Hans', 'Asia/Kolkata', '2026年12月2日 | GMT+5:30 05:00'],
  ])
    assert.equal(written(language, [], timeZone), expected)
})

test('the variant of the language is the one that the person prefers', () => {
  assert.equal(written('en', ['de-DE', 'en-GB', 'en-US'], 'Europe/Berlin'), '2 December 2026 | 00:30 CET')
  assert.equal(written('zh-Hans', ['zh-CN'], 'Asia/Shanghai'), '2026年12月2日 | GMT+8 07:30')
  assert.equal(written('de', ['en-GB'], 'Europe/Berlin'), '2. Dezember 2026 | 00:30 MEZ')
  assert.equal(written('en', ['en-US@posix'], 'UTC'), 'December 1, 2026 | 11:30 PM UTC')
})
