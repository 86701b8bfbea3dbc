import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, type JWK, type RemoteJWKSetOptions } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { jweFormat, jwsFormat, jwsReadOnly } from '../../adapters/jose.ts'
import {
  createSessionManager,
  type ReadOnlyFormat,
  type ReadOnlyManager,
  type ReadOnlyOptions,
  type SessionError,
  type SessionEvent,
} from '../../src/index.ts'
import { HOUR, MINUTE, SECOND } from '../fixtures/clock.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { onTrouble } from '../fixtures/events.ts'
import { ED, ED2, ES, OCT, OCT2, publicOf } from '../fixtures/jwks.ts'
import { claimsOf, encrypt, ID, setUp, sign } from './fixture.ts'

/** What answers at `/jwks`, and how often it was asked. */
let answer: { status: number; body: unknown; hangs?: boolean }
let asked = 0
let server: Server
let url: URL

beforeEach(async () => {
  answer = { status: 200, body: { keys: [publicOf(ED)] } }
  asked = 0
  server = createServer((_, response) => {
    asked++
    if (answer.hangs) return
    const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
})

afterEach(async () => {
  vi.useRealTimers()
  if (server.listening) await closeServer()
})

function closeServer(): Promise<unknown> {
  server.closeAllConnections()
  return new Promise((done) => server.close(done))
}

const pass = (ms: number): unknown => vi.setSystemTime(Date.now() + ms)
const seconds = (): number => Math.floor(Date.now() / 1000)

/** A token that was signed now. */
const signed = (jwk: JWK): Promise<string> => {
  const iat = seconds()
  return sign(claimsOf({ iat, ct: iat, exp: iat + 3600 }), jwk)
}

interface Edge {
  manager: ReadOnlyManager
  events: string[]
  errors: SessionError[]
  read(token: string): Promise<string | undefined>
}

function createEdge(
  options: Partial<ReadOnlyOptions> = {},
  remote: RemoteJWKSetOptions = {},
  make?: (set: ReturnType<typeof createRemoteJWKSet>) => ReadOnlyFormat,
): Edge {
  const [events, errors]: [string[], SessionError[]] = [[], []]
  const set = createRemoteJWKSet(url, remote)
  const manager = createSessionManager({
    format: make?.(set) ?? jwsReadOnly({ verify: set }),
    key: 'sid',
    secure: false,
    on: onTrouble((event) => {
      events.push(event.type)
      if ('error' in event) errors.push(event.error!)
    }),
    ...options,
  })
  return {
    manager,
    events,
    errors,
    read: async (token) => (await manager.load(`sid=${token}`))['user'] as string | undefined,
  }
}

describe('public keys at a URL', () => {
  it('are fetched when a session asks for one, and once', async () => {
    const { manager, read, events } = createEdge()
    await manager.load(null)
    await manager.load('sid=nonsense')
    await manager.load(`sid=${await signed(ED).then((token) => token.replace('.', '.x.'))}`)
    expect(asked).toBe(0)
    for (let times = 0; times < 5; times++) expect(await read(await signed(ED))).toBe('ada')
    expect(asked).toBe(1)
    expect(events).toEqual(['tampered', 'tampered'])
  })

  it('are fetched again for one that is new, and when they are old', async () => {
    const { read, events } = createEdge()
    expect(await read(await signed(ED))).toBe('ada')
    answer.body = { keys: [publicOf(ED2), publicOf(ED)] }
    pass(31 * SECOND)
    expect(await read(await signed(ED2))).toBe('ada')
    expect(asked).toBe(2)
    // The old one is taken back.
    answer.body = { keys: [publicOf(ED2)] }
    pass(11 * MINUTE)
    expect(await read(await signed(ED))).toBeUndefined()
    expect(await read(await signed(ED2))).toBe('ada')
    expect(asked).toBe(3)
    expect(events).toEqual(['tampered'])
  })

  it('are not fetched over and over for made-up ids', async () => {
    const { manager, read, events } = createEdge()
    for (let index = 0; index < 200; index++) {
      await manager.load(`sid=${await signed({ ...ED, kid: `made-up-${index}` })}`)
    }
    expect(asked).toBe(1)
    expect(new Set(events)).toEqual(new Set(['tampered']))
    expect(await read(await signed(ED))).toBe('ada')
  })

  it.each<[string, JWK[]]>([
    ['RSA', [{ kty: 'RSA', kid: 'ed-1', n: 'sXch', e: 'AQAB' }]],
    ['another curve', [{ ...publicOf(ED), crv: 'X25519' }]],
    ['a key that encrypts', [{ ...publicOf(ED), use: 'enc' }]],
    ['a secret', [{ ...OCT, kid: 'ed-1' }]],
    ['another alg', [{ ...publicOf(ED), alg: 'Ed448' }]],
    ['none', []],
  ])('verify nothing that they are not for: %s', async (_, keys) => {
    answer.body = { keys }
    const { read, events } = createEdge()
    expect(await read(await signed(ED))).toBeUndefined()
    expect(events).toEqual(['tampered'])
  })

  it('have one algorithm each, whatever a header says', async () => {
    const { read } = createEdge()
    const iat = seconds()
    const claims = claimsOf({ iat, ct: iat, exp: iat + 60 })
    const other = await sign(claims, ED, { alg: 'Ed25519' }, 'Ed25519')
    expect(await read(await sign(claims, ED))).toBe('ada')
    expect(await read(other)).toBeUndefined()
    answer.body = { keys: [{ ...publicOf(ED), alg: 'Ed25519' }] }
    const edge = createEdge()
    expect(await edge.read(other)).toBe('ada')
    expect(await edge.read(await sign(claims, ED))).toBeUndefined()
  })

  it('are no HMAC secrets', async () => {
    const { read } = createEdge()
    const { createHmac } = await import('node:crypto')
    const [, payload] = (await signed(ED)).split('.')
    for (const alg of ['HS256', 'HS512', 'EdDSA']) {
      const header = `{"alg":"${alg}","kid":"ed-1","typ":"session-kit1+jws"}`
      const input = `${Buffer.from(header).toString('base64url')}.${payload}`
      const mac = createHmac('sha512', JSON.stringify(publicOf(ED))).update(input)
      expect(await read(`${input}.${mac.digest('base64url')}`)).toBeUndefined()
    }
  })

  it('stand beside those of an origin of its own', async () => {
    const format = jwsFormat({ sign: ES, verify: createRemoteJWKSet(url) })
    const { manager, write } = setUp(format, { now: Date.now })
    const own = await write({ user: 'eve' })
    expect((await manager.load(`sid=${own}`))['user']).toBe('eve')
    expect(asked).toBe(0)
    const session = await manager.load(`sid=${await signed(ED)}`)
    expect(session.user).toBe('ada')
    // It is signed anew, with this origin's key.
    const [cookie] = await manager.commit(session)
    expect(Buffer.from(cookie!.slice(4), 'base64url').toString()).toContain('"kid":"es-1"')
  })
})

describe('what is told of public keys at a URL', () => {
  it('is a failure, with the request, and no call of a store', async () => {
    const told: unknown[] = []
    const on = (event: SessionEvent, ctx: unknown): unknown => told.push([event.type, ctx])
    const { manager } = createEdge({ on })
    const load = async (): Promise<unknown> => manager.load(`sid=${await signed(ED)}`, 'request')
    await load()
    expect(told).toEqual([
      ['loaded', 'request'],
      ['load', 'request'],
    ])
    pass(11 * MINUTE)
    answer = { status: 500, body: '' }
    told.length = 0
    await rejectionOf(load())
    expect(told).toEqual([
      ['store-error', 'request'],
      ['load', 'request'],
    ])
  })
})

describe('public keys that cannot be had', () => {
  const failures: [string, JWK, () => unknown][] = [
    ['a server that is gone', ED, () => closeServer()],
    ['an error', ED, () => (answer = { status: 503, body: 'canary' })],
    ['a redirect', ED, () => (answer = { status: 302, body: '' })],
    ['no JSON', ED, () => (answer = { status: 200, body: 'canary' })],
    ['no set', ED, () => (answer = { status: 200, body: { key: 'canary' } })],
    ['a private key', ED, () => (answer = { status: 200, body: { keys: [ED] } })],
    [
      'a point of no curve',
      ES,
      () => (answer = { status: 200, body: { keys: [{ ...publicOf(ES), y: ED.x }] } }),
    ],
  ]

  it.each(failures)('are a failure of the store: %s', async (_, jwk, fail) => {
    await fail()
    const { read, events, errors } = createEdge()
    const error = await rejectionOf(read(await signed(jwk)))
    expect(error).toMatchObject({ name: 'SessionError', code: 'ERR_SESSION_STORE' })
    expect(error.message).toMatch(/^jwsReadOnly\(\): "verify" could not be fetched \([\w ]+\)\.$/)
    expect(events).toEqual(['store-error'])
    expect(errors).toEqual([error])
    expect(JSON.stringify([error.message, error.stack])).not.toMatch(/canary|LtgL_MQr/)
  })

  it.each(failures)('let nobody in where that goes on: %s', async (_, jwk, fail) => {
    await fail()
    const { manager, events } = createEdge({ onStoreError: 'anonymous' })
    const session = await manager.load(`sid=${await signed(jwk)}`)
    expect([session.isNew, { ...session }]).toEqual([true, {}])
    expect(events).toEqual(['store-error'])
  })

  it('are not waited for longer than for a store', async () => {
    answer = { status: 200, body: '', hangs: true }
    const { read, events } = createEdge({ storeTimeout: 50 })
    expect(await rejectionOf(read(await signed(ED)))).toMatchObject({ code: 'ERR_SESSION_TIMEOUT' })
    expect(events).toEqual(['store-error'])
  })

  it('are asked for again after a moment, and not by every request', async () => {
    answer = { status: 500, body: '' }
    const { read, events } = createEdge()
    for (let times = 0; times < 50; times++) await rejectionOf(read(await signed(ED)))
    expect(asked).toBe(1)
    expect(new Set(events)).toEqual(new Set(['store-error']))
    answer = { status: 200, body: { keys: [publicOf(ED)] } }
    pass(6 * SECOND)
    expect(await read(await signed(ED))).toBe('ada')
  })

  it('keep nobody out whose key is here', async () => {
    const { read, events } = createEdge()
    expect(await read(await signed(ED))).toBe('ada')
    answer = { status: 500, body: '' }
    pass(MINUTE)
    // Somebody makes up ids: nobody can tell whether those are new keys.
    for (let times = 0; times < 20; times++) {
      await rejectionOf(read(await signed({ ...ED2, kid: `made-up-${times}` })))
      expect(await read(await signed(ED))).toBe('ada')
    }
    expect(asked).toBe(2)
    expect(new Set(events)).toEqual(new Set(['store-error']))
    // No longer than they are good for.
    pass(11 * MINUTE)
    expect(await rejectionOf(read(await signed(ED)))).toMatchObject({ code: 'ERR_SESSION_STORE' })
  })

  it('leave the session that was not read as it is', async () => {
    answer = { status: 500, body: '' }
    const format = jwsFormat({ sign: ES, verify: createRemoteJWKSet(url) })
    const { manager, events } = setUp(format, { now: Date.now, onStoreError: 'anonymous' })
    const session = await manager.load(`sid=${await signed(ED)}`)
    session.user = 'eve'
    expect(await manager.commit(session)).toEqual([])
    session.destroy()
    expect(await manager.commit(session)).toEqual([expect.stringContaining('Max-Age=0')])
    expect(events).toEqual(['store-error'])
  })
})

describe('symmetric keys that a function fetches', () => {
  /** A function as an application would write it. */
  const fetchKeys = async (): Promise<JWK[]> => {
    const response = await fetch(url)
    if (!response.ok) throw new TypeError(`canary ${response.status}`)
    return ((await response.json()) as { keys: JWK[] }).keys
  }
  const sealed = (jwk: JWK): Promise<string> => {
    const iat = seconds()
    return encrypt(claimsOf({ iat, ct: iat, exp: iat + 3600, sid: ID }), jwk)
  }
  const options = { now: () => Date.now(), maxAge: HOUR }

  beforeEach(() => (answer.body = { keys: [OCT] }))

  it('are fetched when they are needed, and once', async () => {
    const { manager, read, write } = setUp(jweFormat({ keys: fetchKeys }), options)
    await manager.commit(await manager.load('sid=nonsense'))
    expect(asked).toBe(0)
    const tokens = await Promise.all(Array.from({ length: 10 }, (_, n) => write({ n })))
    for (const [n, token] of tokens.entries()) expect((await read(token)).n).toBe(n)
    expect((await read(await sealed(OCT))).user).toBe('ada')
    expect(asked).toBe(1)
  })

  it('are fetched again for one that is new, every half a minute at most, and when they are old', async () => {
    const { read, write, events } = setUp(jweFormat({ keys: fetchKeys }), options)
    const first = await write({ n: 1 })
    answer.body = { keys: [OCT2, OCT] }
    for (let times = 0; times < 20; times++)
      expect((await read(await sealed(OCT2))).isNew).toBe(true)
    expect(asked).toBe(1)
    pass(31 * SECOND)
    expect((await read(await sealed(OCT2))).user).toBe('ada')
    expect((await read(first)).n).toBe(1)
    expect(asked).toBe(2)
    answer.body = { keys: [OCT2] }
    pass(11 * MINUTE)
    expect((await read(first)).isNew).toBe(true)
    expect(asked).toBe(3)
    expect(new Set(events)).toEqual(new Set(['tampered']))
  })

  it('that cannot be had are a failure of the store', async () => {
    const { read, write, events } = setUp(jweFormat({ keys: fetchKeys }), options)
    answer = { status: 500, body: '' }
    const token = await sealed(OCT)
    const errors = await Promise.all([read(token), write({ n: 1 }), read(token)].map(rejectionOf))
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ERR_SESSION_STORE' })
      expect(error.message).toBe('jweFormat(): "keys" could not be fetched (TypeError).')
    }
    expect(asked).toBe(1)
    expect(new Set(events)).toEqual(new Set(['store-error']))
    answer = { status: 200, body: { keys: [OCT] } }
    pass(6 * SECOND)
    expect((await read(token)).user).toBe('ada')
  })

  it('that cannot be had let nobody in and save nothing where that goes on', async () => {
    const { manager, read, events } = setUp(jweFormat({ keys: fetchKeys }), {
      ...options,
      onStoreError: 'anonymous',
    })
    answer = { status: 500, body: '' }
    const session = await read(await sealed(OCT))
    session.user = 'eve'
    expect(await manager.commit(session)).toEqual([])
    const fresh = Object.assign(await manager.load(null), { user: 'eve' })
    expect(await manager.commit(fresh)).toEqual([])
    expect(events).toEqual(['store-error', 'store-error'])
  })

  it('that are not waited for longer than for a store are asked for again', async () => {
    answer.hangs = true
    const { read } = setUp(jweFormat({ keys: fetchKeys }), { ...options, storeTimeout: 50 })
    const token = await sealed(OCT)
    expect(await rejectionOf(read(token))).toMatchObject({ code: 'ERR_SESSION_TIMEOUT' })
    answer.hangs = false
    pass(SECOND)
    expect((await read(token)).user).toBe('ada')
  })

  it.each([
    ['a public key', publicOf(ES)],
    ['a short one', { ...OCT, k: 'AAAA' }],
    ['nothing', null],
  ])('are held to the rules of all others: %s', async (_, key) => {
    const { write } = setUp(jweFormat({ keys: async () => key as JWK }), options)
    const error = await rejectionOf(write({ n: 1 }))
    expect(error.code).toBe('ERR_SESSION_OPTIONS')
    expect(error.message).toMatch(/^jweFormat\(\): "keys" /)
  })

  it('seal what is signed, too', async () => {
    const { write, read } = setUp(jwsFormat({ sign: ED, seal: fetchKeys }), options)
    expect((await read(await write({ user: 'ada' }))).user).toBe('ada')
    expect(asked).toBe(1)
  })
})
