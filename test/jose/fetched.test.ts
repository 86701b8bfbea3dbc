import { describe, expect, it, vi } from 'vitest'
import { sealedHeader, spell } from '../../adapters/jose/header.ts'
import { contentKeys, type ContentKey } from '../../adapters/jose/jwk.ts'
import { findFetched } from '../../adapters/jose/remote.ts'
import { checkOptions } from '../../src/options.ts'
import { createClock, MINUTE, SECOND, type Clock } from '../fixtures/clock.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { OCT, OCT2 } from '../fixtures/jwks.ts'
import { SECRET } from '../fixtures/secrets.ts'

const own = spell(sealedHeader(OCT.kid, false))
const other = spell(sealedHeader(OCT2.kid, false))

/** Keys that a function fetches, and how often it did. */
function setUp(fetchKeys: () => Promise<ContentKey[]> = async () => contentKeys(OCT, 'keys')): {
  clock: Clock
  fetched: () => number
  find(header?: string): Promise<unknown>
} {
  const clock = createClock()
  const fetching = vi.fn<() => Promise<ContentKey[]>>(fetchKeys)
  const options = checkOptions({ secrets: SECRET, key: 'sid', now: clock.now })
  const find = findFetched(fetching, false, options as never, 'jweFormat(): "keys"')
  return {
    clock,
    fetched: () => fetching.mock.calls.length,
    find: async (header) => find(header, undefined),
  }
}

describe('keys that a function fetches', () => {
  it('are used for ten minutes, to seal and to open', async () => {
    const { find, fetched, clock } = setUp()
    for (const header of [undefined, own]) await find(header)
    clock.pass(10 * MINUTE - 1)
    for (const header of [undefined, own]) await find(header)
    expect(fetched()).toBe(1)
    clock.pass(1)
    await find(own)
    expect(fetched()).toBe(2)
    clock.pass(10 * MINUTE)
    await find()
    expect(fetched()).toBe(3)
  })

  it('are fetched for one that is not among them half a minute later, and no sooner', async () => {
    const { find, fetched, clock } = setUp()
    await find(other)
    clock.pass(30 * SECOND - 1)
    await find(other)
    expect(fetched()).toBe(1)
    clock.pass(1)
    await find(other)
    expect(fetched()).toBe(2)
  })

  it.each(['', 'text', spell(sealedHeader(OCT.kid, true)), `${other}A`])(
    'are not fetched for what no key of ours has sealed: %j',
    async (header) => {
      const { find, fetched } = setUp()
      if (header) expect(await find(header)).toBe('tampered')
      expect(fetched()).toBe(0)
    },
  )

  it('that could not be had are not asked for again for five seconds', async () => {
    const { find, fetched, clock } = setUp(() => Promise.reject(new TypeError('down')))
    const first = await rejectionOf(find())
    clock.pass(5 * SECOND - 1)
    expect(await rejectionOf(find(own))).toBe(first)
    expect(fetched()).toBe(1)
    clock.pass(1)
    await rejectionOf(find())
    expect(fetched()).toBe(2)
  })

  it.each([
    [{ name: 'TypeError', code: 'ECONNREFUSED' }, 'TypeError ECONNREFUSED'],
    [{ name: 'TypeError' }, 'TypeError'],
    [{ name: 'secret 4417', code: 'my secret' }, ''],
    [{ name: '4417secret', code: 'secret4417' }, ''],
    [{ name: 'x'.repeat(41), code: 7 }, ''],
    [{}, ''],
  ])('fail with the kind of their error, and no more of it: %j', async (cause, kind) => {
    const { find } = setUp(() => Promise.reject(cause))
    expect(await rejectionOf(find())).toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: `jweFormat(): "keys" could not be fetched (${kind}).`,
    })
  })
})
