import { describe, expect, it } from 'vitest'
import { createBrowser, type FetchHandler } from '../../adapters/testing.ts'
import { createClock, DAY, HOUR, SECOND } from '../fixtures/clock.ts'

const nothing: FetchHandler = () => new Response()

function jar(origin = 'https://app.example.com') {
  const clock = createClock()
  return { clock, ...createBrowser(nothing, { now: clock.now, origin }) }
}

describe('a cookie', () => {
  it.each([
    ['a=1', 'a=1'],
    ['a=1; Path=/', 'a=1'],
    [' a = 1 ; Path=/', 'a=1'],
    ['a="1"', 'a="1"'],
    ['a=b=c', 'a=b=c'],
    ['a=', 'a='],
    ['=a', 'a'],
    ['a', 'a'],
    ['', ''],
    ['=', ''],
    ['; Path=/', ''],
    ['a=1\u0001', ''],
    ['a=1\r\nb=2', ''],
    ['a=\t1', 'a=1'],
    ['ä=ö', 'ä=ö'],
    [`a=${'x'.repeat(4095)}`, `a=${'x'.repeat(4095)}`],
    [`a=${'x'.repeat(4096)}`, ''],
    [`a=${'é'.repeat(2048)}`, ''],
  ])('is kept as its line says: %j', (line, header) => {
    const { setCookie, cookieHeader } = jar()

    expect(setCookie(line)).toBe(header !== '')
    expect(cookieHeader()).toBe(header)
  })

  it('is told with all that it has', () => {
    const { setCookie, cookies, clock } = jar()
    setCookie(
      '__Secure-a=1; Domain=example.com; Path=/x; Max-Age=60; Secure; HttpOnly; SameSite=Lax; Partitioned',
    )

    expect(cookies()).toEqual([
      {
        name: '__Secure-a',
        value: '1',
        domain: 'example.com',
        hostOnly: false,
        path: '/x',
        expires: clock.now() + 60 * SECOND,
        secure: true,
        httpOnly: true,
        sameSite: 'lax',
        partitioned: true,
      },
    ])
    expect(cookies('/')).toEqual([])
    expect(cookies('/x')).toHaveLength(1)
  })

  it('takes the place of one with its name, domain and path, and of no other', () => {
    const { setCookie, cookieHeader, cookies } = jar()
    setCookie('a=1')
    setCookie('b=1')
    setCookie('a=2; HttpOnly')
    expect(cookieHeader()).toBe('a=2; b=1')
    for (const line of ['a=3; Path=/x', 'a=4; Domain=example.com', 'A=5', 'a=6; Path=/x']) {
      setCookie(line)
    }
    expect(cookies().map(({ value }) => value)).toEqual(['2', '1', '6', '4', '5'])
    expect(cookieHeader('/x/y')).toBe('a=6; a=2; b=1; a=4; A=5')
  })

  it('goes with Max-Age 0, or an end that is over, if the rest is the same', () => {
    for (const end of ['Max-Age=0', 'Max-Age=-5', 'Expires=Thu, 01 Jan 1970 00:00:00 GMT']) {
      const { setCookie, cookieHeader } = jar()
      setCookie('a=1; Path=/x')
      setCookie(`a=; ${end}`)
      expect(cookieHeader('/x')).toBe('a=1')
      setCookie(`a=; Path=/x; ${end}`)
      expect(cookieHeader('/x')).toBe('')
    }
  })

  it('ends by the clock it was given', () => {
    const { setCookie, cookieHeader, clock } = jar()
    setCookie('a=1; Max-Age=60')
    setCookie(`b=1; Expires=${new Date(clock.now() + HOUR).toUTCString()}`)
    setCookie(`c=1; Max-Age=7200; Expires=${new Date(clock.now() + SECOND).toUTCString()}`)
    setCookie('d=1')
    clock.pass(60 * SECOND - 1)
    expect(cookieHeader()).toBe('a=1; b=1; c=1; d=1')
    clock.pass(1)
    expect(cookieHeader()).toBe('b=1; c=1; d=1')
    clock.pass(HOUR)
    expect(cookieHeader()).toBe('c=1; d=1')
    clock.pass(400 * DAY)
    expect(cookieHeader()).toBe('d=1')
  })

  it('lives for four hundred days at most', () => {
    for (const end of ['Max-Age=99999999999', 'Expires=Fri, 31 Dec 2999 23:59:59 GMT']) {
      const { setCookie, cookies, clock } = jar()
      setCookie(`a=1; ${end}`)
      expect(cookies()[0]!.expires).toBe(clock.now() + 400 * DAY)
    }
  })

  it('without an end goes with the browser', () => {
    const { setCookie, cookieHeader, restart } = jar()
    for (const line of ['a=1', 'b=1; Max-Age=60', 'c=1; Max-Age=x', 'd=1; Expires=tomorrow']) {
      setCookie(line)
    }
    restart()
    expect(cookieHeader()).toBe('b=1')
  })

  it.each([
    ['/', '/', true],
    ['/', '/a/b', true],
    ['/a', '/a', true],
    ['/a', '/a/', true],
    ['/a', '/a/b', true],
    ['/a/', '/a/b', true],
    ['/a/', '/a', false],
    ['/a', '/ab', false],
    ['/a', '/A', false],
    ['/a', '/', false],
  ])('of the path %s to %s is sent: %s', (path, to, isSent) => {
    const { setCookie, cookieHeader } = jar()
    setCookie(`a=1; Path=${path}`)
    expect(cookieHeader(to)).toBe(isSent ? 'a=1' : '')
  })

  it.each([
    ['/', '/'],
    ['/a', '/'],
    ['/a/', '/a'],
    ['/a/b', '/a'],
    ['/a/b/c?d/e', '/a/b'],
  ])('without a path that is set at %s has the path %s', (at, path) => {
    for (const line of ['a=1', 'a=1; Path=', 'a=1; Path=x', 'a=1; Path']) {
      const { setCookie, cookies } = jar()
      setCookie(line, at)
      expect(cookies()[0]!.path).toBe(path)
    }
  })

  it.each([
    ['app.example.com', 'https://app.example.com', true],
    ['.app.example.com', 'https://app.example.com', true],
    ['APP.Example.COM', 'https://app.example.com', true],
    ['app.example.com', 'https://deep.app.example.com', true],
    ['app.example.com', 'https://example.com', false],
    ['example.com', 'https://app.example.com', true],
    ['example.com', 'https://other.example.com', true],
    ['example.com', 'https://badexample.com', false],
    ['', 'https://app.example.com', true],
    ['', 'https://deep.app.example.com', false],
  ])('of the domain %j to %s is sent: %s', (domain, to, isSent) => {
    const { setCookie, cookieHeader } = jar()
    expect(setCookie(`a=1; Domain=${domain}`)).toBe(true)
    expect(cookieHeader(to)).toBe(isSent ? 'a=1' : '')
  })

  it.each(['other.example.com', 'deep.app.example.com', 'com', 'example.org', 'ample.com'])(
    'for somebody else’s domain is not kept: %s',
    (domain) => {
      expect(jar().setCookie(`a=1; Domain=${domain}`)).toBe(false)
    },
  )

  it('of an address or a name of one label is for that alone', () => {
    for (const [host, other] of [
      ['127.0.0.1', 'http://127.0.0.2'],
      ['localhost', 'http://app.localhost'],
    ] as const) {
      const { setCookie, cookieHeader } = jar(`http://${host}:8787`)
      expect(setCookie(`a=1; Domain=${host}`)).toBe(true)
      expect(cookieHeader(`http://${host}:3000`)).toBe('a=1')
      expect(cookieHeader(other)).toBe('')
    }
    expect(jar('http://127.0.0.1').setCookie('a=1; Domain=0.0.1')).toBe(false)
  })

  it('that is too long in one attribute goes without that attribute', () => {
    const { setCookie, cookies } = jar()
    setCookie(`a=1; Path=/${'x'.repeat(1024)}; HttpOnly`)
    expect(cookies()[0]).toMatchObject({ path: '/', httpOnly: true })
  })
})

