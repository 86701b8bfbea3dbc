import { createHmac } from 'node:crypto'
import Keygrip from 'keygrip'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { engine } from '#engine'
import { createSessionManager, type SessionOptions } from '../../src/index.ts'
import { createSigner, readSigned } from '../../src/seal/signed.ts'
import { createClock, HOUR } from '../fixtures/clock.ts'
import { cookieHeader, parseSetCookie } from '../fixtures/cookies.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore, type RecordingStore } from '../fixtures/recording-store.ts'
import { check, patience } from '../fixtures/properties.ts'
import { SECRETS } from '../fixtures/secrets.ts'
import signedCookies from '../fixtures/signed-cookies.json' with { type: 'json' }

const vectors = signedCookies.vectors
const warn = vi.spyOn(console, 'warn')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

beforeEach(() => void warn.mockReset().mockImplementation(() => {}))
afterEach(() => void warn.mockReset())

function optionsOf({ keys, algorithm, name, now, options }: Vector): SessionOptions {
  const digest = algorithm as 'sha1' | 'sha256'
  return {
    secrets: keys,
    key: name,
    encrypt: false,
    digest,
    now: () => now,
    ...(options as object),
  }
}

type Vector = (typeof vectors)[number]
const makers = vectors.flatMap((vector) => [
  { ...vector, how: 'secrets', secrets: vector.keys as SessionOptions['secrets'] },
  { ...vector, how: 'a Keygrip', secrets: new Keygrip(vector.keys, vector.algorithm) },
])

function storeOf({ stored = [] }: Vector): RecordingStore | null {
  if (!stored.length) return null
  const store = createRecordingStore()
  for (const [key, record] of stored) store.records.set(key as string, JSON.stringify(record))
  return store
}

describe('a cookie that another library signed', () => {
  it.each(makers)('is read as its maker reads it: $id, with $how', async (vector) => {
    const events: string[] = []
    const manager = createSessionManager({
      ...optionsOf(vector),
      secrets: vector.secrets,
      store: storeOf(vector),
      on: onTrouble(({ type }) => events.push(type)),
    })
    const session = await manager.load(vector.header)
    expect(session.toJSON()).toEqual(vector.reads)
    expect(session.isNew).toBe(!vector.valid)
    expect(events).toEqual(vector.valid ? [] : ['tampered'])
  })

  const written = makers.filter(({ value }) => value)
  it.each(written)('is written byte for byte: $id, with $how', async (vector) => {
    const store = storeOf(vector)
    store?.records.clear()
    const genid = store && (() => vector.value!)
    const options = { ...optionsOf(vector), secrets: vector.secrets, store, genid }
    const manager = createSessionManager(options)
    const session = await manager.load(null)
    Object.assign(session, vector.session)
    const cookies = (await manager.commit(session)).map(parseSetCookie)
    expect(cookies.map(({ name, value }) => [name, value])).toEqual([
      [vector.name, vector.value],
      [`${vector.name}.sig`, vector.sig],
    ])
    const records = [...(store?.records ?? [])].map(([key, json]) => [key, JSON.parse(json)])
    expect(records).toEqual(vector.stored ?? [])
  })

  const resigned = makers.filter(({ resignedSig }) => resignedSig)
  it.each(resigned)('is signed anew, for no longer: $id, with $how', async (vector) => {
    const manager = createSessionManager({ ...optionsOf(vector), secrets: vector.secrets })
    const cookies = await manager.commit(await manager.load(vector.header))
    const [value, sig] = cookies.map(parseSetCookie)
    expect(vector.header).toContain(`${vector.name}=${value!.value};`)
    expect(sig).toMatchObject({ name: `${vector.name}.sig`, value: vector.resignedSig })
    expect(value!.attributes.get('max-age')).toBe('86400')
  })
})

