import { html, type Html } from './html.ts'

const MOST_ENTRIES = 200
const MOST_LETTERS = 240
const DEEPEST = 16
/** Down to here, and with so few entries, what has parts is shown open. */
const OPEN_DEPTH = 2
const OPEN_ENTRIES = 20

/** Shows an object's entries as a tree that opens and closes. */
export function tree(data: object): Html {
  return html`<ul class="tree">
    ${entries(data, 0)}
  </ul>`
}

function entries(parent: object, depth: number): Html[] {
  const all = Object.entries(parent)
  const shown = all.slice(0, MOST_ENTRIES).map(([key, value]) => entry(key, value, depth))
  const left = all.length - shown.length
  return left ? [...shown, html`<li class="kind">and ${left} more</li>`] : shown
}

function entry(key: string, value: unknown, depth: number): Html {
  const name = html`<span class="key">${key}</span>`
  if (typeof value !== 'object' || value === null || depth >= DEEPEST) {
    return html`<li class="leaf">${name} <span>${leaf(key, value)}</span></li>`
  }
  const count = Object.keys(value).length
  const kind = Array.isArray(value) ? plural(count, 'item') : plural(count, 'key')
  if (!count) return html`<li class="leaf">${name} <span class="kind">${kind}</span></li>`
  const isOpen = depth < OPEN_DEPTH && count <= OPEN_ENTRIES
  return html`<li>
    <details ${isOpen && html`open`}>
      <summary>${name} <span class="kind">${kind}</span></summary>
      <ul>
        ${entries(value, depth + 1)}
      </ul>
    </details>
  </li>`
}

function leaf(key: string, value: unknown): Html {
  if (typeof value === 'string') {
    // What stands for the id of a session that has none is nobody's business.
    if (key === 'csrfId') return html`<span class="kind">hidden</span>`
    const rest = value.length - MOST_LETTERS
    return html`<span class="string">${value.slice(0, MOST_LETTERS)}</span
      >${rest > 0 && html` <span class="kind">and ${plural(rest, 'letter')} more</span>`}`
  }
  if (typeof value === 'object' && value !== null) return html`<span class="kind">…</span>`
  const kind = typeof value === 'number' ? 'number' : 'word'
  return html`<span class="${kind}">${String(value)}</span>`
}

/** A number of things in words. */
export function plural(count: number, thing: string): string {
  if (!count) return `no ${thing}s`
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
