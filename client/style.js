// How the element looks. Colors come from the page's text color, so that they fit light and dark pages. A style sheet
// of this kind needs no permission of a Content Security Policy.

export const style = new CSSStyleSheet()

style.replaceSync(`
:host {
  --line: var(--postern-line, color-mix(in srgb, currentColor 55%, transparent));
  --tint: var(--postern-tint, color-mix(in srgb, currentColor 7%, transparent));
  --track: color-mix(in srgb, currentColor 15%, transparent);
  --accent: var(--postern-accent, LinkText);
  --success: var(--postern-success, color-mix(in srgb, currentColor 40%, #00a000));
  --error: var(--postern-error, color-mix(in srgb, currentColor 40%, #f00000));
  --radius: var(--postern-radius, .5rem);
  display: block;
  line-height: 1.5;
}
:host([hidden]), [hidden] { display: none !important }
[part=area] {
  display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: .5rem 1rem;
  padding: 1.5rem 1rem; border: 2px dashed var(--line); border-radius: var(--radius); text-align: center;
  transition: background-color .15s;
}
.over { border-style: solid !important; border-color: var(--accent) !important; background: var(--tint) }
p { margin: 0 }
button {
  min-height: 2.5rem; padding: .25rem .75rem; border: 1px solid var(--track); border-radius: var(--radius);
  background: none; color: inherit; font: inherit; cursor: pointer;
}
button:hover { background: var(--tint) }
button:focus-visible, li:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
button:disabled { opacity: .6; cursor: default }
[part=choose] { padding-inline: 1.25rem; border-color: var(--line); font-weight: 600 }
ul { margin: 0; padding: 0; list-style: none }
ul:empty { display: none }
li {
  display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; gap: .125rem .75rem;
  padding-block: .625rem; border-bottom: 1px solid var(--track);
}
[part=name] { overflow-wrap: anywhere }
bdi { font-weight: 600 }
small { font-size: .875em; white-space: nowrap }
[part=buttons] { grid-area: 1 / 2 / 3; display: flex; gap: .5rem; min-height: 2.5rem }
progress {
  grid-area: 3 / 1 / 4 / -1; margin-block-start: .375rem; appearance: none; width: 100%; height: .375rem; border: 0; border-radius: 1rem; overflow: hidden;
  background: var(--track);
}
progress::-webkit-progress-bar { background: none }
progress::-webkit-progress-value { background: var(--accent) }
progress::-moz-progress-bar { background: var(--accent) }
[part=state] { grid-area: 2 / 1; font-size: .9375em; font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
[part=state] span[lang] { display: block; font-size: .9375em }
[part=state] span[lang]::first-letter { text-transform: uppercase }
.available [part=state] { color: var(--success); font-weight: 600 }
.available [part=state]::before { content: "\\2713\\20"; content: "\\2713\\20" / "" }
:is(.failed, .rejected) [part=state] { color: var(--error) }
[part=status]:not(:empty) { margin-top: .75rem }
@media (prefers-reduced-motion: reduce) { [part=area] { transition: none } }
@media (forced-colors: active) {
  :host { --line: CanvasText; --accent: Highlight; --success: CanvasText; --error: CanvasText; --track: CanvasText }
  button { border-color: ButtonText }
  progress { --track: Canvas; height: .5rem; border: 1px solid CanvasText; forced-color-adjust: none }
}
@media (max-width: 30rem) { li { grid-template-columns: minmax(0, 1fr) } [part=buttons] { grid-area: auto; margin-block-start: .375rem } }
@media (hover: none) and (pointer: coarse) { [part=hint] { display: none } }
`)
