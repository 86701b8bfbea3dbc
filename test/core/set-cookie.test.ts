import { describe, expect, it } from 'vitest'
import { createSessionManager, SessionError, type SessionOptions } from '../../src/index.ts'
import { checkOptions } from '../../src/options.ts'
import { attributeText, clearCookie, setCookie } from '../../src/set-cookie.ts'
import { Jar, parseSetCookie } from '../fixtures/cookies.ts'
import { COOKIE_GRAMMAR } from '../fixtures/cookie-grammar.ts'
import { createClock, DAY } from '../fixtures/clock.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'

const keys = ['sid', '__Secure-sid', '__Host-sid', '__Http-sid', '__Host-Http-sid', '__HOST-sid']
const choices = {
  key: keys,
  path: ['/', '/app'],
  domain: [undefined, 'example.com', '.Example.com'],
  secure: [true, false],
  httpOnly: [true, false],
  sameSite: ['strict', 'lax', 'none', 'None', true, false],
  priority: [undefined, 'low', 'medium', 'High'],
  partitioned: [true, false],
} as const

/** Every combination of choices. */
function combinations(): SessionOptions[] {
  let all: Record<string, unknown>[] = [{}]
  for (const [name, values] of Object.entries(choices)) {
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })))
  }
  return all.map((one) => ({ ...one, secrets: SECRET }) as SessionOptions)
}

/** What browsers keep of such a cookie, by RFC 6265bis section 5.7 and CHIPS. */
function isKept({ key, path, domain, secure, httpOnly, sameSite, partitioned }: any): boolean {
  const name = key.toLowerCase()
  const host = path === '/' && !domain
  if (name.startsWith('__secure-') && !secure) return false
  if (name.startsWith('__host-http-') && !(secure && host && httpOnly)) return false
  if (name.startsWith('__host-') && !(secure && host)) return false
  if (name.startsWith('__http-') && !(secure && httpOnly)) return false
  return Boolean(secure || !(partitioned || /none/i.test(String(sameSite))))
}

