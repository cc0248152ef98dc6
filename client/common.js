// What all modules use: errors and keys.

export const LARGEST_FORM_BYTES = 32 * 2 ** 20 // a larger file goes in parts

const LONGEST_RETRY_AFTER_S = 60 // a longer wait is left to the app

export class PosternError extends Error {
  name = 'PosternError'
  status
  errors
  retryAfter
  constructor(code, message, { cause, ...more } = {}) {
    super(message, { cause })
    Object.assign(this, { code, ...more })
  }
}

export const failure = (code, message) => (cause) => {
  throw new PosternError(code, message ?? String(cause), { cause })
}
export const networkError = failure('network', 'The network failed.')
export const unreadable = failure('unreadable', 'The file cannot be read: it was changed, moved or removed.')

export function isTransient({ code, status, retryAfter = 0 }) {
  const isOverloaded = status >= 500 || status === 429 || status === 408
  return (code === 'network' || code === 'RequestTimeout' || isOverloaded) && retryAfter <= LONGEST_RETRY_AFTER_S
}

// `document.querySelector` may be an image of the page.
const findMap = () => globalThis.Document?.prototype.querySelector.call(document, 'script[type*=importmap i]')
const hadMap = findMap() // the page may remove it later

// After a failure, Firefox loads a module only from another address, which no import map checks.
export function loaded(module, path) {
  const again = () => import(/* webpackIgnore: true */ /* @vite-ignore */ findMap() || hadMap ? path : `${path}?${newKey()}`)
  return module.catch(again).catch(networkError)
}

// A signal that ends with any of `given`, until `release` is called. `AbortSignal.any` has no such end.
export function linked(...given) {
  const signals = given.filter(Boolean)
  const control = new AbortController()
  const abort = ({ target }) => control.abort(target.reason)
  for (const signal of signals) {
    if (signal.aborted) control.abort(signal.reason)
    signal.addEventListener('abort', abort)
  }
  const release = () => signals.forEach((signal) => signal.removeEventListener('abort', abort))
  return { signal: control.signal, release }
}

export const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

export const newKey = () => hex(crypto.getRandomValues(new Uint8Array(16)))
