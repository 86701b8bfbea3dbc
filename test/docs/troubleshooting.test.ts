import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')
const page = read('docs/troubleshooting.md')

/** The words of a union type, by the file's text. */
function union(file: string, start: RegExp): string[] {
  const text = read(file)
  const [, words] = new RegExp(`${start.source}([^\\n]*(?:\\n +\\|[^\\n]*)*)`).exec(text)!
  return [...words!.matchAll(/'([\w-]+)'/g)].map(([, word]) => word!)
}

describe('the page of troubles', () => {
  it('has an entry for each error code, and no other', () => {
    const codes = union('src/errors.ts', /type SessionErrorCode =/)
    const entries = [...page.matchAll(/^### (ERR_\w+)$/gm)].map(([, code]) => code)

    expect(codes.length).toBeGreaterThan(6)
    expect(entries).toEqual(codes)
  })

  it('has a row for each event, and no other', () => {
    const events = union('src/kit.ts', /\n {2}type:/)
    const entries = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, event]) => event)

    expect(entries.toSorted()).toEqual(events.toSorted())
  })
})
