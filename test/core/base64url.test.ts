import { describe, expect, it } from 'vitest'
import { fromBase64url, isBase64url, toBase64url } from '../../src/seal/base64url.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

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

  it.each([
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
  ])('refuses %j', (text) => {
    expect(isBase64url(text)).toBe(false)
  })

  it('takes nothing for no bytes', () => {
    expect(isBase64url('')).toBe(true)
  })
})

describe('toBase64url', () => {
  it('writes what Node writes, and fromBase64url reads it', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = crypto.getRandomValues(new Uint8Array(length))
      const text = toBase64url(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64url'))
      expect(fromBase64url(text)).toEqual(bytes)
      expect(isBase64url(text)).toBe(true)
    }
  })
})
