import { describe, expect, it } from 'vitest'
import { eggSigned, koaSigned } from '../../adapters/legacy.ts'
import { createRandom, randomData } from '../fixtures/random.ts'
import { DAY } from '../fixtures/clock.ts'
import { createVisitor } from '../fixtures/visitor.ts'
import { eggHeader, encode, KEYS, koaHeader, recordOf, setUp, UNTIL } from './fixture.ts'

const random = createRandom(11)
const options = { keys: KEYS, until: UNTIL }

const kinds = [
  [
    'koa, SHA-1',
    (value: string, keys: readonly string[] = KEYS) => koaHeader(value, { keys, name: 'EGG_SESS' }),
    koaSigned(options),
  ],
  [
    'koa, SHA-256',
    (value: string, keys: readonly string[] = KEYS) =>
      koaHeader(value, { keys, name: 'EGG_SESS', digest: 'sha256' }),
    koaSigned({ ...options, digest: 'sha256' }),
  ],
  [
    'Egg 4',
    (value: string, keys: readonly string[] = KEYS) => eggHeader(value, { keys, encrypt: false }),
    eggSigned({ ...options, keys: KEYS.join(' , ') }),
  ],
] as const

describe.each(kinds)('a signed cookie: %s', (_, sign, reader) => {
  const { manager, events } = setUp({ accept: [reader] })
  const userOf = async (header: string): Promise<unknown> => (await manager.load(header)).user

  it('is read to the letter, under any of the keys', async () => {
    for (let round = 0; round < 500; round++) {
      const data = randomData(random)
      const session = await manager.load(sign(encode(recordOf(data)), [KEYS[random(2)]!]))
      expect(JSON.stringify(session)).toBe(JSON.stringify(data))
    }
    expect(events).toEqual([])
  })

  it('becomes a new session, and its signature goes', async () => {
    const visitor = createVisitor(manager)
    const header = sign(encode(recordOf({ user: 'fred' })))
    visitor.jar.take(header.split('; ').map((pair) => `${pair}; Path=/`))
    const { cookies } = await visitor.visit()
    expect(cookies.map((line) => line.replace(/=.*/, ''))).toEqual(['EGG_SESS.sig', 'EGG_SESS'])
    expect(visitor.jar.header).toMatch(/^EGG_SESS=[^;]*\.\.[^;]*$/)
    expect((await visitor.peek()).user).toBe('fred')
  })

  it('may be one of a browser session, which ends with the reader', async () => {
    const header = sign(encode({ user: 'fred', _session: true }))
    expect(await userOf(header)).toBe('fred')
    expect((await manager.load(header)).maxAge).toBe('session')
    const late = setUp({ accept: [reader], now: () => UNTIL })
    expect((await late.manager.load(header)).populated).toBe(false)
  })

  it('is refused if it is over, never ends, or was not signed like this', async () => {
    const value = encode(recordOf({ user: 'fred' }))
    const good = sign(value)
    const [pair, mac] = good.split('; ') as [string, string]
    const bad = [
      sign(encode({ user: 'fred' })),
      sign(encode(recordOf({ user: 'fred' }, Date.now() - DAY - 1))),
      sign(encode(recordOf({ user: 'fred' }, Date.now() + 300_000))),
      sign(encode({ user: 'fred', _expire: `${Date.now() + 1000}` })),
      sign(encode({ user: 'fred', _session: 1 })),
      sign(value, ['another key']),
      sign(value.replace(/=*$/, '')),
      sign('text'),
      pair,
      mac,
      `${pair}; EGG_SESS.sig=`,
      `${good}=`,
      good.slice(0, -1),
      `${pair}; ${mac.replace('.sig=', '.sig=A').slice(0, -1)}`,
      `${pair.replace('EGG_SESS', 'sid')}; ${mac}`,
      `EGG_SESS=${encode(recordOf({ user: 'admin' }))}; ${mac}`,
      ...kinds.filter(([, other]) => other(value) !== good).map(([, other]) => other(value)),
    ]
    const taken: string[] = []
    for (const header of bad) if (await userOf(header)) taken.push(header)
    expect(taken).toEqual([])
    expect(await userOf(good)).toBe('fred')
  })

  it('is refused with any bit of the pair changed', async () => {
    const header = sign(encode(recordOf({ user: 'fred' })))
    const taken: string[] = []
    for (let bit = 0; bit < header.length * 8; bit++) {
      const code = header.charCodeAt(bit >> 3) ^ (1 << (bit & 7))
      const changed =
        header.slice(0, bit >> 3) + String.fromCharCode(code) + header.slice((bit >> 3) + 1)
      if (await userOf(changed)) taken.push(changed)
    }
    // A blank that has become a tab parts the two cookies all the same.
    expect(taken.map((changed) => changed.replace(/;[\t ]*/, '; '))).toEqual(
      taken.map(() => header),
    )
  })
})
