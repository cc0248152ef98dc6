// What the page and the element do with files: what was dropped, what is accepted, sizes in words, and a row's buttons.

import { LARGEST_FORM_BYTES, unreadable } from './common.js'
import { typeOf } from './postern.js'

// The files of what was dropped, also of folders in it, as `{ file, path, handle }`. What the browser cannot read has an
// `error`.
export async function droppedFiles(items) {
  const named = [...items].filter((item) => item.kind === 'file')
  const roots = named.map((item) => filesOfRoot(item.webkitGetAsEntry() ?? item.getAsFile(), handleOf(item)))
  return (await Promise.all(roots)).flat()
}

async function filesOfRoot(root, handle) {
  const found = await readable(root, true)
  if (!root.isDirectory) found[0].handle = await handle
  return found
}

// What opens a file in parts again after a reload, where the browser has that.
async function handleOf(item) {
  try {
    if (item.getAsFile().size > LARGEST_FORM_BYTES) return await item.getAsFileSystemHandle()
  } catch {}
}

// Their places in a folder remain known.
export function chosenFiles(files) {
  const chosen = [...files].map((file) => ({ file, path: file.webkitRelativePath || undefined }))
  return chosen.filter(({ file, path }) => !path || !isOfSystem(file))
}

// Whether an operating system keeps the file in folders, mostly hidden from people.
const isOfSystem = ({ name }) => ['.ds_store', 'desktop.ini', 'thumbs.db'].includes(name.toLowerCase())

async function readable(entry, isRoot) {
  try {
    return await filesOf(entry, isRoot).catch(unreadable)
  } catch (error) {
    return [{ file: new File([], entry.name), path: entry.fullPath?.slice(1), error }]
  }
}

async function filesOf(entry, isRoot) {
  if (entry instanceof File) return chosenFiles([entry])
  if (entry.isFile) {
    const file = await new Promise((done, fail) => entry.file(done, fail))
    return [{ file, path: isRoot ? undefined : entry.fullPath.slice(1) }]
  }
  const reader = entry.createReader()
  const children = []
  for (let more; more?.length !== 0; children.push(...more)) {
    more = await new Promise((done, fail) => reader.readEntries(done, fail))
  }
  const wanted = children.filter((child) => !child.isFile || !isOfSystem(child))
  return (await Promise.all(wanted.map((child) => readable(child, false)))).flat()
}

// Whether one of the media ranges or extensions (`image/*`, `.pdf`) has the file, by the type that the client declares.
export function isAccepted(file, accepted) {
  const name = file.name.toLowerCase()
  const type = typeOf(name, file).split(';')[0].trim().toLowerCase()
  const has = (one) => {
    if (one.startsWith('.')) return name.endsWith(one)
    return one === '*/*' || one === type || (one.endsWith('/*') && type.startsWith(one.slice(0, -1)))
  }
  return accepted.map((one) => one.toLowerCase()).some(has)
}

export function sizeInWords(bytes, language) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3))
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  return `${number.format(bytes / 1000 ** step)}\u00a0${units[step]}`
}

// How much is sent, from 0 to 1.
export const shareSent = ({ phase, loaded, total } = {}) => (total ? loaded / total : Number(phase === 'checking'))

// Puts the values into the braces of a text.
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name])

// Shows some buttons of a row. The focus does not get lost with a button that goes.
export function showButtons(row, buttons, isShown) {
  const focused = row.getRootNode().activeElement
  for (const button of buttons) button.hidden = !isShown(button)
  if (!row.contains(focused) || !focused.hidden) return
  const next = buttons.find((button) => !button.hidden) ?? row
  next.focus()
}
