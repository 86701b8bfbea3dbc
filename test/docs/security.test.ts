import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/security.md', root), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| threat'))

describe('the page of threats', () => {
  it('has a test for each, which is there', () => {
    const named = rows.map((row) => /\| `(test\/[\w/-]+\.test\.ts)` \|$/.exec(row)?.[1])

    expect(rows.length).toBeGreaterThan(25)
    expect(named.filter((path) => !path || !existsSync(new URL(path, root)))).toEqual([])
  })

  it('names no file that is not there', () => {
    const paths = [...page.matchAll(/`((?:src|adapters|test|docs)\/[^`]+)`/g)].map(
      ([, path]) => path!,
    )

    expect(paths.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
  })
})
