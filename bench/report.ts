import { readFileSync, writeFileSync } from 'node:fs'
import { isMet, type Aim } from './aims.ts'
import type { Bar } from './chart.ts'
import type { Times } from './measure.ts'

const page = new URL('../docs/performance.md', import.meta.url)

/** What a part has measured. */
export interface Measured {
  /** In Markdown. */
  table: string
  aims: Aim[]
  /** What a chart can show of it. */
  bars?: Bar[]
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

/** Aims as a table, a column for each runtime; what is missed is in bold. */
export function aimTable(columns: Record<string, Aim[]>): string {
  const titles = Object.keys(columns)
  const rows = Object.values(columns)[0]!.map(({ what }) => [
    what,
    ...titles.map((title) => aimCell(columns[title]!.find((aim) => aim.what === what)!)),
  ])
  return table(['aim; in bold what is missed', ...titles], rows)
}

function aimCell(aim: Aim): string {
  const measured = aim.measured.toFixed(2)
  const limit = `${aim.isLeast ? 'at least' : 'at most'} ${aim.limit}`
  return `${isMet(aim) ? measured : `**${measured}**`} (${limit})`
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
