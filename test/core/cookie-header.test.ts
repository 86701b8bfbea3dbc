import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cookieValues } from '../../src/cookie-header.ts'
import { check, patience } from '../fixtures/properties.ts'

/** What a Cookie header holds under the name `N`, by RFC 6265bis sections 5.6 and 5.8.3. */
const table: [why: string, header: string | string[], values: string[]][] = [
  ['a plain pair', 'N=x', ['x']],
  ['blanks around name and value', ' \tN\t =\t x \t', ['x']],
  ['a blank before the equals sign', 'N =x', ['x']],
  ['no value', 'N=', ['']],
  ['no equals sign', 'N', []],
  ['nothing at all', '', []],
  ['empty pairs', ';; ;N=x;;', ['x']],
  ['another case', 'n=x', []],
  ['another case, and the name as its value', 'n=N', []],
  ['blanks alone for a name', ' \t=N', []],
  ['blanks alone for a value', 'N= \t ', ['']],
  ['a name that begins alike', 'Nb=x', []],
  ['a name that ends alike', 'aN=x', []],
  ['the name as a value', 'a=N; b=N', []],
  ['the name as a value, then as a name', 'a=N; N=x', ['x']],
  ['a pair within a value', 'a=N=x', []],
  ['equals signs in the value', 'N==x=', ['=x=']],
  ['a nameless pair that looks like it', '=N=x', []],
  ['a nameless pair', '=x', []],
  ['a no-break space before the name', '\u00a0N=x', []],
  ['U+2000 before the name', '\u2000N=x', []],
  ['the bytes of U+2000 before the name', '\u00e2\u0080\u0080N=x', []],
  ['a byte order mark before the name', '\ufeffN=x', []],
  ['a vertical tab before the name', '\x0bN=x', []],
  ['a NUL before the name', '\0N=x', []],
  ['a line feed before the name', '\nN=x', []],
  ['a carriage return after the name', 'N\r=x', []],
  ['a no-break space after the value', 'N=x\u00a0', ['x\u00a0']],
  ['a percent-encoded name', '%4E=x', []],
  ['a percent-encoded value', 'N=%78', ['%78']],
  ['a quoted name', '"N"=x', []],
  ['a quoted value', 'N="x"', ['"x"']],
  ['a semicolon between quotes', 'N="x;y"', ['"x']],
  ['a comma between pairs', 'a=1, N=x', []],
  ['a comma in the value', 'N=x, N=y', ['x, N=y']],
  ['the attributes of RFC 2109', '$Version=1; N=x; $Path=/', ['x']],
  ['__proto__ beside it', '__proto__=y; N=x', ['x']],
  ['two of a name', 'N=x; a=1; N=y', ['x', 'y']],
  ['two alike', 'N=x; N=x', ['x', 'x']],
  ['five of a name', 'N=1; N=2; N=3; N=4; N=5', ['1', '2', '3', '4']],
  ['several headers', ['a=1', 'N=x', 'b=2; N=y'], ['x', 'y']],
  ['five of a name in several headers', ['N=1; N=2; N=3', 'N=4; N=5'], ['1', '2', '3', '4']],
  ['a name cut in two by headers', ['N', '=x'], []],
]

/** The same by the letter of the RFC, a character at a time. */
function slowValues(lines: readonly string[], name: string): string[] {
  const found: string[] = []
  for (const line of lines) {
    if (line.length > 65_536) continue
    let left = ''
    let right: string | undefined
    for (const char of [...Array.from({ length: line.length }, (_, at) => line[at]!), ';']) {
      if (char === ';') {
        if (right !== undefined && bare(left) === name) found.push(bare(right))
        left = ''
        right = undefined
      } else if (right !== undefined) right += char
      else if (char === '=') right = ''
      else left += char
    }
  }
  return found.slice(0, 4)
}

function bare(text: string): string {
  if (text[0] === ' ' || text[0] === '\t') return bare(text.slice(1))
  if (text.endsWith(' ') || text.endsWith('\t')) return bare(text.slice(0, -1))
  return text
}

