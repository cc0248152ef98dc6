// What the tests of the list share.

import { fileOf, page, until } from './page.mjs'
import { PART_BYTES } from './stack.mjs'
import { createList, isPending } from '../../client/list.js'

export const FORM = /^POST s3/
export const SINGLE = /^POST \/uploads$/
export const BATCH = /batch/

export const named = (count) => Array.from({ length: count }, (_, n) => fileOf(1000 + n, `photo ${n}.png`))
export const video = () => fileOf(5 * PART_BYTES, 'video.mp4', 'video/mp4')
export const listOf = (stack, options = {}) => createList({ endpoint: stack.endpoint, ...options })
export const states = (list) => list.snapshot().map(({ state }) => state)
export const ended = (list) => until(() => !list.snapshot().some(isPending), 'everything has ended')

// Keeps every request to S3 back until the returned function is called.
export function held() {
  let go
  const gate = new Promise((open) => (go = open))
  page.onSend = () => gate
  return go
}
