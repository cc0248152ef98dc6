// What the element says: texts by their use, by the state of a file, and by the code of an error or the reason of a
// rejection.

import { loaded } from './common.js'

const TRANSLATED = ['de', 'fr', 'es', 'zh']

export const TEXTS = {
  drop: 'Drop files here, or',
  choose: 'Choose files',
  list: 'Your files',
  pause: 'Pause',
  resume: 'Continue',
  cancel: 'Cancel',
  retry: 'Try again',
  remove: 'Remove',
  waiting: 'Waiting',
  preparing: 'Preparing',
  sending: 'Sending, {percent}',
  offline: 'No connection. The upload continues when it is back.',
  paused: 'Paused',
  checking: 'Sent. The file is being checked.',
  available: 'Uploaded',
  rejected: 'Not accepted.',
  failed: 'Not uploaded.',
  unchecked: 'Sent. No answer about the file has come yet.',
  cancelled: 'Cancelled',
  summary: 'Uploaded: {done} of {all}.',
  missing: 'Not uploaded: {count}.',
  pending: 'Wait until all files are uploaded.',
  required: 'Choose a file.',
  not_accepted: 'This kind of file is not accepted. Accepted: {accept}.',
  too_large: 'This file is too large. The largest size is {size}.',
  network: 'The connection broke. Try again.',
}

// The tag as `Intl` takes it; undefined if it is none.
export function canonical(tag) {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0]
  } catch {} // such as `c`
}

// The texts in the language of this tag, or else in English.
export async function textsIn(tag = '') {
  const language = tag.toLowerCase().split('-')[0]
  if (!TRANSLATED.includes(language)) return TEXTS
  const { TRANSLATIONS } = await loaded(import('./translations.js'), './translations.js')
  return TRANSLATIONS[language]
}
