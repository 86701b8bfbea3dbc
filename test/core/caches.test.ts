import { describe, expect, it } from 'vitest'
import { tellCaches } from '../../src/caches.ts'

function told(given: Record<string, string | undefined>, isSent: boolean): Record<string, string> {
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  const headers = new Headers(set as [string, string][])
  tellCaches(headers, isSent)
  return Object.fromEntries(headers)
}

describe('a response without the session’s cookie', () => {
  it('depends on the cookie, and may be kept as the application says', () => {
    const given = { 'cache-control': 'public, max-age=60', 'cdn-cache-control': 'max-age=600' }
    expect(told(given, false)).toEqual({ ...given, vary: 'Cookie' })
  })
})

describe('a response with the session’s cookie', () => {
  it.each([
    [undefined, 'private, no-store'],
    ['public', 'private, no-store'],
    ['public, max-age=31536000, immutable', 'private, no-store'],
    ['public, s-maxage=31536000', 'private, no-store'],
    ['S-MaxAge=60', 'private, no-store'],
    ['max-age=60', 'private, no-store'],
    ['private', 'private, no-store'],
    ['private, max-age=60', 'private, no-store'],
    ['no-cache', 'private, no-store'],
    ['no-store, public', 'private, no-store'],
    ['no-storeroom', 'private, no-store'],
    ['', 'private, no-store'],
    ['no-store', 'no-store'],
    ['No-Store', 'No-Store'],
    ['private, no-store', 'private, no-store'],
    ['no-store, no-cache, must-revalidate', 'no-store, no-cache, must-revalidate'],
    ['private, no-store, max-age=0', 'private, no-store, max-age=0'],
  ])('turns Cache-Control: %s into %s', (before, after) => {
    expect(told({ 'cache-control': before }, true)['cache-control']).toBe(after)
  })

  it.each([
    'cdn-cache-control',
    'cloudflare-cdn-cache-control',
    'vercel-cdn-cache-control',
    'surrogate-control',
  ])('loses %s', (name) => {
    expect(Object.keys(told({ [name]: 'max-age=60' }, true))).toEqual(['cache-control', 'vary'])
  })

  it.each([
    'cdn-cache-control-by',
    'mycdn-cache-control',
    'x-surrogate-control',
    'surrogate-control-id',
  ])('keeps %s, which only looks alike', (name) => {
    expect(told({ [name]: 'a' }, true)[name]).toBe('a')
  })
})

it.each([
  [undefined, 'Cookie'],
  ['', 'Cookie'],
  ['Accept', 'Accept, Cookie'],
  ['Accept, Accept-Encoding', 'Accept, Accept-Encoding, Cookie'],
  ['Cookie', 'Cookie'],
  ['cookie', 'cookie'],
  ['Accept,COOKIE', 'Accept,COOKIE'],
  ['Accept , Cookie , Origin', 'Accept , Cookie , Origin'],
  ['Cookie2', 'Cookie2, Cookie'],
  ['X-Cookie', 'X-Cookie, Cookie'],
  ['*', '*'],
  ['Accept, *', 'Accept, *'],
])('Vary: %s becomes %s, with the cookie and without', (before, after) => {
  for (const isSent of [true, false]) expect(told({ vary: before }, isSent)['vary']).toBe(after)
})
