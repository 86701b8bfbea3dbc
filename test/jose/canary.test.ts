import { createRemoteJWKSet } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { jweFormat, jwsFormat, jwsReadOnly } from '../../adapters/jose.ts'
import { createSessionManager, type SessionEvent, type SessionFormat } from '../../src/index.ts'
import { canaries, listen, type Ears } from '../fixtures/canary.ts'
import { createClock } from '../fixtures/clock.ts'
import { ED, ED2, ES, ES2, OCT, OCT2, publicOf } from '../fixtures/jwks.ts'
import { claimsOf, sign } from './fixture.ts'

const { secret, data } = canaries
const hear = (thing: unknown): void => ears.hear(thing)

let ears: Ears
beforeEach(() => void (ears = listen([ED, ED2, ES, ES2].map(({ d }) => d).concat(OCT.k, OCT2.k))))
afterEach(() => void vi.restoreAllMocks())

const formats: [string, SessionFormat][] = [
  ['jweFormat', jweFormat({ keys: [OCT, OCT2] })],
  ['jweFormat, fetched', jweFormat({ keys: async () => [OCT, OCT2] })],
  ['jwsFormat', jwsFormat({ sign: [ED, ES] })],
  ['jwsFormat, sealed', jwsFormat({ sign: [ES2, ED2], seal: [secret] })],
]

describe('no error, event, log or object tells a key', () => {
  it.each(formats)('%s', async (_, format) => {
    ears.hear(format)
    const { now } = createClock()
    const options = { format, key: 'sid', secure: false, now, on: hear }
    ears.hear(options)
    const manager = createSessionManager(options)
    ears.hear(manager)
    const session = Object.assign(await manager.load(null), { user: data })
    const [cookie] = await manager.commit(session)
    const header = cookie!.split(';')[0]!
    const damaged = [header.slice(0, -2), `${header}AA`, `${header}; ${header}x`, header.slice(9)]
    for (const other of damaged) await ears.attempt(async () => void (await manager.load(other)))
    const loaded = await manager.load(header)
    expect(loaded.user).toBe(data)
    loaded.user = 1
    ears.hear(loaded)
    await ears.attempt(() => manager.commit(Object.assign(loaded, { fill: data.repeat(1000) })))

    expect(ears.count).toBeGreaterThan(10)
    expect(ears.caught()).toEqual([])
  })

  it('not those that are refused, or are none', async () => {
    const wrong = [
      ...[ED2.d, 'AAAA', ED.d.slice(1)].map((d) => ({ ...ED, d })),
      ...[{ alg: 'RS256' }, { use: 'enc' }, { kid: undefined }, { crv: ED.d }, { kty: ED.d }].map(
        (more) => ({ ...ED, ...more }),
      ),
      { kid: ED.d, kty: 'oct', k: ED.d },
      { ...ES, y: ES2.y },
      { ...OCT, k: OCT.k.slice(1) },
      { ...OCT, alg: OCT2.k },
      OCT.k,
      { keys: [ED, ED] },
    ]
    for (const jwk of wrong as never[]) {
      const makers = [
        () => jwsFormat({ sign: jwk }),
        () => jwsFormat({ sign: ED, verify: jwk }),
        () => jwsReadOnly({ verify: jwk }),
        () => jweFormat({ keys: jwk }),
        () => jwsFormat({ sign: ED, seal: jwk }),
        () => jweFormat({ keys: async () => jwk }),
      ]
      for (const make of makers) {
        await ears.attempt(async () => {
          const manager = createSessionManager({ format: make() as SessionFormat, on: hear })
          await manager.commit(Object.assign(await manager.load(null), { a: 1 }))
        })
      }
    }
    expect(ears.count).toBeGreaterThan(100)
    expect(ears.caught()).toEqual([])
  })

  it('nor what a server says in place of public ones', async () => {
    const format = jwsReadOnly({
      verify: createRemoteJWKSet(new URL(`http://127.0.0.1:9/${secret}`)),
    })
    const { now } = createClock()
    const events: string[] = []
    const on = (event: SessionEvent): void => (hear(event), void events.push(event.type))
    const manager = createSessionManager({ format, key: 'sid', secure: false, now, on })
    await ears.attempt(async () => manager.load(`sid=${await sign(claimsOf({ d: { data } }), ED)}`))
    ears.hear(publicOf(ED))
    expect(events).toContain('store-error')
    expect(ears.caught()).toEqual([])
  })

  it('would be heard', () => {
    ears.hear(new Error(`x ${ED.d} y`))
    expect(ears.caught()).not.toEqual([])
  })
})
