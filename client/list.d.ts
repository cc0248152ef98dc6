import type { AllOptions, Phase, PosternError, Progress, Result } from './postern.js'

/** `waiting` for its turn, what is being done, how the upload ended, or `interrupted` in an earlier page. */
export type UploadState = 'waiting' | Phase | 'available' | 'rejected' | 'failed' | 'cancelled' | 'interrupted'

interface Item {
  readonly id: number
  /** The path of the file in its folder: what the list was given, or the file's `webkitRelativePath`. */
  readonly path: string | undefined
  /** What opens the file again after a reload, where the list was given one. Of an interrupted upload: whether `resume` can go on. */
  readonly handle: FileSystemFileHandle | undefined
  /** The last progress; `undefined` until the file has begun. */
  readonly progress: Progress | undefined
  /** Of an upload that is `available` or `rejected`. */
  readonly result: Result | undefined
  /** Of an upload that has `failed`. */
  readonly error: PosternError | undefined
}

interface Begun extends Item {
  readonly file: File
  readonly state: Exclude<UploadState, 'interrupted'>
}

/** An upload in parts that an earlier page began, and whose file is not open: it was interrupted, or S3 has the file. */
export interface Earlier extends Item {
  readonly file: Readonly<Pick<File, 'name' | 'size' | 'type'>>
  readonly state: Exclude<UploadState, 'sending' | 'paused'>
}

/** One file of a list. It never changes: a change makes a new one with the same `id`. */
export type Upload = Begun | Earlier

export interface ListOptions extends AllOptions {
  /**
   * How many files are sent at once, 3 by default. A file that is paused or being checked does not count. At most 20 files
   * are sent or checked at once.
   */
  concurrency?: number | undefined
  /**
   * For how many small files one request asks for forms, 1 by default and 50 at most. Each of them costs a use of an upload
   * token before its file is sent.
   */
  batch?: number | undefined
  /** Tells lists of one endpoint apart: `restore` shows only what a list of this name has begun. */
  name?: string | undefined
}

/** A file with its path in a folder, or one that is not sent because of `error`. */
export interface NewFile {
  file: File
  path?: string | undefined
  /** Of `showOpenFilePicker`, or of a dropped item. With it, an upload in parts goes on after a reload by `resume`. */
  handle?: FileSystemFileHandle | undefined
  error?: PosternError | undefined
}

/** The functions need no `this`. */
export interface List {
  /** May be replaced at any time: `jwt` is used at once, the others for files that begin later. */
  options: ListOptions
  /**
   * Adds files, which begin as soon as it is their turn. Returns their ids. A file with the name and the size of an
   * interrupted upload, or of one in parts that has failed, takes its place, and goes on if it is the same file.
   */
  add(files: Iterable<File | NewFile>): number[]
  /** Stops a file that is being sent. The next one takes its place. */
  pause(id: number): void
  /**
   * Adds what a list of this endpoint, metadata and name has begun in this browser, and what no page is sending: what was
   * interrupted, and files that S3 has and whose verdict was not shown yet. Takes from the list what is no longer
   * interrupted. Does not reject: without storage, or if the API does not answer, nothing changes. Waits up to two seconds for a
   * page that was closed a moment ago. What another page sends is added once that page has ended.
   * As a listener of `storage`, it ignores what the app itself keeps. As one of `pageshow`, it ignores a page that was loaded.
   */
  restore(): Promise<void>
  /**
   * Goes on with a paused file, before files that wait. Without a free place it is `waiting` at first. Of an interrupted
   * upload that has a handle, opens the file again: call it in the listener of a click, because the browser may ask the
   * person. If the file cannot be opened, the handle goes, and the person must choose the file again.
   */
  resume(id: number): void
  /**
   * Cancels at once what waits or is being sent, and gives it up meanwhile. A file that S3 has already stays, and so does
   * an interrupted upload.
   */
  cancel(id: number): void
  /**
   * Sends a file again that has `failed` or was `cancelled`, but none that was added with an error. Offer it if `canRetry`.
   * After the error `file_changed`, sends the file as a new upload, and gives the interrupted one up as soon as the API has
   * made the new one.
   */
  retry(id: number): void
  /** Cancels the upload, also an interrupted one and one in parts that has failed, and takes it from the list. It deletes no file that S3 has. */
  remove(id: number): void
  /** Calls `listener` after each change, until the returned function is called. */
  subscribe(listener: () => void): () => void
  /** The files in the order in which they were added. The same array as long as nothing changes. */
  snapshot(): readonly Upload[]
}

/** Makes an empty list. */
export function createList(options: ListOptions): List

/** Whether the upload has not ended. An interrupted one is not pending: nothing is being done for it. */
export function isPending(upload: Upload): boolean

/**
 * Whether another try of a file that has `failed` or was `cancelled` may succeed. False where S3 may have the file, and after
 * errors that last, such as a refused type or an upload token that has ended. docs/browser.md names them.
 */
export function canRetry(upload: Outcome): boolean

/**
 * Whether the upload has failed after S3 got the file, so that no verdict came. Do not send such a file again. False if the
 * file was deleted meanwhile.
 */
export function isUnchecked(upload: Outcome): boolean

/** Of an item of the list, or of an `upload`: `failed`, or `cancelled` after `aborted`, with its error and its last progress. */
export type Outcome = Pick<Upload, 'state' | 'error' | 'progress'>
