import { readFileSync } from 'node:fs'

/** A row of a page's table of options: the name, what is taken, and what it is by default. */
export type OptionRow = readonly [name: string, taken: string, shown: string]

/**
 * The rows of a page's table of options.
 *
 * @param besides An option that the page tells of, and that is not checked like the others.
 */
export function optionRows(page: string, besides: string): OptionRow[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  return text.split('\n').flatMap((line): OptionRow[] => {
    const cells = line.split('|').slice(1, -1)
    const name = /^ `(\w+)` $/.exec(cells[0] ?? '')?.[1]
    return name && name !== besides ? [[name, cells[1]!.trim(), cells[2]!.trim()]] : []
  })
}
