import { createHmac } from 'node:crypto'
import {
  CompactEncrypt,
  generateKeyPair,
  generateSecret,
  exportJWK,
  importJWK,
  SignJWT,
} from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { jweFormat, jwsFormat } from '../../adapters/jose.ts'
import { createReader } from '../../adapters/legacy/reader.ts'
import { createSessionManager, type SessionFormat } from '../../src/index.ts'
import { ED, ED2, ES, OCT, publicOf } from '../fixtures/jwks.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { claimsOf, encrypt, NESTED, setUp, sign } from './fixture.ts'
import { open } from './openers.ts'

/** Calls of Web Crypto that check or decrypt something. */
const calls = { verify: 0, decrypt: 0 }

beforeEach(() => {
  Object.assign(calls, { verify: 0, decrypt: 0 })
  for (const name of ['verify', 'decrypt'] as const) {
    const original = crypto.subtle[name].bind(crypto.subtle) as (...args: any[]) => Promise<any>
    vi.spyOn(crypto.subtle, name).mockImplementation((...args: any[]) => {
      calls[name]++
      return original(...args)
    })
  }
})
afterEach(() => void vi.restoreAllMocks())

const spell = (text: string): string => Buffer.from(text).toString('base64url')

/** A token that was signed, and right, under another header: as nobody with our code could make it. */
async function underHeader(header: string, key: 'ed' | 'es' = 'ed'): Promise<string> {
  const jwk = key === 'ed' ? ED : ES
  const privateKey = (await importJWK(jwk, key === 'ed' ? 'EdDSA' : 'ES256')) as CryptoKey
  const input = `${spell(header)}.${spell(JSON.stringify(claimsOf()))}`
  const algorithm = key === 'ed' ? { name: 'Ed25519' } : { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(algorithm, privateKey, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}

const header = '{"alg":"EdDSA","kid":"ed-1","typ":"session-kit1+jws"}'
const member = (json: string): string => header.replace(/}$/, `,${json}}`)

const headers: string[] = [
  ...[
    'none',
    'None',
    'noNE',
    'HS256',
    'ES256',
    'ES384',
    'RS256',
    'Ed25519',
    'Ed448',
    'eddsa',
    '',
  ].map((alg) => header.replace('EdDSA', alg)),
  member('"crit":["exp"],"exp":1'),
  member('"crit":[]'),
  member('"b64":false'),
  member('"b64":false,"crit":["b64"]'),
  member(`"jwk":${JSON.stringify(publicOf(ED))}`),
  member('"jku":"https://evil.example/keys"'),
  member('"x5c":["MIIB"]'),
  member('"x5u":"https://evil.example/cert"'),
  member('"zip":"DEF"'),
  member('"cty":"JWT"'),
  member('"alg":"EdDSA"'),
  member('"kid":"ed-1"'),
  member('"typ":"session-kit1+jws"'),
  header.replace('{', '{"alg":"none",'),
  header.replace('session-kit1+jws', 'JWT'),
  header.replace('session-kit1+jws', 'at+jwt'),
  header.replace('session-kit1+jws', 'session-kit1+jwe'),
  header.replace('session-kit1', 'session-kit2'),
  header.replace(',"typ":"session-kit1+jws"', ''),
  header.replace('"kid":"ed-1",', ''),
  header.replace('ed-1', 'ed-2'),
  header.replace('ed-1', 'ED-1'),
  header.replace('ed-1', ''),
  header.replace('"ed-1"', 'null'),
  header.replace('"ed-1"', '["ed-1"]'),
  header.replaceAll(',', ', '),
  header.replaceAll(':', ': '),
  ` ${header}`,
  `${header}\n`,
  `\uFEFF${header}`,
  '{"kid":"ed-1","alg":"EdDSA","typ":"session-kit1+jws"}',
  header.replace('EdDSA', '\\u0045dDSA'),
  '{}',
  '[]',
  'null',
  '',
]

describe('a signed token', () => {
  it('opens as it was made', async () => {
    const token = await underHeader(header)
    expect(token).toBe(await sign(claimsOf(), ED))
    expect(await open.ed(token)).toMatchObject({ record: { user: 'ada' } })
    expect(calls).toEqual({ verify: 1, decrypt: 0 })
    expect(await open.es(await sign(claimsOf(), ES))).toMatchObject({ record: { user: 'ada' } })
  })

  it.each(headers)('is refused before any crypto under the header %s', async (other) => {
    expect(other).not.toBe(header)
    expect(await open.ed(await underHeader(other))).toBe('tampered')
    expect(await open.nested(await encrypt(await underHeader(other), OCT, NESTED))).toBe('tampered')
    expect(calls).toEqual({ verify: 0, decrypt: 1 })
  })

  it.each<[string, (token: string) => string]>([
    ['two parts', (token) => token.split('.').slice(0, 2).join('.')],
    ['four parts', (token) => `${token}.AAAA`],
    ['an empty fourth part', (token) => `${token}.`],
    ['no header', (token) => token.slice(token.indexOf('.'))],
    ['no claims', (token) => token.replace(/\..*\./, '..')],
    ['no signature', (token) => token.replace(/[^.]*$/, '')],
    ['the signature in other bits', (token) => token.slice(0, -1) + nextLetter(token.at(-1)!)],
    ['padding', (token) => `${token}==`],
    ['the signature in DER', (token) => token.replace(/[^.]*$/, spell('0'.repeat(70)))],
    ['a JSON serialisation', toJson],
    ['quotes around it', (token) => `"${token}"`],
    ['5,000 more characters', (token) => token + 'A'.repeat(5000)],
    ['5,000 more claims', (token) => token.replace('.', `.${'A'.repeat(5000)}`)],
    ['10,000 dots', () => '.'.repeat(10_000)],
  ])('is refused before any crypto with %s', async (_, change) => {
    expect(await open.ed(change(await sign(claimsOf(), ED)))).toBe('tampered')
    expect(await open.es(change(await sign(claimsOf(), ES)))).toBe('tampered')
    expect(calls).toEqual({ verify: 0, decrypt: 0 })
  })

  it('is refused with a signature of another kind, or of another token', async () => {
    const [ours, another] = await Promise.all([
      sign(claimsOf(), ED),
      sign(claimsOf({ d: { user: 'eve' } }), ED),
    ])
    const [head, payload] = ours.split('.')
    const input = `${head}.${payload}`
    const hmac = (key: string): string =>
      createHmac('sha512', key).update(input).digest('base64url')
    const wrong = [
      hmac(ED.x),
      hmac(JSON.stringify(publicOf(ED))),
      another.split('.')[2],
      Buffer.alloc(64).toString('base64url'),
      Buffer.alloc(64, 255).toString('base64url'),
    ]
    for (const signature of wrong) {
      expect(await open.ed(`${input}.${signature}`)).toBe('tampered')
      expect(await open.es(`${(await sign('', ES)).split('.')[0]}.${payload}.${signature}`)).toBe(
        'tampered',
      )
    }
    expect(calls.verify).toBe(2 * wrong.length)
  })

  it('is refused from another key under the same id', async () => {
    const stranger = await exportJWK(
      (await generateKeyPair('EdDSA', { extractable: true })).privateKey,
    )
    expect(await open.ed(await sign(claimsOf(), { ...stranger, kid: 'ed-1' }))).toBe('tampered')
    expect(await open.ed(await sign(claimsOf(), ED2))).toBe('tampered')
  })

  it('for another purpose is no session', async () => {
    const key = await importJWK(ED, 'EdDSA')
    const idToken = new SignJWT(claimsOf({ iss: 'https://id.example', aud: 'client', sub: 'ada' }))
    const asJwt = await idToken
      .setProtectedHeader({ alg: 'EdDSA', kid: 'ed-1', typ: 'JWT' })
      .sign(key)
    const noType = await new SignJWT(claimsOf())
      .setProtectedHeader({ alg: 'EdDSA', kid: 'ed-1' })
      .sign(key)
    expect(await open.ed(asJwt)).toBe('tampered')
    expect(await open.ed(noType)).toBe('tampered')
    // Even one that has our type.
    expect(await open.ed(await sign(claimsOf({ aud: 'client' }), ED))).toBe('tampered')
  })

  it('of random ids costs no crypto', async () => {
    for (let index = 0; index < 1000; index++) {
      const kid = Buffer.from(crypto.getRandomValues(new Uint8Array(index % 80))).toString('base64')
      const junk = `${spell(header.replace('ed-1', kid))}.AAAA.${'A'.repeat(86)}`
      expect(await open.ed(junk)).toBe('tampered')
    }
    expect(calls).toEqual({ verify: 0, decrypt: 0 })
  })
})

const sealedHeader = '{"alg":"dir","enc":"A256GCM","kid":"oct-1","typ":"session-kit1+jwe"}'

describe('a sealed token', () => {
  const key = Buffer.from(OCT.k, 'base64url')

  it.each<[string, Record<string, unknown>]>([
    ['another enc', { enc: 'A256GCM', alg: 'A256KW' }],
    ['key wrapping with GCM', { alg: 'A256GCMKW' }],
    ['zip', { zip: 'DEF' }],
    ['cty', NESTED],
    ['another kid', { kid: 'oct-2' }],
    ['no kid', { kid: undefined }],
    ['JWT as its type', { typ: 'JWT' }],
    ['another version', { typ: 'session-kit2+jwe' }],
  ])('is refused before any crypto under a header with %s', async (_, more) => {
    expect(await open.oct(await encrypt(claimsOf(), OCT))).toMatchObject({
      record: { user: 'ada' },
    })
    calls.decrypt = 0
    expect(await open.oct(await encrypt(claimsOf(), OCT, more))).toBe('tampered')
    expect(calls).toEqual({ verify: 0, decrypt: 0 })
  })

  it('is refused before any crypto if its header has another order', async () => {
    const token = await new CompactEncrypt(Buffer.from(JSON.stringify(claimsOf())))
      .setProtectedHeader({ ...JSON.parse(sealedHeader), alg: 'dir' })
      .encrypt(key)
    expect(await open.oct(token)).toMatchObject({ record: { user: 'ada' } })
    const other = await new CompactEncrypt(Buffer.from(JSON.stringify(claimsOf())))
      .setProtectedHeader(
        Object.fromEntries(Object.entries(JSON.parse(sealedHeader)).toReversed()) as never,
      )
      .encrypt(key)
    expect(await open.oct(other)).toBe('tampered')
    expect(calls.decrypt).toBe(1)
  })

  it('that anybody has encrypted to a public key is none', async () => {
    for (const alg of ['ECDH-ES', 'RSA-OAEP', 'RSA-OAEP-256']) {
      const { publicKey } = await generateKeyPair(alg as 'ECDH-ES')
      const token = await new CompactEncrypt(Buffer.from(JSON.stringify(claimsOf())))
        .setProtectedHeader({ alg, enc: 'A256GCM', kid: 'oct-1', typ: 'session-kit1+jwe' })
        .encrypt(publicKey)
      expect(await open.oct(token)).toBe('tampered')
    }
    expect(calls.decrypt).toBe(0)
  })

  it('of another key under the same id is refused', async () => {
    const secret = (await generateSecret('HS256', { extractable: true })) as CryptoKey
    const { k } = await exportJWK(secret)
    expect(await open.oct(await encrypt(claimsOf(), { kty: 'oct', kid: 'oct-1', k: k! }))).toBe(
      'tampered',
    )
  })

  it('has to hold a signed one where sessions are signed', async () => {
    expect(await open.nested(await encrypt(await sign(claimsOf(), ED), OCT, NESTED))).toMatchObject(
      {
        record: { user: 'ada' },
      },
    )
    // Who has the key that seals, and that alone, can write nothing.
    for (const inner of [
      claimsOf(),
      await sign(claimsOf(), ED2),
      await sign(claimsOf(), { ...ED2, kid: 'ed-1' }),
    ]) {
      expect(await open.nested(await encrypt(inner, OCT, NESTED))).toBe('tampered')
    }
    expect(await open.nested(await encrypt(await sign(claimsOf(), ED), OCT))).toBe('tampered')
    expect(await open.nested(await sign(claimsOf(), ED))).toBe('tampered')
  })

  it('of the option "secrets" is no sealed one that holds a token, nor the reverse', async () => {
    const nested = setUp(jwsFormat({ sign: ED, seal: SECRET }))
    const plain = createSessionManager({
      secrets: SECRET,
      key: 'sid',
      secure: false,
      now: nested.clock.now,
    })
    const [cookie] = await plain.commit(Object.assign(await plain.load(null), { user: 'eve' }))
    expect((await nested.manager.load(cookie!.split(';')[0])).isNew).toBe(true)
    expect((await plain.load(`sid=${await nested.write({ user: 'ada' })}`)).isNew).toBe(true)
  })
})

describe('a reader of other cookies', () => {
  it.each<[string, SessionFormat, () => Promise<string>]>([
    ['Ed25519', jwsFormat({ sign: ED }), () => sign(claimsOf(), ED)],
    ['P-256', jwsFormat({ sign: ES }), () => sign(claimsOf(), ES)],
    [
      'Ed25519 by that name',
      jwsFormat({ sign: { ...ED, alg: 'Ed25519' } }),
      async () => sign(claimsOf(), ED, { alg: 'Ed25519' }, 'Ed25519'),
    ],
    ['a JWK', jweFormat({ keys: OCT }), () => encrypt(claimsOf(), OCT)],
  ])('is not tried with what fails here: %s', async (_, format, make) => {
    const asked: string[] = []
    const reader = createReader({
      names: (key) => [key],
      read({ cookies, key }) {
        asked.push(...cookies(key))
        return { record: { user: 'eve' } }
      },
    })
    const { read, events } = setUp(format, { accept: [reader] })
    const token = await make()
    expect((await read(token)).user).toBe('ada')
    for (const forged of [`${token.slice(0, -8)}AAAAAAAA`, token.slice(0, -1), `${token}A`]) {
      expect((await read(forged)).isNew).toBe(true)
    }
    expect(asked).toEqual([])
    expect(events).toEqual(['tampered', 'tampered', 'tampered'])
    expect((await read('other')).user).toBe('eve')
  })
})

function nextLetter(letter: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return letters[letters.indexOf(letter) ^ 1]!
}

function toJson(token: string): string {
  const [protectedHeader, payload, signature] = token.split('.')
  return JSON.stringify({ protected: protectedHeader, payload, signature })
}
