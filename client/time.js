// A time in the time zone of the person.

// The date, and the clock with the short name of the zone. `preferred` are the person's languages: the first variant of the
// page's language decides, such as en-GB, so that nobody reads a clock of another region.
export function inWords(time, language, preferred, timeZone) {
  const base = (tag) => tag.split('-')[0]
  const write = (tag) => {
    const format = (options) => new Intl.DateTimeFormat(tag, { timeZone, ...options }).format(new Date(time))
    return [format({ dateStyle: 'long' }), format({ hour: 'numeric', minute: '2-digit', timeZoneName: 'short' })]
  }
  try {
    return write(preferred.find((tag) => base(tag) === base(language)) ?? language)
  } catch {
    return write(language) // a tag such as en-US@posix is none for `Intl`
  }
}

// Writes a <time> anew. Its date and its clock are elements of their own, each on its line, so that nothing moves.
export function localize(element, language) {
  const [date, clock] = element.children
  ;[date.textContent, clock.textContent] = inWords(element.dateTime, language, navigator.languages)
}