describe('a secure cookie', () => {
  it.each([
    ['https://app.example.com', true],
    ['http://app.example.com', false],
    ['http://localhost:8787', true],
    ['http://app.localhost', true],
    ['http://127.0.0.1:3000', true],
    ['http://[::1]:3000', true],
    ['http://notlocalhost', false],
    ['http://localhost.example.com', false],
  ])('at %s is kept and sent: %s', (origin, isKept) => {
    const { setCookie, cookieHeader } = jar(origin)
    expect(setCookie('a=1; Secure')).toBe(isKept)
    expect(cookieHeader()).toBe(isKept ? 'a=1' : '')
  })

  it('is neither sent to nor hidden by the same host over HTTP', () => {
    const { setCookie, cookieHeader } = jar()
    setCookie('a=1; Secure; Path=/x')
    expect(cookieHeader('http://app.example.com/x')).toBe('')
    expect(setCookie('a=2; Path=/x', 'http://app.example.com/')).toBe(false)
    expect(setCookie('a=2; Domain=example.com; Path=/x/y', 'http://app.example.com/')).toBe(false)
    expect(setCookie('a=2; Path=/', 'http://app.example.com/')).toBe(true)
    expect(setCookie('b=2; Path=/x', 'http://app.example.com/')).toBe(true)
  })

  it.each([
    ['a=1; SameSite=None', false],
    ['a=1; SameSite=None; Secure', true],
    ['a=1; Partitioned', false],
    ['a=1; Partitioned; Secure', true],
    ['a=1; SameSite=Strange', true],
  ])('is asked for where it has to be: %s', (line, isKept) => {
    expect(jar().setCookie(line)).toBe(isKept)
  })

  it.each([
    ['__Secure-a=1; Secure', true],
    ['__Secure-a=1', false],
    ['__Secure-a=1; Secure; Domain=example.com; Path=/x', true],
    ['__Host-a=1; Secure; Path=/', true],
    ['__Host-a=1; Path=/', false],
    ['__Host-a=1; Secure; Path=/x', false],
    ['__Host-a=1; Secure; Path=/; Domain=app.example.com', false],
    ['__host-a=1; Secure; Path=/x', false],
    ['__HOST-a=1; Secure; Path=/', true],
    ['__Http-a=1; Secure; HttpOnly; Path=/x', true],
    ['__Http-a=1; Secure', false],
    ['__Host-Http-a=1; Secure; HttpOnly; Path=/', true],
    ['__Host-Http-a=1; Secure; Path=/', false],
    ['__Host-Http-a=1; Secure; HttpOnly; Path=/x', false],
    ['=__Host-a=1; Secure; Path=/', false],
    ['__Host-a; Secure; Path=/', false],
    ['__Hostile=1', true],
  ])('with a prefix keeps its rules: %s', (line, isKept) => {
    expect(jar().setCookie(line, '/')).toBe(isKept)
  })

  it('with the prefix __Host- may take its path from the page', () => {
    expect(jar().setCookie('__Host-a=1; Secure', '/a')).toBe(true)
    expect(jar().setCookie('__Host-a=1; Secure', '/a/b')).toBe(false)
  })
})