describe('a signed cookie', () => {
  const clock = createClock()
  const base = { secrets: SECRETS.slice(0, 3), encrypt: false, key: 'sid', now: clock.now }

  async function signed(options: Partial<SessionOptions> = {}): Promise<[string, string]> {
    const manager = createSessionManager({ ...base, ...options })
    const session = await manager.load(null)
    session.user = 'fred'
    return (await manager.commit(session)).map((one) => parseSetCookie(one).value) as never
  }
  const user = async (header: string, options: Partial<SessionOptions> = {}): Promise<unknown> =>
    (await createSessionManager({ ...base, ...options }).load(header)).user

  it('needs its signature, which is of its name and value', async () => {
    const [value, sig] = await signed()
    const [other, otherSig] = await signed({ key: 'other' })
    expect(await user(`sid=${value}; sid.sig=${sig}`)).toBe('fred')
    expect(await user(`sid.sig=${sig}; sid=${value}`)).toBe('fred')
    for (const header of [
      `sid=${value}`,
      `sid=${value}; sid.sig=`,
      `sid=${value}; sid.sig=${sig}=`,
      `sid=${value}; sid.sig=${sig.slice(1)}`,
      `sid=${value}; sid.sig=${sig}A`,
      `sid=${value}; sid.sig=${sig.toLowerCase()}`,
      `sid=${value}; SID.SIG=${sig}`,
      `sid=${value}; sid.sig=${otherSig}`,
      `sid=${other}; sid.sig=${otherSig}`,
      `sid=${value}A; sid.sig=${sig}`,
      `sid=${value.slice(0, -1)}; sid.sig=${sig}`,
      `sid="${value}"; sid.sig=${sig}`,
      `sid=; sid.sig=${sig}`,
      `sid.sig=${sig}`,
    ]) {
      expect(await user(header)).toBeUndefined()
    }
  })

  it('does not open after any change of one character', async () => {
    const [value, sig] = await signed()
    const manager = createSessionManager(base)
    const accepted: string[] = []
    for (const part of ['value', 'sig']) {
      const text = part === 'sig' ? sig : value
      for (let at = 0; at < text.length; at++) {
        for (const symbol of 'AQgw059_-+/=. ~é') {
          if (symbol === text[at]) continue
          const changed = text.slice(0, at) + symbol + text.slice(at + 1)
          const header =
            part === 'sig' ? `sid=${value}; sid.sig=${changed}` : `sid=${changed}; sid.sig=${sig}`
          if (!(await manager.load(header)).isNew) accepted.push(header)
        }
      }
    }
    expect(accepted).toEqual([])
  })

  it.each([1, 2, 3])(
    'opens under each of %d secrets, and is signed anew if not the newest',
    async (count) => {
      for (let index = 0; index < count; index++) {
        const [value, sig] = await signed({ secrets: [SECRETS[index]!] })
        const manager = createSessionManager({ ...base, secrets: SECRETS.slice(0, count) })
        const session = await manager.load(`sid=${value}; sid.sig=${sig}`)
        expect(session.user).toBe('fred')
        const cookies = await manager.commit(session)
        expect(cookies).toHaveLength(index ? 2 : 0)
        const header = index ? cookieHeader(cookies) : `sid=${value}; sid.sig=${sig}`
        expect(await user(header, { secrets: SECRETS[0]! })).toBe('fred')
      }
    },
  )

  it('of a secret that is gone is none', async () => {
    const [value, sig] = await signed()
    expect(await user(`sid=${value}; sid.sig=${sig}`, { secrets: SECRETS[5]! })).toBeUndefined()
  })

  it('of the other digest is none', async () => {
    const [value, sig] = await signed({ digest: 'sha1' })
    expect(sig).toHaveLength(27)
    expect(await user(`sid=${value}; sid.sig=${sig}`)).toBeUndefined()
    expect(await user(`sid=${value}; sid.sig=${sig}`, { digest: 'sha1' })).toBe('fred')
  })

  it('is read among duplicates where one pair of value and signature is good', async () => {
    const [value, sig] = await signed()
    expect(await user(`sid=x; sid=${value}; sid.sig=y; sid.sig=${sig}`)).toBe('fred')
    const [late, lateSig] = await signed({ maxAge: HOUR })
    const both = `sid=${value}; sid=${late}; sid.sig=${sig}; sid.sig=${lateSig}`
    expect(await user(both)).toBeUndefined()
  })

  it.each([
    'not base64',
    'AAA',
    '=',
    btoa('{'),
    btoa('[]'),
    btoa('null'),
    btoa('"x"'),
    btoa('\xff'),
  ])('that was signed but holds no record is none: %j', async (value) => {
    const sig = createHmac('sha256', SECRETS[0]!).update(`sid=${value}`).digest('base64url')
    expect(await user(`sid=${value}; sid.sig=${sig}`)).toBeUndefined()
  })

  it('that was signed but holds no record counts as tampered with', async () => {
    const events: string[] = []
    const manager = createSessionManager({
      ...base,
      on: onTrouble(({ type }) => events.push(type)),
    })
    const sig = createHmac('sha256', SECRETS[0]!).update('sid=AAA').digest('base64url')
    await manager.load(`sid=AAA; sid.sig=${sig}`)
    expect(events).toEqual(['tampered'])
  })

  it('is as it was where one of two signatures is of the newest secret', async () => {
    const [value, sig] = await signed()
    const [, old] = await signed({ secrets: SECRETS[1]! })
    const manager = createSessionManager(base)
    for (const sigs of [`sid.sig=${sig}; sid.sig=${old}`, `sid.sig=${old}; sid.sig=${sig}`]) {
      const session = await manager.load(`sid=${value}; ${sigs}`)
      expect(session.user).toBe('fred')
      expect(await manager.commit(session)).toEqual([])
    }
  })

  it('ends with both of its parts', async () => {
    const [value, sig] = await signed()
    const manager = createSessionManager(base)
    const session = await manager.load(`sid=${value}; sid.sig=${sig}`)
    session.destroy()
    const cleared = await manager.commit(session)
    expect(cleared).toEqual(
      ['sid', 'sid.sig'].map((name) => expect.stringMatching(`^${name}=; .*; Max-Age=0; Expires=`)),
    )
  })

  it('tells no times, and is no proof of who made the record in a store', () => {
    const life = { created: 0, issued: 0, expires: undefined, maxAge: undefined }
    const store = createRecordingStore()
    expect(readSigned('a.b', true, { store } as never)).toStrictEqual({
      id: 'a.b',
      key: 'a.b',
      life,
      isTimed: false,
      stale: true,
    })
    expect(readSigned('e30=', false, {} as never)).toStrictEqual({
      id: 'e30=',
      record: {},
      life,
      isTimed: false,
      stale: false,
    })
  })

  it('goes through encode and decode where they are given', async () => {
    const encode = (record: object): string => encodeURIComponent(JSON.stringify(record))
    const decode = (text: string): unknown => JSON.parse(decodeURIComponent(text))
    const [value, sig] = await signed({ encode, decode })
    expect(value).toMatch(/^%7B%22user%22%3A%22fred%22/)
    expect(await user(`sid=${value}; sid.sig=${sig}`, { encode, decode })).toBe('fred')
    expect(await user(`sid=${value}; sid.sig=${sig}`)).toBeUndefined()
  })

  it('takes short secrets, and warns once about all of them', () => {
    createSessionManager({ ...base, secrets: ['a', 'b', 'c'] })
    expect(warn).toHaveBeenCalledTimes(1)
    expect(warn.mock.lastCall![0]).toMatch(/^Session option "secrets" \[0\] is shorter than 32/)
    warn.mockClear()
    createSessionManager(base)
    createSessionManager({ ...base, secrets: new Keygrip(['a']) })
    expect(warn).not.toHaveBeenCalled()
    expect(() => createSessionManager({ ...base, secrets: ['', 'a'] })).toThrowError(
      expect.objectContaining({ code: 'ERR_SESSION_SECRET' }),
    )
  })
})

