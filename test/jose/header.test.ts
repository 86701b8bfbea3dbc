import { describe, expect, it } from 'vitest'
import {
  readHeader,
  sealedHeader,
  signedHeader,
  spell,
  type SignedHeader,
} from '../../adapters/jose/header.ts'

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

/** What a header is read as, and the key ids that were asked for. */
function read(spelled: string, known: SignedHeader[] = []): [SignedHeader | undefined, string[]] {
  const asked: string[] = []
  const found = readHeader(spelled, (kid) => {
    asked.push(kid)
    return known
  })
  return [found, asked]
}

describe('a protected header', () => {
  const signed = signedHeader('ES256', 'key-1')
  const sealed = sealedHeader('key-1', false)

  it('has three members, or four where it is sealed, in one order and without blanks', () => {
    expect(spell(signed)).toBe(base64url('{"alg":"ES256","kid":"key-1","typ":"session-kit1+jws"}'))
    expect(spell(sealed)).toBe(
      base64url('{"alg":"dir","enc":"A256GCM","kid":"key-1","typ":"session-kit1+jwe"}'),
    )
    expect(spell(sealedHeader('key-1', true))).toBe(
      base64url(
        '{"alg":"dir","enc":"A256GCM","kid":"key-1","typ":"session-kit1+jwe","cty":"session-kit1+jws"}',
      ),
    )
  })

  it('is read as the one of those there are for its key that is spelled as it is', () => {
    for (const one of [signed, sealed]) {
      expect(read(spell(one), [signed, sealed])).toEqual([one, ['key-1']])
    }
    expect(read(spell(sealedHeader('key-1', true)), [signed, sealed])).toEqual([
      undefined,
      ['key-1'],
    ])
    expect(read(spell(signed), [])).toEqual([undefined, ['key-1']])
  })

  it('may be as long as the longest key id makes it', () => {
    const longest = sealedHeader('k'.repeat(128), true)
    expect(read(spell(longest), [longest])[0]).toBe(longest)
  })

  it.each([
    ['nothing', ''],
    ['no base64url', '%%%%'],
    ['base64 with padding', `${base64url('{"kid":"key-1"}')}=`],
    ['no JSON', base64url('{"kid":"key-1"')],
    ['no object', base64url('null')],
    ['a list', base64url('["key-1"]')],
    ['no key id', base64url('{"alg":"ES256"}')],
    ['a number for a key id', base64url('{"kid":1}')],
    ['a list for a key id', base64url('{"kid":["key-1"]}')],
    ['an empty key id', base64url('{"kid":""}')],
    ['a key id that JSON would escape', base64url('{"kid":"a\\u0022"}')],
    ['a key id that is too long', base64url(JSON.stringify({ kid: 'k'.repeat(129) }))],
  ])('asks for no key where it is %s', (_, spelled) => {
    expect(read(spelled, [signed])).toEqual([undefined, []])
  })

  it('asks for a key up to 320 characters, and for none beyond', () => {
    const padded = (length: number): string => `{"kid":"key-1","a":"${'a'.repeat(length - 22)}"}`
    expect(base64url(padded(240))).toHaveLength(320)
    expect(read(base64url(padded(240)))).toEqual([undefined, ['key-1']])
    expect(read(base64url(padded(241)))).toEqual([undefined, []])
  })
})