describe('the Set-Cookie value', () => {
  it('has the attributes in one order', () => {
    const attributes = attributeText({
      partitioned: true,
      priority: 'high',
      sameSite: 'none',
      httpOnly: true,
      secure: true,
      domain: 'example.com',
      path: '/app',
    })
    expect(setCookie('sid', 'value', attributes, 1000)).toBe(
      'sid=value; Path=/app; Domain=example.com; Secure; HttpOnly; SameSite=None; Priority=High; Partitioned; Max-Age=1',
    )
  })

  it.each([
    [{ sameSite: 'lax' }, '; SameSite=Lax'],
    [{ sameSite: 'strict' }, '; SameSite=Strict'],
    [{ sameSite: 'NONE' }, '; SameSite=None'],
    [{ sameSite: true }, '; SameSite=Strict'],
    [{ sameSite: false }, ''],
    [{ priority: 'LOW' }, '; Priority=Low'],
    [{ priority: 'medium' }, '; Priority=Medium'],
    [{ secure: true }, '; Secure'],
    [{ secure: false, httpOnly: false, partitioned: false }, ''],
    [{ httpOnly: true }, '; HttpOnly'],
    [{ partitioned: true }, '; Partitioned'],
    [{ domain: '.example.com' }, '; Domain=.example.com'],
  ])('writes %j as %j', (attributes, text) => {
    expect(attributeText({ path: '/', ...(attributes as object) })).toBe(`; Path=/${text}`)
  })

  it('has neither Max-Age nor Expires for a browser session', () => {
    expect(setCookie('sid', 'x', '; Path=/', undefined)).toBe('sid=x; Path=/')
  })

  it.each([
    [1, 1],
    [999, 1],
    [1000, 1],
    [1001, 2],
    [400 * DAY, 34_560_000],
    [400 * DAY + 1, 34_560_000],
    [1e15, 34_560_000],
  ])('rounds %d ms up to seconds, to 400 days at most', (ms, seconds) => {
    expect(setCookie('sid', 'x', '', ms)).toBe(`sid=x; Max-Age=${seconds}`)
  })

  it('clears with the same attributes, an empty value, and both ways to say "at once"', () => {
    expect(clearCookie('sid', '; Path=/app; Secure')).toBe(
      'sid=; Path=/app; Secure; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    )
  })
})

describe('every combination of attributes', () => {
  const valid: SessionOptions[] = []

  it('is taken if and only if browsers keep such a cookie', () => {
    const wrong: unknown[] = []
    for (const options of combinations()) {
      let taken = true
      try {
        checkOptions(options)
      } catch (error) {
        if (!(error instanceof SessionError)) wrong.push(options)
        taken = false
      }
      if (taken) valid.push(options)
      if (taken !== isKept(options)) wrong.push(options)
    }
    expect(wrong).toEqual([])
    expect(valid.length).toBeGreaterThan(1000)
  })

  it('gives a value in one strict grammar, and one that clears it', () => {
    const odd: string[] = []
    for (const options of valid) {
      const attributes = attributeText(checkOptions(options) as never)
      const set = [undefined, 1, DAY, 500 * DAY].map((ms) =>
        setCookie(options.key!, 'eyJ-._=', attributes, ms),
      )
      const clear = clearCookie(options.key!, attributes)
      odd.push(...[...set, clear].filter((cookie) => !COOKIE_GRAMMAR.test(cookie)))
      for (const cookie of set) {
        const jar = new Jar()
        jar.take([cookie])
        if (jar.size !== 1) odd.push(cookie)
        jar.take([clear])
        if (jar.size !== 0) odd.push(cookie)
      }
    }
    expect(odd).toEqual([])
  })

  it('goes through a manager unchanged, for one in seven', async () => {
    const odd: string[] = []
    for (const [index, options] of valid.entries()) {
      if (index % 7) continue
      const encrypt = index % 2 === 0
      const maxAge = index % 3 ? DAY : 'session'
      const manager = createSessionManager({ ...options, encrypt, maxAge, now: createClock().now })
      const session = await manager.load(null)
      session.user = 'fred'
      const cookies = await manager.commit(session)
      const names = encrypt ? [options.key] : [options.key, `${options.key}.sig`]
      expect(cookies.map((cookie) => parseSetCookie(cookie).name)).toEqual(names)
      odd.push(...cookies.filter((cookie) => !COOKIE_GRAMMAR.test(cookie)))
      const life = maxAge === 'session' ? undefined : '86400'
      odd.push(
        ...cookies.filter((cookie) => {
          const { attributes } = parseSetCookie(cookie)
          return attributes.get('max-age') !== life || attributes.has('expires')
        }),
      )
    }
    expect(odd).toEqual([])
  })

  it('matches no grammar if anything strange got in', () => {
    expect('sid=x; Path=/; Domain=a.com; Domain=b.com').not.toMatch(COOKIE_GRAMMAR)
    expect('sid=x; Path=/\r\nX: y').not.toMatch(COOKIE_GRAMMAR)
    expect('sid=x;y; Path=/').not.toMatch(COOKIE_GRAMMAR)
  })
})

describe('every character in every option that goes into the cookie', () => {
  const words = {
    key: 'sid',
    path: '/app',
    domain: 'example.com',
    sameSite: 'lax',
    priority: 'low',
  }
  const codes = [...Array(257).keys(), 0x2028, 0xd800, 0xfeff]

  it.each(Object.entries(words))('is refused, or stays within the grammar: %s', (name, word) => {
    let taken = 0
    const odd: unknown[] = []
    for (const code of codes) {
      const char = String.fromCharCode(code)
      for (const value of [
        char,
        char + word,
        word + char,
        `${word.slice(0, 2)}${char}${word.slice(2)}`,
      ]) {
        try {
          const options = checkOptions({ secrets: SECRET, secure: false, [name]: value })
          const line = setCookie(options.key, 'x', attributeText(options as never), DAY)
          if (COOKIE_GRAMMAR.test(line)) taken++
          else odd.push(line)
        } catch (error) {
          if ((error as SessionError).code !== 'ERR_SESSION_OPTIONS') odd.push(error)
        }
      }
    }
    expect(odd).toEqual([])
    expect(taken > 0).toBe(/key|path|domain/.test(name))
  })

  it('is refused, or stays within the grammar: what genid makes', async () => {
    const store = createRecordingStore()
    const odd: string[] = []
    for (const code of codes) {
      const genid = (): string => `id${String.fromCharCode(code)}${code}`
      const manager = createSessionManager({ secrets: SECRET, encrypt: false, store, genid })
      const session = await manager.load(null)
      session.user = 'fred'
      const cookies = await manager.commit(session).catch((error: SessionError) => [error.code])
      const [value] = cookies as [string]
      if (value !== 'ERR_SESSION_OPTIONS' && !/^__Host-sid=[ -:<-~]+; Path=/.test(value))
        odd.push(value)
      if (value === 'ERR_SESSION_OPTIONS' && code > 31 && code < 127 && code !== 59) odd.push(value)
    }
    expect(odd).toEqual([])
  })
})
