import { expect, it } from 'vitest'
import { DAY } from '../fixtures/clock.ts'
import { edits, misjudged } from '../fixtures/edits.ts'
import { part, patience } from '../fixtures/properties.ts'
import { createSealedReader, ID } from '../fixtures/sealed-reader.ts'
import { SECRETS } from '../fixtures/secrets.ts'

/** What is sealed: data of every length, messages, keys of stores, lives of their own. */
const kinds = [
  {},
  { flash: { note: 'hi' } },
  { key: ID },
  { maxAge: 'session' },
  { version: 3, key: ID },
  { life: { created: 0, issued: 0, expires: DAY, maxAge: DAY } },
] as const

const count = Math.ceil(64 * part)

it(
  'tokens never open after any edit of one character, and never throw',
  async () => {
    const reader = createSealedReader({ secrets: SECRETS })
    let tried = 0
    function* counted(texts: Iterable<string>): Generator<string> {
      for (const text of texts) {
        tried++
        yield text
      }
    }
    for (let index = 0; index < count; index++) {
      const { life, ...kind } = { life: undefined, ...kinds[index % kinds.length] }
      const now = reader.clock.now()
      const own = life && { life: { ...life, created: now, issued: now, expires: now + DAY } }
      const token = await reader.seal({ user: 'fred', n: 'x'.repeat(index) }, { ...kind, ...own })
      expect(await misjudged(reader, counted(edits(token)))).toEqual([])
      expect(await reader.open(token)).toMatchObject({ id: ID })
    }
    console.log(`edits of ${count} tokens: ${tried}, none taken, none thrown`)
    expect(tried).toBeGreaterThan(count * 40_000)
  },
  patience,
)
