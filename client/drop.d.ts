import type { NewFile, Upload } from './list.js'
import type { AllOptions, Available, PosternError, Rejected } from './postern.js'
import type { Texts } from './texts.js'

export type { Upload }

/** The detail of `postern-uploaded`. */
export interface Uploaded {
  id: number
  file: Upload['file']
  path: string | undefined
  uploadId: string
  result: Available
  error: undefined
}

/** The detail of `postern-failed`: a file that was rejected has a `result`, every other one an `error`. */
export type Failed = {
  id: number
  file: Upload['file']
  path: string | undefined
} & ({ uploadId: string; result: Rejected; error: undefined } | { uploadId: undefined; result: undefined; error: PosternError })

/** `<postern-drop>`, a field of its form. A property that is also an attribute has the same name, except `max-size`. */
export class PosternDrop extends HTMLElement {
  endpoint: string
  accept: string
  multiple: boolean
  /** In bytes; `Infinity` without the attribute `max-size`. */
  maxSize: number
  name: string
  required: boolean
  disabled: boolean
  jwt?: AllOptions['jwt'] | undefined
  metadata?: AllOptions['metadata'] | undefined
  /**
   * Texts of your own, by their names in docs/browser.md, by a file's state, or by the code of an error or a rejection. The
   * others are in the language of the element, if it is English, German, French, Spanish or Chinese, or else in English.
   */
  texts: Partial<Texts>
  /** The ids of the uploaded files, separated by commas. The form sends each as an entry. Only `''` can be set: it removes all files. */
  value: string
  readonly form: HTMLFormElement | null
  readonly labels: NodeList
  readonly willValidate: boolean
  readonly validity: ValidityState
  readonly validationMessage: string
  checkValidity(): boolean
  reportValidity(): boolean
  /** Keeps the form from being sent with this message. `''` lets it be sent again. */
  setCustomValidity(message: string): void
  readonly uploads: readonly Upload[]
  /**
   * Adds files. Without `multiple`, it takes the first one that is sent, and this file replaces the former one once the new one
   * is available. A file with the name and the size of an interrupted one takes its place, and goes on if it is the same file.
   */
  add(files: Iterable<File | NewFile>): void
}

declare global {
  interface HTMLElementTagNameMap {
    'postern-drop': PosternDrop
  }
  interface GlobalEventHandlersEventMap {
    'postern-uploaded': CustomEvent<Uploaded>
    'postern-failed': CustomEvent<Failed>
  }
}
