// The rows of the element's files, one for each file of its list.

import { isOpen, isPending } from './list.js'
import { make, Row } from './row.js'

const INTERRUPTED = 'interrupted' // an upload that an earlier page began

export class Rows {
  #rows = new Map() // by the id of the upload
  #act
  #leave
  element = make('ul', { part: 'list', role: 'list' })

  // `act` gets the name of a button and the id of its file. `leave` is called when the row with the focus goes.
  constructor(act, leave) {
    this.#act = act
    this.#leave = leave
  }

  // Shows every row anew, such as in another language.
  show(look) {
    this.element.setAttribute('aria-label', look.texts.list)
    for (const row of this.#rows.values()) row.show(row.item, look)
  }

  // Shows what has changed in the list. Returns the files that have begun, gone on or are tried again, and those that
  // have ended.
  update(items, look) {
    const [begun, ended] = [[], []]
    for (const item of items) {
      if (!this.#rows.has(item.id)) this.#append(item)
      const row = this.#rows.get(item.id)
      if (row.item === item) continue
      const before = row.item?.state ?? INTERRUPTED
      row.show(item, look)
      if (item.state === before || item.state === INTERRUPTED) continue
      if (!isPending({ state: before }) && isOpen(item)) begun.push(item)
      if (!isPending(item)) ended.push(item)
    }
    const ids = new Set(items.map(({ id }) => id))
    for (const [id, row] of this.#rows) if (!ids.has(id)) this.#remove(id, row)
    return { begun, ended }
  }

  #append(item) {
    const row = new Row(item, this.#act)
    this.#rows.set(item.id, row)
    this.element.append(row.element)
  }

  #remove(id, { element }) {
    const hadFocus = element.contains(element.getRootNode().activeElement)
    element.remove()
    this.#rows.delete(id)
    if (hadFocus) this.#leave()
  }
}
