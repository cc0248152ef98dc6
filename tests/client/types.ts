// What an app writes in TypeScript. `tsc --strict` checks it, and never runs it.

import { PosternError, upload, uploadAll, type Phase, type Result } from '../../client/postern.js'

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
  console.log(result.reason)
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

export const blob = upload(new Blob(['text']), { endpoint: '', filename: 'text.txt' })
// @ts-expect-error: a blob has no name
export const nameless = upload(new Blob(['text']), { endpoint: '' })
// @ts-expect-error: an upload needs an endpoint
export const nowhere = upload(new File([], 'empty'), {})
// @ts-expect-error: several files cannot have the same name
export const named = uploadAll([], { endpoint: '', filename: 'a' })
