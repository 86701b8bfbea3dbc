import { CompactSign, importJWK, type JWK } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { signedHeader, spell } from '../../adapters/jose/header.ts'
import { signingKeys, verifyingKeys } from '../../adapters/jose/jwk.ts'
import { createSigner, createVerifier, eitherOf, findLocally } from '../../adapters/jose/jws.ts'
import { SessionError } from '../../src/index.ts'
import type { Refusal } from '../../src/host.ts'
import { ED, ED2, ES, publicOf } from '../fixtures/jwks.ts'

const publicKeys = verifyingKeys([ED, ES].map(publicOf), 'verify')
const find = findLocally(publicKeys, (index) => index > 0)
const open = createVerifier(find)

/** What a holder of a key signed: any bytes. */
async function sign(bytes: Uint8Array, jwk: JWK = ED, alg = 'EdDSA'): Promise<string> {
  return new CompactSign(bytes)
    .setProtectedHeader(signedHeader(alg, jwk.kid!))
    .sign(await importJWK(jwk, alg))
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('what verifies', () => {
  it('opens what each of its keys signed, and tells which is not the newest', async () => {
    expect(await open(await sign(utf8('text')), undefined)).toEqual({ text: 'text', stale: false })
    expect(await open(await sign(utf8('text'), ES, 'ES256'), undefined)).toEqual({
      text: 'text',
      stale: true,
    })
  })

  it('opens what a signer made, under either algorithm', async () => {
    for (const key of signingKeys([ED, ES], 'sign')) {
      expect(await open(await createSigner(key)('text'), undefined)).toMatchObject({ text: 'text' })
    }
  })

  it.each([
    ['half a character', [0x61, 0xc3]],
    ['a byte that begins nothing', [0xff]],
  ])('opens no text that is no UTF-8: %s', async (_, bytes) => {
    expect(await open(await sign(Uint8Array.from(bytes)), undefined)).toBe('tampered')
  })

  it('opens a text as it is, with a mark at its beginning', async () => {
    expect(await open(await sign(utf8('\uFEFF{}')), undefined)).toMatchObject({ text: '\uFEFF{}' })
  })

  it('asks for no key where a token is not spelled strictly', async () => {
    const find = vi.fn<() => Refusal>(() => 'unknown')
    const open = createVerifier(find)
    const token = await sign(utf8('text of some length'))
    const [header, text, signature] = token.split('.') as [string, string, string]
    for (const other of [
      '',
      header,
      `${header}.${text}`,
      `.${text}.${signature}`,
      `${header}..${signature}`,
      `${header}.${text}.`,
      `${header}.${text}.${signature.slice(1)}`,
      `${header}.${text}.A${signature}`,
      `${token}.`,
      `${token}.more`,
      `${header}.${text}=.${signature}`,
      `${header}.${text}+.${signature}`,
      `${header}.${text}.${signature.slice(0, -1)}B`,
      `${header}.${text}.+${signature.slice(1)}`,
    ]) {
      expect([other, await open(other, undefined)]).toEqual([other, 'tampered'])
    }
    expect(find).not.toHaveBeenCalled()
    expect(await open(token, undefined)).toBe('unknown')
  })

  it('fails at once where its key is none, and names its place alone', async () => {
    const broken = { ...publicOf(ES), x: publicOf(ED).x! }
    const open = createVerifier(findLocally(verifyingKeys(broken, 'verify'), () => false))
    const error = await Promise.resolve(
      open(await sign(utf8('text'), ES, 'ES256'), undefined),
    ).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(SessionError)
    expect(error).toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: 'verify is no key of its curve, or this runtime does not know that.',
    })
  })
})

describe('keys in two places', () => {
  const other = findLocally(verifyingKeys(publicOf(ED2), 'verify'), () => true)

  it('are looked for in the second where the first has none', async () => {
    const open = createVerifier(eitherOf(find, other))
    expect(await open(await sign(utf8('text')), undefined)).toEqual({ text: 'text', stale: false })
    expect(await open(await sign(utf8('text'), ED2), undefined)).toEqual({
      text: 'text',
      stale: true,
    })
  })

  it('are not where the first is out of reach, or has it', async () => {
    const second = vi.fn<() => Refusal>(() => 'expired')
    expect(await eitherOf(() => 'unknown', second)('header', undefined)).toBe('unknown')
    const header = spell(signedHeader('EdDSA', ED.kid))
    expect(await eitherOf(find, second)(header, undefined)).toMatchObject({ alg: 'EdDSA' })
    expect(second).not.toHaveBeenCalled()
    expect(await eitherOf(() => 'tampered', second)('header', 'ctx')).toBe('expired')
    expect(second.mock.calls).toEqual([['header', 'ctx']])
  })
})
