import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (file: string): string =>
  readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')

it('the page of events has a row for each type, and no other', () => {
  const lines = read('src/events.ts').match(/(?:\btype:|type Reason =).*/g)!
  const types = lines.flatMap((line) =>
    [...line.replace(/Exclude<.*?>|; .*/, '').matchAll(/'([\w-]+)'/g)].map(([, type]) => type!),
  )
  const rows = [...read('docs/events.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, type]) => type!)
  const names = ['type', 'key', 'now', 'place']

  expect(types.length).toBeGreaterThan(15)
  expect(rows.filter((name) => !names.includes(name)).toSorted()).toEqual(
    [...new Set(types)].toSorted(),
  )
})
