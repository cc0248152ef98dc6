import type { UploadState } from './list.js'

/**
 * The texts of `<postern-drop>`, by their names in docs/browser.md: by a file's state, by the code of some errors, and by other
 * uses. `{percent}` and the like stand for values.
 */
export type Texts = Readonly<Record<UploadState, string> & Record<string, string>>

/** The texts in English. */
export const TEXTS: Texts

/**
 * The texts in the language of the tag, such as `de-AT`: English, German, French, Spanish or Chinese, and English for every
 * other language. Rejects with a `PosternError` if they cannot be loaded.
 */
export function textsIn(tag?: string): Promise<Texts>

/** Names media ranges and extensions as people do: `['image/*', '.pdf']` is "Images, PDF". */
export function typesInWords(ranges: readonly string[], texts: Readonly<Record<string, string>>): string