describe('the end of a cookie', () => {
  const date = Date.UTC(2026, 2, 5, 8, 49, 37)
  it.each([
    ['Thu, 05 Mar 2026 08:49:37 GMT', date],
    ['Thursday, 05-Mar-26 08:49:37 GMT', date],
    ['Thu Mar  5 08:49:37 2026', date],
    ['5 mar 2026 8:49:37', date],
    ['2026 March 5 08:49:37', date],
    ['08:49:37 5 Mar 26', date],
    ['Mon, 05 Mar 2026 08:49:37 +0200', date],
    ['05 Mar 70 00:00:00', Date.UTC(1970, 2, 5)],
    ['05 Mar 69 00:00:00', Date.UTC(2069, 2, 5)],
    ['29 Feb 2028 00:00:00', Date.UTC(2028, 1, 29)],
    ['29 Feb 2026 00:00:00', undefined],
    ['31 Apr 2026 00:00:00', undefined],
    ['0 Mar 2026 00:00:00', undefined],
    ['32 Mar 2026 00:00:00', undefined],
    ['05 Mar 2026 24:00:00', undefined],
    ['05 Mar 2026 00:60:00', undefined],
    ['05 Mar 1600 00:00:00', undefined],
    ['05 Mar 2026', undefined],
    ['Mar 2026 00:00:00', undefined],
    ['05 2026 00:00:00', undefined],
    ['05 Mar 00:00:00', undefined],
    ['', undefined],
    ['0', undefined],
  ])('is read from %j as browsers do', (text, expected) => {
    const browser = createBrowser(nothing, { now: () => -1e15 })
    browser.setCookie(`a=1; Expires=${text}`)
    const [{ expires } = {}] = browser.cookies()
    // Of an end that is known, the clock above lets no more than 400 days count.
    expect(expires).toBe(expected && -1e15 + 400 * DAY)
    const later = createBrowser(nothing, { now: () => (expected ?? 0) - SECOND })
    later.setCookie(`a=1; Expires=${text}`)
    expect(later.cookies()[0]?.expires).toBe(expected)
  })
})