describe('createSigner', () => {
  it('counts a secret that opens alone as the newest, and an older one as it stands', async () => {
    const secrets = SECRETS.slice(0, 4).map(bytes)
    const signer = createSigner(engine, secrets, 'sha256', 2)
    const found = secrets.map(async (secret) =>
      signer.index('text', await createSigner(engine, [secret], 'sha256').sign('text')),
    )
    expect(await Promise.all(found)).toEqual([0, 0, 2, 3])
    expect(await signer.index('text', await signer.sign('other'))).toBe(-1)
  })

  it(
    'agrees with keygrip on any text',
    async () => {
      const digests = fc.constantFrom('sha1' as const, 'sha256' as const)
      const secret = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 })
      const secrets = fc.uniqueArray(secret, { minLength: 1, maxLength: 4 })
      const text = fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.string())
      const property = fc.asyncProperty(
        digests,
        secrets,
        text,
        fc.nat(3),
        async (digest, secrets, text, nth) => {
          const keygrip = new Keygrip(secrets, digest)
          const signer = createSigner(engine, secrets.map(bytes), digest)
          expect(await signer.sign(text)).toBe(keygrip.sign(text))
          const maker = new Keygrip([secrets[nth % secrets.length]!], digest)
          const mac = maker.sign(text)
          expect(await signer.index(text, mac)).toBe(keygrip.index(text, mac))
          expect(await signer.index(`${text}x`, mac)).toBe(-1)
        },
      )
      await check('signatures of keygrip', property)
    },
    patience,
  )
})
