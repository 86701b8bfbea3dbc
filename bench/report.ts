import { readFileSync, writeFileSync } from 'node:fs'
import type { Times } from './measure.ts'

const page = new URL('../docs/performance.md', import.meta.url)

/** A ratio or a time that this library is to reach. */
export interface Aim {
  what: string
  measured: number
  limit: number
  /** Whether more is better. */
  isLeast?: boolean
}

/** A table in Markdown; all columns but the first are aligned to the right. */
export function table(head: string[], rows: string[][]): string {
  const rule = head.map((_, column) => (column ? '---:' : '---'))
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** A median with its quartiles, and as a multiple of another. */
export function cell({ low, median, high }: Times, other?: Times): string {
  // What is next to nothing makes no ratio.
  const isRatio = other && Math.min(median, other.median) > 5
  const ratio = isRatio ? ` ${(median / other.median).toFixed(2)}x` : ''
  return `${short(median)} (${short(low)} to ${short(high)})${ratio}`
}

/** The aims as a table, those that are missed in bold. */
export function aimTable(aims: Aim[]): string {
  const rows = aims.map(({ what, measured, limit, isLeast }) => {
    const isMet = isLeast ? measured >= limit : measured <= limit
    const aim = `${isLeast ? 'at least' : 'at most'} ${limit}`
    return [what, aim, measured.toFixed(2), isMet ? 'met' : '**missed**']
  })
  return table(['aim', '', 'measured', ''], rows)
}

/** Puts what a part has printed into docs/performance.md, between the part's marks. */
export function save(part: string, text: string): void {
  const [start, end] = [`<!-- bench: ${part} -->`, `<!-- end of ${part} -->`]
  const [before, rest] = readFileSync(page, 'utf8').split(start)
  const after = rest?.split(end)[1]
  if (after === undefined) throw new Error(`docs/performance.md has no "${start}" … "${end}".`)
  writeFileSync(page, `${before}${start}\n\n${text}\n\n${end}${after}`)
}

function short(time: number): string {
  return time.toFixed(Math.abs(time) < 9.95 ? 1 : 0)
}
