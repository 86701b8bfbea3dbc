import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isBase64url } from '../../src/seal/base64url.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const FAULTY = [
  'AA==',
  'AAA=',
  'AA A',
  'AAA\n',
  '\nAAA',
  'AA+A',
  'AA/A',
  'AAAé',
  'AA.A',
  'ＡAAA',
  ' AAAA',
]

describe('isBase64url', () => {
  it('takes exactly the spellings that bytes have, for all texts of up to three characters', () => {
    const wrong: string[] = []
    const check = (text: string): void => {
      const isCanonical = Buffer.from(text, 'base64url').toString('base64url') === text
      if (isBase64url(text) !== isCanonical) wrong.push(text)
    }
    for (const a of ALPHABET) {
      check(a)
      for (const b of ALPHABET) {
        check(a + b)
        for (const c of ALPHABET) check(a + b + c)
      }
    }
    expect(wrong).toEqual([])
  })

  it.each(FAULTY)('refuses %j', (text) => {
    expect(isBase64url(text)).toBe(false)
  })

  it('takes nothing for no bytes', () => {
    expect(isBase64url('')).toBe(true)
  })
})

interface Base64Options {
  alphabet?: string
  omitPadding?: boolean
}

/** What ECMAScript 2026 adds to Uint8Array, for a Node that has none of it yet. */
const standard = {
  setFromBase64(
    this: Uint8Array,
    text: string,
    { alphabet = 'base64' }: Base64Options = {},
  ): { read: number; written: number } {
    const isOurs = { base64: /^[\w+/=\s]*$/, base64url: /^[\w=\s-]*$/ }[alphabet]
    if (!isOurs) throw new TypeError(alphabet)
    if (!isOurs.test(text) || text.replace(/[=\s]/g, '').length % 4 === 1) {
      throw new SyntaxError(text)
    }
    const bytes = Buffer.from(text, 'base64').subarray(0, this.length)
    this.set(bytes)
    return { read: text.length, written: bytes.length }
  },
  toBase64(
    this: Uint8Array,
    { alphabet = 'base64', omitPadding = false }: Base64Options = {},
  ): string {
    if (!/^base64(url)?$/.test(alphabet)) throw new TypeError(alphabet)
    const text = Buffer.from(this).toString(alphabet as BufferEncoding)
    if (omitPadding) return text.replace(/=/g, '')
    return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
  },
}

describe.each([
  ['what this platform has', {}, false],
  ['no Buffer', { Buffer: undefined }, false],
  ['what ECMAScript has', {}, true],
  ['that, and no Buffer', { Buffer: undefined }, true],
])('toBase64url and fromBase64url with %s', (_, globals, isNew) => {
  let module: typeof import('../../src/seal/base64url.ts')
  const places = [
    [Uint8Array.prototype, 'setFromBase64'],
    [Uint8Array.prototype, 'toBase64'],
  ] as const
  const before = places.map(([place, name]) => Object.getOwnPropertyDescriptor(place, name))

  afterAll(() => {
    for (const [index, [place, name]] of places.entries()) {
      if (before[index]) Object.defineProperty(place, name, before[index])
      else Reflect.deleteProperty(place, name)
    }
  })

  beforeAll(async () => {
    if (isNew) {
      for (const [place, name] of places) {
        Object.defineProperty(place, name, {
          value: standard[name],
          writable: true,
          configurable: true,
        })
      }
    }
    vi.resetModules()
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value)
    module = await import('../../src/seal/base64url.ts')
    vi.unstubAllGlobals()
  })

  it('write what Node writes, and read it', () => {
    const { fromBase64url, toBase64url } = module
    for (let length = 0; length < 300; length++) {
      const memory = crypto.getRandomValues(new Uint8Array(length + 7))
      const bytes = memory.subarray(3, length + 3)
      const text = toBase64url(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64url'))
      expect(new Uint8Array(fromBase64url(text)!)).toEqual(new Uint8Array(bytes))
      expect(isBase64url(text)).toBe(true)
    }
  })

  it('read what isBase64url takes, and nothing else', () => {
    const { fromBase64url } = module
    const near = fc.string({
      unit: fc.constantFrom(...ALPHABET, '+', '/', '=', ' ', '\n', '.', 'é'),
    })
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: fc.constantFrom(...ALPHABET) })), (text) => {
        expect([text, fromBase64url(text) !== null]).toEqual([text, isBase64url(text)])
      }),
      { numRuns: 2000 },
    )
    expect(FAULTY.map((text) => fromBase64url(text))).toEqual(FAULTY.map(() => null))
  })

  it('read two texts, the bytes of the second behind those of the first', () => {
    const { fromBase64url, toBase64url } = module
    const bytes = crypto.getRandomValues(new Uint8Array(40))
    for (let middle = 0; middle <= 40; middle++) {
      const [first, second] = [bytes.subarray(0, middle), bytes.subarray(middle)].map(toBase64url)
      expect(new Uint8Array(fromBase64url(first!, second)!)).toEqual(bytes)
    }
    for (const text of FAULTY) {
      expect([fromBase64url(text, 'AAAA'), fromBase64url('AAAA', text)]).toEqual([null, null])
    }
  })
})
