import { describe, expect, it, vi } from 'vitest'
import { openBoth, sealTokens, sealWithKeys } from '../../adapters/jose/seal.ts'
import { checkOptions } from '../../src/options.ts'
import type { Opened, Refusal, Sealer } from '../../src/host.ts'
import { createClock } from '../fixtures/clock.ts'
import { OCT, OCT2 } from '../fixtures/jwks.ts'
import { SECRET } from '../fixtures/secrets.ts'

const options = checkOptions({ secrets: SECRET, key: 'sid', now: createClock().now })

describe('a token in a sealed one', () => {
  const opened = (text: string, stale: boolean): Opened => ({ text, stale })

  it.each(['tampered', 'expired', 'unknown'] as const)(
    'is refused for the reason of either: %s',
    async (refusal) => {
      const inner = vi.fn<() => Opened>(() => opened('', false))
      expect(await openBoth(() => refusal, inner)('token', undefined)).toBe(refusal)
      expect(inner).not.toHaveBeenCalled()
      const outer = (): Opened => opened('inner', false)
      for (const open of [(): Refusal => refusal, async (): Promise<Refusal> => refusal]) {
        expect(await openBoth(outer, open)('token', undefined)).toBe(refusal)
      }
    },
  )

  it('is no longer the newest if either is not', async () => {
    for (const [outer, inner] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      const asked: unknown[][] = []
      const open = openBoth(
        async (...given) => (asked.push(given), opened('inner', outer)),
        (...given) => (asked.push(given), opened('text', inner)),
      )
      expect(await open('token', 'ctx')).toEqual(opened('text', outer || inner))
      expect(asked).toEqual([
        ['token', 'ctx'],
        ['inner', 'ctx'],
      ])
    }
  })
})

describe('what seals tokens', () => {
  const makers: [string, () => Sealer][] = [
    ['a secret', () => sealTokens(SECRET, 'seal')(options) as Sealer],
    ['bytes', () => sealTokens(Buffer.from(SECRET), 'seal')(options) as Sealer],
    ['a list of secrets', () => sealTokens([SECRET], 'seal')(options) as Sealer],
    ['a key', () => sealTokens(OCT, 'seal')(options) as Sealer],
    ['a set of keys', () => sealTokens({ keys: [OCT, OCT2] }, 'seal')(options) as Sealer],
    ['keys that are fetched', () => sealTokens(async () => OCT, 'seal')(options) as Sealer],
    ['keys that are there', () => sealTokens(() => [OCT, OCT2], 'seal')(options) as Sealer],
  ]

  it.each(makers)(
    'opens what it sealed, and says in the header what is in it: %s',
    async (_, make) => {
      const token = await make().seal('a.b.c', undefined)
      const header = Buffer.from(token.split('.')[0]!, 'base64url').toString()
      expect(JSON.parse(header)).toMatchObject({ enc: 'A256GCM', cty: 'session-kit1+jws' })
      expect(await make().open(token, undefined)).toEqual({ text: 'a.b.c', stale: false })
    },
  )

  it('is not what seals sessions, under the same key', async () => {
    for (const keys of [OCT, async (): Promise<typeof OCT> => OCT]) {
      const sessions = sealWithKeys(keys, 'keys', false)(options) as Sealer
      const tokens = sealWithKeys(keys, 'keys', true)(options) as Sealer
      expect(await tokens.open(await sessions.seal('{}', undefined), undefined)).toBe('tampered')
      expect(await sessions.open(await tokens.seal('a.b.c', undefined), undefined)).toBe('tampered')
    }
  })

  it('fetches no keys that are none', async () => {
    const sealer = sealTokens(async () => ({ ...OCT, k: 'AAAA' }), 'seal')(options) as Sealer
    await expect(sealer.seal('text', undefined)).rejects.toMatchObject({ name: 'SessionError' })
  })
})
