import type { UploadState } from './list.js'

/** The names of the texts besides those of the states. */
export type TextName =
  | 'drop' | 'choose' | 'folder' | 'list'
  | 'pause' | 'resume' | 'cancel' | 'retry' | 'remove'
  | 'choose_again' | 'unchecked'
  | 'summary' | 'ongoing' | 'halted' | 'unknown' | 'missing' | 'pending' | 'required'
  | 'not_accepted' | 'too_large' | 'file_changed' | 'sent_elsewhere' | 'network'
  | 'upload_token_unknown' | 'upload_token_revoked' | 'upload_token_expired' | 'upload_token_used_up'
  | '*/*' | 'image/*' | 'video/*' | 'audio/*' | 'text/*' | 'font/*'

/**
 * The texts of `<postern-drop>`, by their names in docs/browser.md: by a file's state, by the code of some errors, and by other
 * uses. Other codes and reasons have none. `{percent}` and the like stand for values.
 */
export type Texts = Readonly<Record<UploadState | TextName, string> & Partial<Record<string, string>>>

/** The texts in English. */
export const TEXTS: Texts

/**
 * The texts in the language of the tag, such as `de-AT`: English, German, French, Spanish or Chinese, and English for every
 * other language. Rejects with a `PosternError` if they cannot be loaded.
 */
export function textsIn(tag?: string): Promise<Texts>

/** Names media ranges and extensions as people do: `['image/*', '.pdf']` is "Images, PDF". */
export function typesInWords(ranges: readonly string[], texts: Readonly<Partial<Record<string, string>>>): string
