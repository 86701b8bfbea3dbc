import { describe, expect, it } from 'vitest'
import { readClaims, SKEW, writeClaims } from '../../src/seal/claims.ts'
import type { Cargo, Carried } from '../../src/seal/format.ts'
import { createClock, DAY, HOUR, NOON, SECOND } from '../fixtures/clock.ts'
import { ID } from '../fixtures/sealed-reader.ts'

const { now } = createClock()
const options = { maxAge: DAY, now }
const life = { created: NOON - HOUR, issued: NOON, expires: NOON + DAY, maxAge: undefined }
const times = { iat: NOON / 1000, exp: (NOON + DAY) / 1000, ct: (NOON - HOUR) / 1000 }
const data = '{"user":"fred"}'
const cargo: Cargo = { id: ID, key: undefined, snapshot: data, life, maxAge: DAY }

/** What is written of a session. */
function written(more: Partial<Cargo> = {}, audience?: string): object {
  return JSON.parse(writeClaims({ ...cargo, ...more }, audience))
}

/** What is read from claims. */
function read(claims: object): Carried {
  return readClaims({ text: JSON.stringify(claims), stale: false }, undefined, options) as Carried
}

describe('the claims of a session', () => {
  it('are its identity, its times and its data', () => {
    expect(written()).toEqual({ sid: ID, ...times, d: { user: 'fred' } })
    expect(written({ snapshot: `${data}\n{"note":"hi"}` })).toEqual({
      sid: ID,
      ...times,
      f: { note: 'hi' },
      d: { user: 'fred' },
    })
    expect(written({}, 'sid')).toEqual({ aud: 'sid', sid: ID, ...times, d: { user: 'fred' } })
  })

  it('are in an order of their own, so that another implementation writes the same', () => {
    const all = { version: 3, key: ID, maxAge: HOUR, life: { ...life, maxAge: HOUR } }
    const text = writeClaims({ ...cargo, ...all, snapshot: `${data}\n{"a":1}` }, 'sid')
    expect(Object.keys(JSON.parse(text))).toEqual('aud sid iat exp ct ma n f d'.split(' '))
  })

  it('tell of a time of its own, in milliseconds, or of a browser session', () => {
    expect(written({ life: { ...life, maxAge: HOUR }, maxAge: HOUR })).toMatchObject({ ma: HOUR })
    expect(written({ maxAge: 'session' })).toMatchObject({ st: true })
    expect(written()).not.toHaveProperty('ma')
    expect(written()).not.toHaveProperty('st')
  })

  it('have whole seconds: it ends no earlier than it should, and no more than one later', () => {
    const odd = { ...life, created: NOON - 1, issued: NOON + 1, expires: NOON + 1 + 1500 }
    expect(written({ life: odd })).toMatchObject({
      iat: NOON / 1000,
      exp: NOON / 1000 + 2,
      ct: NOON / 1000 - 1,
    })
  })
})

describe('the claims of a session in a store', () => {
  it('have no data, and no key where the identity is it', () => {
    expect(written({ key: ID })).toEqual({ sid: ID, ...times })
  })

  it('have a key of another shape beside an identity of ours', () => {
    for (const key of ['sess:1', '', `sess:${ID}`]) {
      expect(written({ id: key, key })).toEqual({
        sid: expect.stringMatching(/^[\w-]{43}$/),
        ...times,
        d: key,
      })
    }
  })

  it('count its writes, with a copy of the data where it fits', () => {
    const snapshot = `${data}\n{"note":"hi"}`
    expect(written({ key: ID, version: 7, snapshot })).toEqual({
      sid: ID,
      ...times,
      n: 7,
      f: { note: 'hi' },
      d: { user: 'fred' },
    })
    expect(written({ key: ID, version: 7, snapshot: '' })).toEqual({ sid: ID, ...times, n: 7 })
  })

  it('have no copy beside a key of another shape', () => {
    const { d, n } = written({ id: 'sess:1', key: 'sess:1', version: 7 }) as any
    expect([d, n]).toEqual(['sess:1', 7])
  })
})

describe('what is read from claims', () => {
  const claims = { sid: ID, ...times }

  it('is the key of a store, by its identity or beside it', () => {
    expect(read(claims)).toMatchObject({ id: ID, key: ID, record: undefined, version: undefined })
    expect(read({ ...claims, d: 'sess:1' })).toMatchObject({ id: 'sess:1', key: 'sess:1' })
  })

  it('is a session, with its messages', () => {
    expect(read({ ...claims, d: { user: 'fred' }, f: { note: 'hi' } })).toEqual({
      id: ID,
      key: undefined,
      record: { user: 'fred' },
      flash: { note: 'hi' },
      version: undefined,
      life: { ...life, maxAge: undefined },
      isTimed: true,
      stale: false,
    })
  })

  it('is a copy of what a store has, where its writes are counted', () => {
    for (const n of [1, 7, Number.MAX_SAFE_INTEGER]) {
      expect(read({ ...claims, n, d: { user: 'fred' } })).toMatchObject({
        id: ID,
        key: ID,
        record: { user: 'fred' },
        version: n,
      })
    }
  })

  it.each([0, -1, 1.5, 1e300, '7', null, true, [7]])('is no count: %j', (n) => {
    expect(read({ ...claims, n, d: { user: 'fred' } })).toMatchObject({
      key: undefined,
      record: { user: 'fred' },
      version: undefined,
    })
  })

  it('may come from a clock that is a minute ahead, and no more', () => {
    const { iat, exp } = times
    expect(SKEW * SECOND).toBe(60_000)
    expect(read({ ...claims, iat: iat + 60, exp: exp + 60 })).toMatchObject({ id: ID })
    expect(read({ ...claims, iat: iat + 61, exp: exp + 61 })).toBe('tampered')
  })
})
