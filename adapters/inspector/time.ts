import { html, type Html } from './html.ts'

const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const

/** How long something takes, in words of two units at most: `23 h 56 min`. */
export function duration(ms: number): string {
  let seconds = Math.round(ms / 1000)
  const first = UNITS.findIndex(([unit]) => seconds >= unit)
  if (first < 0) return '0 s'
  const words = UNITS.slice(first, first + 2).flatMap(([unit, word]) => {
    const count = Math.floor(seconds / unit)
    seconds -= count * unit
    return count ? [`${count} ${word}`] : []
  })
  return words.join(' ')
}

/** How far away a moment is: `3 min ago`, `in 2 h`. */
export function relative(at: number, now: number): string {
  const away = at - now
  if (Math.abs(away) < 1000) return 'now'
  return away < 0 ? `${duration(-away)} ago` : `in ${duration(away)}`
}

/** A moment, and how far away it is; the page's script keeps both up to date. */
export function moment(at: number, now: number): Html {
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}" data-relative>${relative(at, now)}</time>
    <time datetime="${iso}" data-clock>${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
}

/** The time of day. */
export function clock(at: number): Html {
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}" data-clock="short">${iso.slice(11, 19)} UTC</time>`
}