/** A text that counts the characters that its methods look at. */
class CountedText {
  looked = 0
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  get length(): number {
    return this.#text.length
  }
  indexOf(needle: string, from = 0): number {
    const at = this.#text.indexOf(needle, from)
    this.looked += (at === -1 ? this.length : at + needle.length) - Math.min(from, this.length)
    return at
  }
  lastIndexOf(needle: string, from: number): number {
    const at = this.#text.lastIndexOf(needle, from)
    this.looked += from - at
    return at
  }
  slice(from: number, to: number): string {
    this.looked += to - from
    return this.#text.slice(from, to)
  }
}

describe('cookieValues', () => {
  it.each(table)('reads %s: %j', (_, header, values) => {
    expect(cookieValues(header, 'N')).toEqual(values)
  })

  it.each([null, undefined, []])('finds nothing where there is no header: %j', (header) => {
    expect(cookieValues(header, 'N')).toEqual([])
  })

  it.each(['__proto__', 'constructor', '__Host-sid', 'a.b', '*', '$', 'N.sig'])(
    'finds the name %s',
    (name) => {
      expect(cookieValues(`x=1; ${name}=y; z=2`, name)).toEqual(['y'])
      expect(cookieValues(`x=1; ${name}x=y; z=2`, name)).toEqual([])
    },
  )

  it('does not take a cookie in disguise for one with a prefix', () => {
    const disguises = [
      '__host-sid',
      '__HOST-sid',
      '=__Host-sid',
      '\u00a0__Host-sid',
      '__Host%2Dsid',
    ]
    for (const disguise of disguises) {
      expect(cookieValues(`${disguise}=evil`, '__Host-sid')).toEqual([])
    }
  })

  it(
    'agrees with the RFC, read a character at a time, on any header',
    async () => {
      const names = ['N', 'NN', '__Host-sid', 'sid', 'sid.sig', 'aba']
      const piece = fc.oneof(
        fc.constantFrom(...names, '=', '=', '=', ';', ';', '; ', ' ', '\t', '==', 'N=x', 'sid=1;'),
        fc.constantFrom(
          '\u00a0',
          '\u2000',
          '\x0b',
          '\0',
          '\r\n',
          '"',
          ',',
          '%4E',
          '$Path',
          'n',
          'ab',
        ),
        fc.string({ unit: 'binary', maxLength: 4 }),
        fc.string({ unit: 'grapheme', maxLength: 2 }),
      )
      const line = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(''))
      const lines = fc.oneof(
        line.map((one) => [one]),
        fc.array(line, { maxLength: 3 }),
      )
      const property = fc.property(lines, fc.constantFrom(...names), (lines, name) => {
        const expected = slowValues(lines, name)
        expect(cookieValues(lines.length === 1 ? lines[0] : lines, name)).toEqual(expected)
      })
      await check('the grammar of a Cookie header', property)
    },
    patience,
  )

  it.each([
    ['nothing but separators', ';'],
    ['names without values', 'N;'],
    ['names within values', 'a=N;'],
    ['names side by side', 'N'],
    ['names behind blanks', ' \tN\t'],
    ['equals signs', '='],
    ['names that only begin alike', 'Nx=N;'],
    ['names in nameless pairs', '=N;'],
  ])('looks at each character a few times at most: %s', (_, unit) => {
    for (const size of [1024, 8192, 65_536]) {
      const text = new CountedText(unit.repeat(size / unit.length).slice(0, size))
      cookieValues([text as unknown as string], 'N')
      expect(text.looked).toBeLessThanOrEqual(4 * size)
    }
  })

  it('stops looking once it has four values', () => {
    const text = new CountedText('N=1;'.repeat(16_000))
    expect(cookieValues([text as unknown as string], 'N')).toHaveLength(4)
    expect(text.looked).toBeLessThan(100)
  })

  it('reads a header of 64 KiB and leaves a longer one alone', () => {
    const pad = (size: number): string => `N=x; pad=${'p'.repeat(size - 9)}`
    expect(cookieValues(pad(65_536), 'N')).toEqual(['x'])
    expect(cookieValues(pad(65_537), 'N')).toEqual([])
    expect(cookieValues([pad(65_537), 'N=y'], 'N')).toEqual(['y'])
  })
})
