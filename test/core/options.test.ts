import * as fc from 'fast-check'
import Keygrip from 'keygrip'
import { describe, expect, it, vi } from 'vitest'
import { createSessionManager, SessionError, type SessionOptions } from '../../src/index.ts'
import { checkOptions } from '../../src/options.ts'
import { createClock, DAY } from '../fixtures/clock.ts'
import { COOKIE_GRAMMAR } from '../fixtures/cookie-grammar.ts'
import { cookieHeader, parseSetCookie } from '../fixtures/cookies.ts'
import { errorOf } from '../fixtures/errors.ts'
import { check, patience, runsOf } from '../fixtures/properties.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'

const store = { get() {}, set() {}, destroy() {} }
class ContextStore {
  get(): void {}
  set(): void {}
  destroy(): void {}
}

/** What is wrong, and what the message has to name. */
const bad: [options: Record<string, unknown>, names: RegExp][] = [
  // Names
  [{ rollling: true }, /"rollling" is unknown\. Did you mean "rolling"\?/],
  [{ samesite: 'lax' }, /"samesite" is unknown\. Did you mean "sameSite"\?/],
  [{ MaxAge: 1 }, /"MaxAge" is unknown\. Did you mean "maxAge"\?/],
  [{ http_only: true }, /"http_only" is unknown\. Did you mean "httpOnly"\?/],
  [{ keys: ['a'] }, /"keys" is unknown\. Did you mean "key"\?/],
  [{ secret: SECRET }, /"secret" is unknown\. Did you mean "secrets"\?/],
  [{ domian: 'a.com' }, /"domian" is unknown\. Did you mean "domain"\?/],
  [{ contextStore: ContextStore }, /"contextStore" is unknown\. Did you mean "ContextStore"\?/],
  [{ cookieName: 'sid' }, /"cookieName" is unknown\.$/],
  [{ toString: 'x' }, /"toString" is unknown/],
  [{ constructor: 'x' }, /"constructor" is unknown/],
  [JSON.parse('{"__proto__":1}'), /"__proto__" is unknown/],
  // Types and ranges
  [{ key: '' }, /"key" must be a cookie name/],
  [{ key: 1 }, /"key" must be/],
  [{ key: ['sid'] }, /"key" must be/],
  [{ key: 'a b' }, /"key" must be/],
  [{ key: 'a;b' }, /"key" must be/],
  [{ key: 'a=b' }, /"key" must be/],
  [{ key: 'sid\n' }, /"key" must be/],
  [{ key: 'sïd' }, /"key" must be/],
  [{ key: 'k'.repeat(257) }, /"key" must be/],
  [{ maxAge: 0 }, /"maxAge" must be 'session' or milliseconds/],
  [{ maxAge: -1 }, /"maxAge" must be/],
  [{ maxAge: NaN }, /"maxAge" must be/],
  [{ maxAge: Infinity }, /"maxAge" must be/],
  [{ maxAge: '86400000' }, /"maxAge" must be/],
  [{ maxAge: 'Session' }, /"maxAge" must be/],
  [{ maxAge: 400 * DAY + 1 }, /"maxAge" must be .*up to 400 days/],
  [{ maxage: 0 }, /"maxage" must be/],
  [{ absoluteMaxAge: 'session' }, /"absoluteMaxAge" must be/],
  [{ absoluteMaxAge: 0 }, /"absoluteMaxAge" must be/],
  [{ storeTimeout: 0 }, /"storeTimeout" must be/],
  [{ storeTimeout: '2s' }, /"storeTimeout" must be/],
  [{ encrypt: 'yes' }, /"encrypt" must be true or false/],
  [{ encrypt: 1 }, /"encrypt" must be/],
  [{ signed: 'true' }, /"signed" must be/],
  [{ rolling: 1 }, /"rolling" must be/],
  [{ touchAfter: -1 }, /"touchAfter" must be milliseconds, from 0 up to 400 days/],
  [{ renew: {} }, /"renew" must be/],
  [{ autoCommit: 'false' }, /"autoCommit" must be/],
  [{ overwrite: 0 }, /"overwrite" must be/],
  [{ httpOnly: 'true' }, /"httpOnly" must be/],
  [{ secure: 'automatic' }, /"secure" must be/],
  [{ partitioned: 'yes' }, /"partitioned" must be/],
  [{ hashKeys: 'no' }, /"hashKeys" must be/],
  [{ digest: 'md5' }, /"digest" must be 'sha1' or 'sha256'/],
  [{ digest: 'sha512' }, /"digest" must be/],
  [{ sameSite: 'lax; Domain=evil' }, /"sameSite" must be/],
  [{ sameSite: 'loose' }, /"sameSite" must be/],
  [{ sameSite: 1 }, /"sameSite" must be/],
  [{ sameSite: ['lax'] }, /"sameSite" must be/],
  [{ priority: 'urgent' }, /"priority" must be/],
  [{ priority: ['high'] }, /"priority" must be/],
  [{ domain: 'a.com; Secure' }, /"domain" must be/],
  [{ domain: 'https://a.com' }, /"domain" must be/],
  [{ domain: 'a..com' }, /"domain" must be/],
  [{ domain: '' }, /"domain" must be/],
  [{ domain: `${'a'.repeat(60)}.`.repeat(20) + 'com' }, /"domain" must be/],
  [{ path: 'app' }, /"path" must be a path/],
  [{ path: '' }, /"path" must be/],
  [{ path: '/a;b' }, /"path" must be/],
  [{ path: '/a\r\nb' }, /"path" must be/],
  [{ path: '/ä' }, /"path" must be/],
  [{ path: `/${'a'.repeat(1024)}` }, /"path" must be/],
  [{ prefix: 'sess ' }, /"prefix" must be/],
  [{ prefix: 'a/b' }, /"prefix" must be/],
  [{ prefix: 1 }, /"prefix" must be/],
  [{ store: {} }, /"store" must be an object with the methods get, set and destroy/],
  [{ store: 'redis' }, /"store" must be/],
  [{ store: ContextStore }, /"store" must be/],
  [{ store: { ...store, destroy: undefined } }, /"store" must be/],
  [{ ContextStore: store }, /"ContextStore" must be a class/],
  [{ ContextStore: Map }, /"ContextStore" must be/],
  [{ ContextStore: () => store }, /"ContextStore" must be/],
  [{ onStoreError: 'ignore' }, /"onStoreError" must be/],
  [{ onStoreError: ['throw'] }, /"onStoreError" must be/],
  [{ onStoreError: true }, /"onStoreError" must be/],
  [{ conflict: 'last' }, /"conflict" must be/],
  [{ accept: 'egg' }, /"accept" must be/],
  [{ accept: [{}] }, /"accept" must be/],
  [{ accept: [null] }, /"accept" must be/],
  [{ genid: 'uuid' }, /"genid" must be a function/],
  [{ valid: true }, /"valid" must be/],
  [{ isRevoked: ['id'] }, /"isRevoked" must be a function/],
  [{ beforeSave: {} }, /"beforeSave" must be/],
  [{ encode: 'json', encrypt: false }, /"encode" must be/],
  [{ decode: 1, encrypt: false }, /"decode" must be/],
  [{ now: 1_700_000_000_000 }, /"now" must be/],
  [{ on: {} }, /"on" must be/],
  // What excludes each other
  [{ key: '__Host-sid', domain: 'a.com' }, /"key" with the prefix __Host- .*"domain"/],
  [{ key: '__Host-sid', path: '/app' }, /"key" with the prefix __Host- .*"path"/],
  [{ key: '__Host-sid', secure: false }, /"key" needs "secure"/],
  [{ key: '__host-sid', domain: 'a.com' }, /"key" with the prefix/],
  [{ key: '__Secure-sid', secure: false }, /"key" needs "secure"/],
  [{ key: '__Http-sid', httpOnly: false }, /"key" with the prefix __Http- needs "httpOnly"/],
  [{ key: '__Host-Http-sid', httpOnly: false }, /"key" .*"httpOnly"/],
  [{ key: '__Host-Http-sid', path: '/app' }, /"key" .*"path"/],
  [{ key: '__Host-sid', secure: 'auto' }, /"key" needs "secure"/],
  [{ sameSite: 'none', secure: false }, /"sameSite" needs "secure"/],
  [{ partitioned: true, secure: false }, /"partitioned" needs "secure"/],
  [{ store, ContextStore }, /"store" and "ContextStore" exclude each other/],
  [{ encrypt: false, absoluteMaxAge: DAY }, /"absoluteMaxAge" needs "encrypt"/],
  [{ isRevoked() {}, store }, /"store" and "isRevoked" exclude each other/],
  [{ isRevoked() {}, ContextStore }, /"store" and "isRevoked" exclude/],
  [{ isRevoked() {}, encrypt: false }, /"isRevoked" needs "encrypt"/],
  [{ encrypt: false, signed: false }, /"signed: false" needs "encrypt"/],
  [{ overflow: 'cookie' }, /"overflow" must be 'error' or 'store'/],
  [{ overflow: 'store' }, /"overflow: 'store'" needs "store"/],
  [{ overflow: 'store', store, encrypt: false }, /"overflow: 'store'" needs "encrypt"/],
  [{ overflow: 'store', ContextStore }, /"overflow: 'store'" needs "store"/],
  [{ overflow: 'store', store, genid: () => '' }, /"overflow: 'store'" and "genid" exclude/],
  [
    { overflow: 'store', store: { ...store, consistency: 'eventual' } },
    /"overflow: 'store'" needs a store that sees its own writes/,
  ],
  [{ migrate: (old: object) => old }, /"migrate" needs "schema"/],
  [{ schema: {} as never }, /"schema" must be a Standard Schema/],
  [{ secrets: new Keygrip([SECRET]) }, /"secrets" must be text or bytes to encrypt/],
  [{ encode: JSON.stringify }, /"encode" and "decode" need "encrypt: false"/],
  [{ decode: JSON.parse }, /"encode" and "decode" need "encrypt: false"/],
]

