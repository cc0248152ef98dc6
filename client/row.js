// One file in the element's list. Names and what the server says are shown as text only.

import { fill, shareSent, showButtons, sizeInWords } from './files.js'
import { canRetry, isOpen, isPending, isUnchecked } from './list.js'
import { typesInWords } from './texts.js'

const BUTTONS = ['pause', 'resume', 'retry', 'cancel', 'remove']
const NOT_SENT = ['not_accepted', 'too_large'] // codes of what the element refuses

// Makes an element. Its children are elements and texts.
export function make(name, attributes = {}, ...children) {
  const made = Document.prototype.createElement.call(document, name) // `document.createElement` may be an image of the page
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value)
  made.append(...children)
  return made
}

// Which buttons the file has.
export function buttonsOf(item) {
  const { state, handle } = item
  if (state === 'sending') return ['pause', 'cancel']
  if (state === 'paused') return ['resume', 'cancel']
  if (state === 'interrupted') return handle ? ['resume', 'remove'] : ['remove']
  if (state === 'checking') return isOpen(item) ? [] : ['remove']
  if (canRetry(item)) return ['retry', 'remove']
  return isPending(item) ? ['cancel'] : ['remove']
}

// The name of the text that says what is being done with the file.
export function textOf(item) {
  if (isUnchecked(item)) return 'unchecked'
  return item.state === 'interrupted' && !item.handle ? 'choose_again' : item.state
}

// What the texts of a refusal name.
export const limitsInWords = ({ accepted, maxSize }, { texts, language }) =>
  ({ accept: typesInWords(accepted, texts), size: sizeInWords(maxSize, language) })

export class Row {
  #name = make('bdi')
  #size = make('small')
  #bar = make('progress', { part: 'progress', max: 1 })
  #own = make('span')
  #servers = make('span', { lang: 'en' })
  #buttons = BUTTONS.map((act) => make('button', { type: 'button', part: `button ${act}` }))

  constructor({ id, file, path }, act) {
    this.#name.textContent = path || file.name
    this.#name.id = `file-${id}`
    this.#bar.setAttribute('aria-labelledby', this.#name.id)
    for (const [index, button] of this.#buttons.entries()) {
      button.setAttribute('aria-describedby', this.#name.id)
      button.addEventListener('click', () => act(BUTTONS[index], id))
    }
    this.element = make(
      'li',
      { tabindex: -1 },
      make('p', { part: 'name' }, this.#name, ' ', this.#size),
      make('div', { part: 'buttons' }, ...this.#buttons),
      this.#bar,
      make('p', { part: 'state' }, this.#own, ' ', this.#servers),
    )
  }

  show(item, look) {
    const { texts, language, isDisabled } = look
    this.item = item
    const { file, state, progress } = item
    this.element.className = state
    this.element.setAttribute('part', `row ${state}`)
    this.#size.textContent = sizeInWords(file.size, language)
    this.#bar.value = shareSent(progress)
    this.#bar.hidden = !isPending(item) && state !== 'interrupted'
    this.#say(item, look)
    for (const [index, button] of this.#buttons.entries()) Object.assign(button, { textContent: texts[BUTTONS[index]], disabled: isDisabled })
    const acts = buttonsOf(item)
    showButtons(this.element, this.#buttons, (button) => acts.includes(BUTTONS[this.#buttons.indexOf(button)]))
  }

  #say(item, look) {
    const { texts, language } = look
    const { progress, result, error } = item
    const percent = new Intl.NumberFormat(language, { style: 'percent' }).format(shareSent(progress))
    const { code, limits } = error ?? {}
    // What the page refuses itself by a code of the element has no limits to name.
    const known = limits || !NOT_SENT.includes(code) ? texts[code ?? result?.reason] : undefined
    const own = fill((!isUnchecked(item) && known) || texts[textOf(item)], { percent, ...(limits && limitsInWords(limits, look)) })
    if (this.#own.textContent !== own) this.#own.textContent = own
    this.#servers.textContent = known ? '' : (error?.message ?? result?.detail ?? '')
  }
}
