// What has become of the files of a list, in one line. The line changes only when a file comes to another state, not with
// each percent: a screen reader reads each change.

import { fill } from './files.js'
import { isPending, isUnchecked } from './list.js'

export function summaryOf(items, texts, language) {
  if (!items.length) return ''
  const { format } = new Intl.NumberFormat(language)
  const counts = { done: 0, ongoing: 0, halted: 0, unknown: 0, missing: 0 }
  for (const item of items) counts[outcomeOf(item)] += 1
  const { done, ...others } = counts
  const lines = [fill(texts.summary, { done: format(done), all: format(items.length) })]
  for (const [name, count] of Object.entries(others)) if (count) lines.push(fill(texts[name], { count: format(count) }))
  if (done === items.length && texts.complete) lines.push(texts.complete)
  return lines.join(' ')
}

function outcomeOf(item) {
  if (item.state === 'available') return 'done'
  if (['paused', 'interrupted'].includes(item.state)) return 'halted'
  if (isPending(item)) return 'ongoing'
  return isUnchecked(item) ? 'unknown' : 'missing'
}
