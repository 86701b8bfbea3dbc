import { html, type Html } from './html.ts'
import { duration, moment } from './time.ts'
import type { LifeView } from './view.ts'

type Mark = 'created' | 'seen' | 'renews' | 'expires' | 'ends'

/** A session's life as a line, and each of its moments in words. */
export function timeline(life: LifeView): Html {
  const { now, created, seen, expires, ends, idle } = life
  return html`${line(life)}
    <dl class="moments">
      ${row('created', 'Created', created === undefined ? unknown : moment(created, now))}
      ${row('seen', 'Saved', seen === undefined ? unknown : moment(seen, now))}
      ${row('renews', 'Renews', renewal(life))}
      ${row('expires', 'Expires', expires === undefined ? browser : moment(expires, now))}
      ${ends !== undefined && row('ends', 'Latest', moment(ends, now))}
    </dl>
    <p class="note">
      ${
        idle === 'session'
          ? html`The browser drops its cookie when it closes.`
          : html`It may go ${duration(idle)} without being saved (<code>maxAge</code>).`
      }
    </p>`
}

const unknown = html`<span class="note">A signed cookie does not tell.</span>`
const browser = html`<span class="note">With the browser.</span>`

function renewal({ renews, by, now }: LifeView): Html {
  if (renews === undefined) return html`<span class="note">By a change, or by save().</span>`
  if (renews <= now) return html`By the next request that uses it (<code>${by}</code>).`
  return html`${moment(renews, now)}
    <span class="note">or later, by a request (<code>${by}</code>)</span>`
}

function row(mark: Mark, word: string, text: Html): Html {
  return html`<div>
    <dt>${glyph(mark)} ${word}</dt>
    <dd>${text}</dd>
  </div>`
}

/** The same sign beside the word as on the line. */
function glyph(mark: Mark): Html {
  return html`<svg class="glyph" viewBox="0 0 16 16" aria-hidden="true">
    ${sign(mark, '8', '8')}
  </svg>`
}

function sign(mark: Mark, x: string, y: string): Html {
  const radius = mark === 'renews' ? 4 : 6
  return html`<circle class="${mark}" cx="${x}" cy="${y}" r="${radius}" />`
}

function line({ now, created, seen, renews, expires, ends }: LifeView): Html | undefined {
  const start = created ?? seen
  const end = ends ?? expires
  if (start === undefined || end === undefined || end <= start) return
  const place = (at: number): string => {
    const part = Math.min(Math.max((at - start) / (end - start), 0), 1)
    return `${(2 + 96 * part).toFixed(2)}%`
  }
  const marks: [Mark, number | undefined][] = [
    ['ends', ends],
    ['expires', expires],
    ['renews', renews],
    ['seen', seen],
    ['created', created],
  ]
  return html`<svg class="line" aria-hidden="true">
    <line class="whole" x1="2%" x2="98%" y1="16" y2="16" />
    ${expires !== undefined && html`<line class="granted" x1="2%" x2="${place(expires)}" y1="16" y2="16" />`}
    <line class="past" x1="2%" x2="${place(now)}" y1="16" y2="16" />
    <line class="now" x1="${place(now)}" x2="${place(now)}" y1="4" y2="28" />
    ${marks.map(([mark, at]) => at !== undefined && sign(mark, place(at), '16'))}
  </svg>`
}
