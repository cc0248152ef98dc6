// What every field of a form has: its form, its labels, its validity, and its attributes as properties.

// The name of an element's internals, which only the element itself may change.
export const internals = Symbol('internals')

export class FormControl extends HTMLElement {
  static formAssociated = true;

  [internals] = this.attachInternals()

  checkValidity() {
    return this[internals].checkValidity()
  }

  reportValidity() {
    return this[internals].reportValidity()
  }

  // Sets what was set as a property before the class was there.
  takeEarly(...names) {
    for (const name of names.filter((name) => Object.hasOwn(this, name))) {
      const value = this[name]
      delete this[name]
      this[name] = value
    }
  }
}

const define = ({ prototype }, name, property) =>
  Object.defineProperty(prototype, name, { ...property, enumerable: true, configurable: true })

for (const name of ['form', 'labels', 'willValidate', 'validity', 'validationMessage'])
  define(FormControl, name, { get() { return this[internals][name] } })

// Makes attributes properties too: `flags` are there or not, `texts` have a value.
export function reflect(control, { flags, texts }) {
  for (const name of flags)
    define(control, name, {
      get() { return this.hasAttribute(name) },
      set(value) { this.toggleAttribute(name, Boolean(value)) },
    })
  for (const name of texts)
    define(control, name, {
      get() { return this.getAttribute(name) ?? '' },
      set(value) {
        if (value === undefined || value === null) this.removeAttribute(name)
        else this.setAttribute(name, value)
      },
    })
}
