// What an app writes in TypeScript. `tsc --strict` checks it, and never runs it.

import type { PosternDrop } from 'postern/drop'
import { usePostern } from 'postern/react'
import { canRetry, createList, isPending, isUnchecked, type List, type Upload } from 'postern/list'
import { TEXTS, textsIn, typesInWords, type Texts } from 'postern/texts'
import { PosternError, upload, uploadAll, type Phase, type Progress, type Result } from 'postern'

export async function one(file: File, signal: AbortSignal): Promise<string> {
  const task = upload(file, {
    endpoint: 'https://api.example.com/t/token',
    metadata: { album: '7' },
    signal,
    onProgress({ phase, loaded, total, bytesPerSecond, secondsLeft, uploadId }) {
      const shown: [Phase, number, number, string | undefined] = [phase, loaded / total, (bytesPerSecond ?? 0) + (secondsLeft ?? 0), uploadId]
      console.log(shown)
    },
  })
  task.pause()
  task.resume()
  const result = await task
  // @ts-expect-error: only a rejected upload has a reason
  console.log(result.reason.length)
  return result.state === 'rejected' ? `${result.reason}: ${result.detail}` : result.uploadId
}

export async function many(files: FileList): Promise<Result[]> {
  const results = await uploadAll(Array.from(files), {
    endpoint: 'https://api.example.com',
    jwt: async () => 'jwt',
    concurrency: 4,
    onFile: (index, { phase }) => console.log(index, phase),
  })
  const failed = results.filter((result) => result instanceof PosternError)
  for (const { code, status, errors, message, retryAfter } of failed) console.log(code, status, errors?.[0]?.rule, message, retryAfter)
  return results.filter((result) => 'state' in result)
}

// As a component passes the properties that it was not given.
export function optional({ jwt, metadata, signal }: { jwt?: () => string; metadata?: Record<string, string>; signal?: AbortSignal }): List {
  const none = undefined
  void upload(new File([], 'empty'), { endpoint: '', jwt, metadata, signal, filename: none, contentType: none, path: none, onProgress: none })
  void uploadAll([], { endpoint: '', jwt, metadata, signal, onFile: none, concurrency: none })
  const drop: Partial<PosternDrop> = { jwt, metadata }
  const error = new PosternError('mine', 'No.', { status: none, errors: none, retryAfter: none })
  console.log(drop, error)
  return createList({ endpoint: '', jwt, metadata, signal, concurrency: none, batch: none, name: none })
}

// What an app offers after `upload` has failed.
export const offered = (error: PosternError, progress: Progress | undefined): [boolean, boolean] =>
  [isUnchecked({ state: 'failed', error, progress }), canRetry({ state: 'failed', error, progress })]

export const blob = upload(new Blob(['text']), { endpoint: '', filename: 'text.txt' })
// @ts-expect-error: a blob has no name
export const nameless = upload(new Blob(['text']), { endpoint: '' })
// @ts-expect-error: an upload needs an endpoint
export const nowhere = upload(new File([], 'empty'), {})
// @ts-expect-error: several files cannot have the same name
export const named = uploadAll([], { endpoint: '', filename: 'a' })

export function shown(files: FileList, list: List = createList({ endpoint: '', jwt: () => 'jwt', concurrency: 2, batch: 50 })): () => void {
  const ids: number[] = list.add([...files, { file: new File([], 'empty'), path: 'folder/empty', error: new PosternError('mine', 'No.') }])
  const { pause, resume, cancel, retry, remove, subscribe, snapshot } = list
  for (const act of [pause, resume, cancel, retry, remove]) act(ids[0]!)
  list.options = { ...list.options, metadata: { album: '7' } }
  const text = ({ file, path, state, progress, result, error }: Upload) =>
    [path ?? file.name, state, progress?.loaded, result?.uploadId, error?.code, error?.message ?? result?.detail].join()
  const again = snapshot().find((one) => one.state === 'interrupted')
  if (again?.handle) resume(again.id)
  void list.restore()
  addEventListener('storage', list.restore)
  addEventListener('pageshow', list.restore)
  // @ts-expect-error: the file of an interrupted upload is not open
  again?.file.arrayBuffer()
  // @ts-expect-error: an upload never changes
  snapshot()[0]!.state = 'available'
  // @ts-expect-error: nothing is called so
  if (snapshot()[0]!.state === 'received') return () => {}
  return subscribe(() => console.log(snapshot().filter(isPending).map(text), snapshot().some(isUnchecked), snapshot().filter(canRetry).length))
}

export function Component({ jwt, files }: { jwt: () => string; files: FileList }): string[] {
  const { uploads, add, restore, retry } = usePostern({ endpoint: 'https://api.example.com', jwt })
  const again = (): void => add(files).forEach(retry)
  // @ts-expect-error: the hook has a signal of its own
  usePostern({ endpoint: '', signal: new AbortController().signal })
  void restore()
  return uploads.map(({ state }) => `${state} ${again}`)
}

export async function words({ state, error, result }: Upload, drop: PosternDrop): Promise<string> {
  const texts: Texts = navigator.onLine ? await textsIn(navigator.language) : TEXTS
  drop.texts = { ...texts, choose: typesInWords(['image/*'], { 'image/*': 'Photos' }) }
  // @ts-expect-error: the texts are not the app's to change
  texts.remove = 'Take away'
  const named: string[] = [texts.unchecked, texts.choose_again, texts.upload_token_used_up, drop.texts.remove ?? '']
  // @ts-expect-error: most codes have no text
  texts.invalid_fields.length
  return texts[error?.code ?? result?.reason ?? ''] ?? named[0] ?? texts[state]
}

export function element(drop: PosternDrop = document.querySelector('postern-drop')!): void {
  Object.assign(drop, { jwt: async () => 'jwt', metadata: { album: '7' }, texts: { choose: 'Choose' } })
  drop.add([new File([], 'empty'), { file: new File([], 'empty'), handle: undefined }])
  Object.assign(drop, { endpoint: '', accept: '.txt', multiple: true, maxSize: 5, name: 'note', required: true, disabled: false, value: '' } satisfies Partial<PosternDrop>)
  if (drop.willValidate && !drop.checkValidity() && !drop.reportValidity()) console.log(drop.form?.action, drop.labels.length, drop.validity.valueMissing, drop.validationMessage)
  drop.setCustomValidity(drop.value.split(',').length < 2 ? 'Two files.' : '')
  // @ts-expect-error: the browser sets it
  drop.form = null
  drop.addEventListener('postern-uploaded', ({ detail: { file, uploadId } }) => console.log(file.name, uploadId, drop.uploads.length))
  document.addEventListener('postern-failed', ({ detail: { error, result } }) => {
    console.log(error ? error.code : result.reason)
    // @ts-expect-error: it may have no error
    console.log(error.code)
  })
}
