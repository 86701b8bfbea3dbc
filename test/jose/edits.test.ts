import { describe, expect, it } from 'vitest'
import { edits } from '../fixtures/edits.ts'
import { ED, ES, OCT } from '../fixtures/jwks.ts'
import { claimsOf, encrypt, NESTED, sign } from './fixture.ts'
import { open } from './openers.ts'

describe('one edit', () => {
  it.each<[string, keyof typeof open, () => Promise<string>]>([
    ['Ed25519', 'ed', () => sign(claimsOf(), ED)],
    ['P-256', 'es', () => sign(claimsOf(), ES)],
    ['a JWK', 'oct', () => encrypt(claimsOf(), OCT)],
    ['both', 'nested', async () => encrypt(await sign(claimsOf(), ED), OCT, NESTED)],
  ])('never opens a token made with %s, and never throws', async (_, name, make) => {
    const token = await make()
    expect(await open[name](token)).toMatchObject({ record: { user: 'ada' } })
    const wrong: unknown[] = []
    let tried = 0
    let waiting: Promise<unknown>[] = []
    for (const text of edits(token)) {
      if (text.replace(/^[ \t]+|[ \t]+$/g, '') === token) continue
      tried++
      const judge = (one: unknown): void => void (one === 'tampered' || wrong.push(text))
      waiting.push(open[name](text).then(judge, judge))
      if (waiting.length === 500) {
        await Promise.all(waiting)
        waiting = []
      }
    }
    await Promise.all(waiting)
    expect(wrong).toEqual([])
    expect(tried).toBeGreaterThan(40_000)
  })
})
