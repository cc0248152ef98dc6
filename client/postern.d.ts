/** What happens at the moment. `offline`: the browser has no network, and the upload goes on once it has one. */
export type Phase = 'preparing' | 'sending' | 'offline' | 'paused' | 'checking'

export interface Progress {
  phase: Phase
  /** Bytes. It never falls in one page. */
  loaded: number
  total: number
  /** Of the last seconds; `undefined` until they are known, and outside of `sending`. */
  bytesPerSecond: number | undefined
  secondsLeft: number | undefined
  /**
   * The upload's id, once the API has given it. After `sent_elsewhere` and `file_changed` it is that of the interrupted upload,
   * which another tab may be sending: do not delete by it.
   */
  uploadId: string | undefined
  /** Whether the upload began in an earlier page, or before an error, and goes on. */
  isResumed: boolean
}

export interface AllOptions {
  /** `https://api…/t/<upload token>`, or `https://api…` with `jwt`. */
  endpoint: string
  /** Returns the app's JWT. It is called before each request to the API. Only for `endpoint` without an upload token. */
  jwt?: (() => string | Promise<string>) | undefined
  /** Names (`a-z 0-9 - _ .`) and values (printable ASCII), which everybody who opens a link gets. */
  metadata?: Record<string, string> | undefined
  /** Cancels the upload, which then leaves nothing at S3, unless S3 has the whole file. */
  signal?: AbortSignal | undefined
}

export interface UploadOptions extends AllOptions {
  /** By default the file's name. */
  filename?: string | undefined
  /** By default the file's type, or the type of its extension. */
  contentType?: string | undefined
  /** The path of the file in its folder, which ends with the file's name. By default that of `webkitRelativePath`. */
  path?: string | undefined
  onProgress?: ((progress: Progress) => void) | undefined
}

export interface UploadAllOptions extends AllOptions {
  /** `index` is the file's place in `files`. */
  onFile?: ((index: number, progress: Progress) => void) | undefined
  /** How many files are sent at once, 3 by default. */
  concurrency?: number | undefined
}

export interface Available {
  state: 'available'
  uploadId: string
  reason?: undefined
  detail?: undefined
}

export interface Rejected {
  state: 'rejected'
  uploadId: string
  /** A reason of docs/api.md, such as `content_type_mismatch`. */
  reason: string
  /** What to do, in English. */
  detail: string
}

export type Result = Available | Rejected

/** The result, with the means to pause. */
export interface Task extends Promise<Result> {
  /** Stops sending at once. A form begins again afterwards, and of a file in parts only the parts on their way. */
  pause(): void
  resume(): void
}

/** Uploads a file, or a blob with `filename`. It rejects with a {@link PosternError}. */
export function upload(file: File, options: UploadOptions): Task
export function upload(file: Blob, options: UploadOptions & { filename: string }): Task

/** Uploads files. Returns one result or error for each, in order, and never rejects for one file. */
export function uploadAll(files: Iterable<File>, options: UploadAllOptions): Promise<Array<Result | PosternError>>

export class PosternError extends Error {
  constructor(code: string, message: string, details?: ErrorDetails)
  readonly name: 'PosternError'
  /**
   * The API's code (`invalid_fields`), S3's code (`EntityTooLarge`), `http_<status>` for an answer without a code,
   * or `network`, `aborted`, `timeout`, `unreadable` (the file was changed, moved or removed), `checksum_mismatch`,
   * `jwt` (`jwt` failed), `unexpected` (an option is wrong or missing), `expired`, `deleting`, `deleted` (the upload was
   * given up or deleted elsewhere). A list adds `file_changed` (it is not the file that was interrupted) and
   * `sent_elsewhere` (another tab is sending it). `<postern-drop>` adds `not_accepted` and `too_large`. docs/browser.md explains each.
   */
  readonly code: string
  /** The status of the answer. */
  readonly status: number | undefined
  /** Every field that breaks a rule. */
  readonly errors: Array<{ field: string; rule: string }> | undefined
  /** After how many seconds another try makes sense. */
  readonly retryAfter: number | undefined
}

interface ErrorDetails {
  status?: number | undefined
  errors?: Array<{ field: string; rule: string }> | undefined
  retryAfter?: number | undefined
  cause?: unknown
}
