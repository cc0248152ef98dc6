// What `uploadAll` does with a list.

import { PosternError } from './common.js'
import { createList, isPending } from './list.js'

// A result or an error for each file, in order.
export async function sendAll(files, options) {
  const list = createList({ batch: 50, ...options })
  const ended = new Promise((end) => list.subscribe(() => list.snapshot().some(isPending) || end()))
  list.add(files)
  await ended
  return list.snapshot().map(({ result, error }) => result ?? error ?? new PosternError('aborted', 'The upload was cancelled.'))
}