const everyOption: Record<keyof SessionOptions, true> = {
  secrets: true,
  format: true,
  key: true,
  maxAge: true,
  maxage: true,
  absoluteMaxAge: true,
  encrypt: true,
  signed: true,
  digest: true,
  rolling: true,
  touchAfter: true,
  renew: true,
  autoCommit: true,
  overwrite: true,
  httpOnly: true,
  secure: true,
  sameSite: true,
  domain: true,
  path: true,
  proxy: true,
  priority: true,
  partitioned: true,
  store: true,
  ContextStore: true,
  overflow: true,
  storeTimeout: true,
  onStoreError: true,
  hashKeys: true,
  conflict: true,
  accept: true,
  genid: true,
  prefix: true,
  schema: true,
  migrate: true,
  valid: true,
  beforeSave: true,
  encode: true,
  decode: true,
  principal: true,
  label: true,
  isRevoked: true,
  waitUntil: true,
  now: true,
  on: true,
}

/** What a Set-Cookie of a new session says. */
async function firstCookie(options: Partial<SessionOptions>): Promise<string> {
  const manager = createSessionManager({ secrets: SECRET, ...options } as SessionOptions)
  const session = await manager.load(null)
  session.user = 'fred'
  return (await manager.commit(session))[0]!
}

describe('a bad option', () => {
  it.each(bad)('is refused by name: %j', (options, names) => {
    const error = errorOf(() => createSessionManager({ secrets: SECRET, ...options } as never))
    expect(error).toBeInstanceOf(SessionError)
    expect(error.code).toBe('ERR_SESSION_OPTIONS')
    expect(error.message).toMatch(/^Session option ".*[.?]$/)
    expect(error.message).toMatch(names)
    expect(error.message).not.toContain(SECRET)
  })

  it.each([undefined, null, 'sid', 42, () => ({ secrets: SECRET }), [SECRET]])(
    'in place of all options is refused: %s',
    (options) => {
      const error = errorOf(() => createSessionManager(options as never))
      expect(error).toBeInstanceOf(SessionError)
      expect(error.code).toBe('ERR_SESSION_OPTIONS')
    },
  )
})

describe('an option that is unset', () => {
  it.each(Object.keys(everyOption).filter((name) => name !== 'secrets'))(
    'is one that is null or undefined: %s',
    (name) => {
      const plain = { ...checkOptions({ secrets: SECRET }), now: undefined }
      for (const unset of [null, undefined]) {
        const options = { secrets: SECRET, [name]: unset } as SessionOptions
        expect({ ...checkOptions(options), now: undefined }).toEqual(plain)
      }
    },
  )

  it.each([null, undefined])('is missed if it is "secrets": %s', (secrets) => {
    const error = errorOf(() => createSessionManager({ secrets } as never))
    expect(error.message).toMatch(/^Session option "secrets" is missing/)
  })
})

describe('the options', () => {
  it('are the defaults where nothing is said', async () => {
    const { now } = createClock()
    expect((await firstCookie({ now })).replace(/=[^;]*/, '=…')).toBe(
      '__Host-sid=…; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400',
    )
  })

  it.each([
    [{}, '__Host-sid'],
    [{ secure: true, path: '/' }, '__Host-sid'],
    [{ secure: false }, 'sid'],
    [{ path: '/app' }, 'sid'],
    [{ domain: 'example.com' }, 'sid'],
    [{ encrypt: false }, '__Host-sid'],
    [{ key: 'visit' }, 'visit'],
  ])('%j names the cookie %s', (options, key) => {
    expect(createSessionManager({ secrets: SECRET, ...options }).key).toBe(key)
  })

  it('take maxage for maxAge, which wins', async () => {
    const ages = async (options: Partial<SessionOptions>): Promise<string | undefined> =>
      parseSetCookie(await firstCookie(options)).attributes.get('max-age')
    const { now } = createClock()
    expect(await ages({ now, maxage: 5000 })).toBe('5')
    expect(await ages({ now, maxage: 5000, maxAge: 7000 })).toBe('7')
    expect(await ages({ now, maxage: 5000, maxAge: null })).toBe('5')
  })

  it('may be shared with adapters that know more of them', () => {
    const shared = { as: 'visit', externalKey: { get() {}, set() {} }, logValue: true }
    expect(createSessionManager({ secrets: SECRET, ...shared }).key).toBe('__Host-sid')
  })

  it('are never changed, and may be frozen', async () => {
    const bytes = new TextEncoder().encode(SECRETS[1])
    const secrets = Object.freeze([SECRET, bytes])
    const options = Object.freeze({ secrets, key: null, maxage: 5000, domain: undefined })
    const before = JSON.stringify(options)
    expect(await firstCookie(options)).toMatch(/^__Host-sid=/)
    expect(JSON.stringify(options)).toBe(before)
  })

  it('are read once: what is done to them later has no effect', async () => {
    const bytes = new TextEncoder().encode(SECRET)
    const options: SessionOptions = { secrets: [bytes], key: 'sid' }
    const manager = createSessionManager(options)
    bytes.fill(0)
    options.key = 'other'
    const session = await manager.load(null)
    session.user = 'fred'
    const header = cookieHeader(await manager.commit(session))
    expect(await createSessionManager({ secrets: SECRET, key: 'sid' }).load(header)).toMatchObject({
      user: 'fred',
    })
  })

  it('come from the object itself, not from what others put on Object.prototype', async () => {
    const pollution: Record<string, unknown> = {
      domain: 'evil.example',
      sameSite: 'none',
      prefix: 'x',
    }
    const prototype = Object.prototype as unknown as Record<string, unknown>
    try {
      Object.assign(prototype, pollution, {
        hashKeys: false,
        absoluteMaxAge: 1,
        valid: () => false,
      })
      const cookie = await firstCookie({})
      expect(cookie).toMatch(/^__Host-sid=/)
      expect(cookie).toContain('SameSite=Lax; Max-Age=86400')
      expect(cookie).not.toContain('evil')
    } finally {
      for (const name of [...Object.keys(pollution), 'hashKeys', 'absoluteMaxAge', 'valid']) {
        delete prototype[name]
      }
    }
  })
})

describe('any options', () => {
  const valid: Record<string, fc.Arbitrary<unknown>> = {
    secrets: fc.constantFrom(SECRET, SECRETS.slice(0, 3), new Keygrip([SECRET]), 'short'),
    key: fc.constantFrom('sid', '__Host-sid', '__Secure-sid', '__Http-sid', 'EGG_SESS', 'a.b'),
    path: fc.constantFrom('/', '/app', '/a b', '/%41'),
    domain: fc.constantFrom('example.com', '.example.com', 'localhost'),
    sameSite: fc.constantFrom('lax', 'Strict', 'none', true, false),
    priority: fc.constantFrom('low', 'HIGH'),
    prefix: fc.constantFrom('app:', 'sess.'),
    digest: fc.constantFrom('sha1', 'sha256'),
    store: fc.constant(store),
    ContextStore: fc.constant(ContextStore),
    onStoreError: fc.constantFrom('throw', 'anonymous'),
    conflict: fc.constantFrom('merge', 'error'),
    accept: fc.constant([]),
    maxAge: fc.constantFrom('session', 1, DAY, 400 * DAY),
    maxage: fc.constantFrom('session', 1000),
    absoluteMaxAge: fc.constantFrom(1000, DAY),
    storeTimeout: fc.constantFrom(1, DAY),
    now: fc.constant(createClock().now),
    genid: fc.constantFrom(
      () => 'id',
      () => '; Domain=evil.example',
    ),
    principal: fc.constant(() => 'fred'),
    isRevoked: fc.constant(() => false),
    encode: fc.constantFrom(
      () => 'text',
      () => 'a;b',
    ),
    decode: fc.constant(() => ({})),
  }
  const odd = fc.oneof(
    fc.anything(),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom('; Domain=evil.example', '/;a', 'a\r\nb', 'lax; Secure', 1e308, -0, NaN, null),
    fc
      .tuple(
        fc.constantFrom('sid', '/app', 'a.com', 'lax'),
        fc.string({ unit: 'binary', maxLength: 2 }),
      )
      .map((both) => both.join('')),
  )
  const named = (name: keyof SessionOptions): fc.Arbitrary<[string, unknown]> => {
    const value = fc.oneof(
      { weight: 12, arbitrary: valid[name] ?? fc.boolean() },
      { weight: 1, arbitrary: odd },
    )
    return value.map((value) => [name, value])
  }
  const names = Object.keys(everyOption) as (keyof SessionOptions)[]
  const options = fc
    .array(fc.oneof(...names.map(named)), { maxLength: 8 })
    .map((entries) => Object.fromEntries(entries))

  it(
    'are refused with a reason, or make cookies of one strict grammar',
    async () => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      const { now } = createClock()
      const seen = { refused: 0, made: 0 }
      const property = fc.asyncProperty(options, async (options) => {
        let cookies: string[]
        try {
          const manager = createSessionManager({ secrets: SECRET, now, ...options })
          const session = await manager.load('sid=x; __Host-sid=y', {})
          session.user = 'fred'
          cookies = await manager.commit(session)
        } catch (error) {
          seen.refused++
          expect(error).toBeInstanceOf(SessionError)
          expect((error as SessionError).code).toMatch(/^ERR_SESSION_(OPTIONS|SECRET|TOO_LARGE)$/)
          expect((error as SessionError).message).not.toMatch(/evil|\r|\n/)
          return
        }
        seen.made++
        const names = cookies.map((cookie) => cookie.slice(0, cookie.indexOf('=')))
        expect(new Set(names).size).toBe(names.length)
        for (const cookie of cookies) expect(cookie).toMatch(COOKIE_GRAMMAR)
        warn.mockClear()
      })
      await check('any options', property)
      expect(Math.min(seen.refused, seen.made)).toBeGreaterThan(runsOf('any options') / 5)
      warn.mockRestore()
    },
    patience,
  )
})
