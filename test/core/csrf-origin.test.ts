import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFromElsewhere } from '../../src/csrf-origin.ts'

const host = 'shop.example:8443'
const own = `https://${host}`
const trusted = ['https://app.example']

/** What a browser says of itself, its `Origin`, and whether the request is refused. */
type Row = [site: string | undefined, origin: string | undefined, isRefused: boolean]

const rows: Row[] = [
  // The browser knows best, whatever a proxy made of scheme and host.
  ['same-origin', own, false],
  ['same-origin', 'https://outside.example', false],
  ['same-origin', 'null', false],
  ['same-origin', undefined, false],
  // Typed, or from a bookmark.
  ['none', undefined, false],
  ['none', 'null', false],
  ['cross-site', 'https://evil.example', true],
  ['cross-site', own, true],
  ['cross-site', 'null', true],
  ['cross-site', undefined, true],
  // A sibling: another host, or another port.
  ['same-site', 'https://blog.shop.example', true],
  ['same-site', undefined, true],
  // What no browser says.
  ['same-origin, cross-site', own, true],
  ['SAME-ORIGIN', own, true],
  ['sideways', own, true],
  // A browser that says nothing of itself.
  [undefined, own, false],
  [undefined, `http://${host}`, false],
  [undefined, 'https://shop.example', true],
  [undefined, 'https://evil.example', true],
  [undefined, `https://evil.example/${host}`, true],
  [undefined, `https://${host}.evil.example`, true],
  [undefined, `https://${host}@evil.example`, true],
  [undefined, `https://evil${host}`, true],
  [undefined, `evil://${host}`, true],
  [undefined, `evil+${own}`, true],
  [undefined, `${own}\nevil`, true],
  [undefined, host, true],
  [undefined, 'null', true],
  // A program: it has a token, or it has none.
  [undefined, undefined, false],
  // Sites that are trusted.
  ['cross-site', 'https://app.example', false],
  ['same-site', 'https://app.example', false],
  [undefined, 'https://app.example', false],
  ['cross-site', 'http://app.example', true],
  ['cross-site', 'https://app.example:8443', true],
  ['cross-site', 'https://app.example.evil.example', true],
]

describe('where a request comes from', () => {
  it.each(rows)('Sec-Fetch-Site %s, Origin %s: refused %s', (site, origin, isRefused) => {
    expect(isFromElsewhere({ site, origin, host }, trusted)).toBe(isRefused)
  })

  it('is never anywhere but here, where a header is told to say otherwise', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (text, origin) => {
        fc.pre(!['same-origin', 'none', ''].includes(text) && !trusted.includes(origin))
        expect(isFromElsewhere({ site: text, origin, host }, trusted)).toBe(true)
        fc.pre(origin !== own && origin !== `http://${host}`)
        expect(isFromElsewhere({ site: undefined, origin, host }, trusted)).toBe(true)
      }),
    )
  })
})
