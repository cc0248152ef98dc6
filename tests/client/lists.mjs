// What the tests of the list share.

import { closed, fileOf, opened, page, until } from './page.mjs'
import { PART_BYTES } from './stack.mjs'
import { createList, isPending } from '../../client/list.js'

export const FORM = /^POST s3/
export const SINGLE = /^POST \/uploads$/
export const BATCH = /batch/
export const PUT = /^PUT s3/

export const named = (count) => Array.from({ length: count }, (_, n) => fileOf(1000 + n, `photo ${n}.png`))
export const video = () => fileOf(5 * PART_BYTES, 'video.mp4', 'video/mp4')
export const listOf = (stack, options = {}) => createList({ endpoint: stack.endpoint, ...options })
export const states = (list) => list.snapshot().map(({ state }) => state)
export const keys = () => Object.keys(localStorage)
export const ended = (list) => until(() => !list.snapshot().some(isPending), 'everything has ended')

// Keeps every request to S3 back until the returned function is called.
export function held() {
  let go
  const gate = new Promise((open) => (go = open))
  page.onSend = () => gate
  return go
}

// Keeps every question to the API back until the returned function is called, whose `asked` waits for the first one.
export function heldQuestions(stack) {
  let goOn
  let isAsked = false
  const gate = new Promise((open) => (goOn = open))
  const answer = stack.answer.bind(stack)
  stack.answer = async (method, ...request) => {
    if (method === 'GET') isAsked = true
    if (method === 'GET') await gate
    return answer(method, ...request)
  }
  return Object.assign(goOn, { asked: () => until(() => isAsked, 'the API is asked') })
}

// An upload of which S3 has some parts, in a page that was closed then.
export async function crashed(options = {}, stack = opened()) {
  const [made, sent] = [stack.made, stack.count(PUT)]
  page.onSend = () => stack.count(PUT) < sent + 2 || new Promise(() => {})
  const { file = video(), handle, ...others } = options
  listOf(stack, others).add([{ file, path: options.path, handle }])
  await until(() => stack.made > made && [...stack.uploads.values()].at(-1).parts.size >= 2 && page.answering === 0)
  closed()
  return stack
}

export async function restored(stack, options) {
  const list = listOf(stack, options)
  await list.restore()
  return list
}

// Another tab holds the file until the returned function is called.
export async function heldElsewhere() {
  let free
  await new Promise((isHeld) => {
    navigator.locks.request(keys()[0], { ifAvailable: true }, () => new Promise((go) => isHeld((free = go))))
  })
  return free
}

// An earlier page is closed while these files are checked.
export async function closedWhileChecked(options = {}, files = [video()]) {
  const stack = opened()
  stack.verdict = { state: 'pending' }
  const list = listOf(stack, options)
  for (const file of files) {
    list.add([file])
    await until(() => states(list).every((state) => state === 'checking'))
  }
  closed()
  return stack
}
