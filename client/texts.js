// What the element says: texts by their use, by the state of a file, by the code of an error or the reason of a rejection,
// and the names of media ranges. texts.d.ts has the types of what an app may use.

import { loaded } from './common.js'

const TRANSLATED = ['de', 'fr', 'es', 'zh']

export const TEXTS = {
  drop: 'Drop files here, or',
  choose: 'Choose files',
  folder: 'Choose a folder',
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
  interrupted: 'Interrupted',
  choose_again: 'Interrupted. Choose the same file again, and it continues.',
  checking: 'Sent. The file is being checked.',
  available: 'Uploaded',
  rejected: 'Not accepted.',
  failed: 'Not uploaded.',
  unchecked: 'Sent. No answer about the file has come yet.',
  cancelled: 'Cancelled',
  summary: 'Uploaded: {done} of {all}.',
  ongoing: 'On their way: {count}.',
  halted: 'Paused or interrupted: {count}.',
  unknown: 'Result unknown: {count}.',
  missing: 'Not uploaded: {count}.',
  pending: 'Wait until all files are uploaded.',
  required: 'Choose a file.',
  not_accepted: 'This kind of file is not accepted. Accepted: {accept}.',
  too_large: 'This file is too large. The largest size is {size}.',
  file_changed: 'The file has changed since its upload was interrupted. It can only be sent from the beginning.',
  sent_elsewhere: 'Another tab of this browser is sending the file.',
  network: 'The connection broke. Try again.',
  upload_token_unknown: 'No more files can be sent here.',
  upload_token_revoked: 'No more files can be sent here.',
  upload_token_expired: 'No more files can be sent here.',
  upload_token_used_up: 'No more files can be sent here.',
  '*/*': 'All kinds of files',
  'image/*': 'Images',
  'video/*': 'Videos',
  'audio/*': 'Audio',
  'text/*': 'Text',
  'font/*': 'Fonts',
}

// The tag as `Intl` takes it; undefined if it is none.
export function canonical(tag) {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0]
  } catch {} // such as `c`
}

// Of the element or of the next element around it, also outside of a shadow root.
export function languageOf(element) {
  for (let root; element; element = root instanceof ShadowRoot && root.host) {
    const around = element.closest('[lang]')
    if (around) return canonical(around.lang)
    root = element.getRootNode()
  }
}

// The texts in the language of this tag, or else in English.
export async function textsIn(tag = '') {
  const [language] = tag.toLowerCase().split(/[-_]/)
  if (!TRANSLATED.includes(language)) return TEXTS
  const { TRANSLATIONS } = await loaded(import('./translations.js'), './translations.js')
  return TRANSLATIONS[language]
}

// What is accepted, as a person calls it: the texts have names of media ranges. Others are called by their extension, or by
// a short subtype.
export function typesInWords(ranges, texts) {
  const nameOf = (range) => texts[range] ?? /^(?:\.|[^/]+\/)([a-z0-9]{1,4})(?:\+\w+)?$/i.exec(range)?.[1].toUpperCase() ?? range
  return [...new Set(ranges.map((range) => nameOf(range === 'text/plain' ? 'text/*' : range)))].join(', ')
}
