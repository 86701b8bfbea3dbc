import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { properties } from '../fixtures/sizes.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const page = read('docs/security.md')

/** The rows of the table below a heading, cell by cell. */
function rowsUnder(heading: string): string[][] {
  const [, section] = page.split(`\n## ${heading}\n`)
  return section!
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) => line.slice(2, -2).split(' | '))
}

/** The tests that a cell names: a file, and what one in it is called. */
function testsIn(cell: string): [path: string, title: string][] {
  return [...cell.matchAll(/`([^`]+)`: “([^”]+)”(?:; |$)/g)].map(([, path, title]) => [
    path!,
    title!,
  ])
}

describe.each([
  ['Threats', 50],
  ['Faults of others', 30],
])('each of the table “%s”', (heading, count) => {
  const rows = rowsUnder(heading)
  const tests = rows.map((cells) => [cells[0]!, testsIn(cells.at(-1)!)] as const)

  it('is there', () => {
    expect(rows.length).toBeGreaterThanOrEqual(count)
  })

  it.each(tests)('has a test that is called so: %s', (_, named) => {
    expect(named.length).toBeGreaterThan(0)
    for (const [path, title] of named) {
      expect(path).toMatch(/^test\/.*\.ts$/)
      const text = read(path).replaceAll("\\'", "'")
      expect(text.includes(title), `${path} has a test “${title}”`).toBe(true)
    }
  })
})

describe('the page of threats', () => {
  it('tells how often each is tried, as it is', () => {
    const number = (count: number): string => count.toLocaleString('en')
    expect(rowsUnder('What is tried')).toEqual(
      Object.entries(properties).map(([name, { file, usual, most }]) => [
        name,
        `\`${file}\``,
        number(usual),
        number(most),
      ]),
    )
  })

  it('names no file that is not there', () => {
    const paths = [...page.matchAll(/`((?:src|adapters|test|docs)\/[^`]+)`/g)].map(
      ([, path]) => path!,
    )

    expect(paths.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
  })
})
