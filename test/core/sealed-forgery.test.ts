import { deflateRawSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { engine } from '#engine'
import { createSignedFormat, createSigner } from '../../src/seal/signed.ts'
import { checkOptions } from '../../src/options.ts'
import { secretBytes } from '../../src/secrets.ts'
import { createClock, NOON } from '../fixtures/clock.ts'
import { countCalls } from '../fixtures/counting-engine.ts'
import { edits, misjudged } from '../fixtures/edits.ts'
import { dayOf, encrypt, headerOf, kidOf, type KeyUse } from '../fixtures/jwe.ts'
import { check, patience } from '../fixtures/properties.ts'
import { createSealedReader, ID } from '../fixtures/sealed-reader.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'

const now = NOON / 1000
const header = headerOf(SECRET, dayOf(NOON))
const claims = JSON.stringify({ sid: ID, iat: now, exp: now + 60, ct: now, d: { admin: true } })
const tokenUnder = (other: string): string =>
  encrypt(claims, { secret: SECRET, name: 'sid', time: NOON, header: other })

/** The header with members added or replaced. */
const member = (json: string): string => header.replace(/}$/, `,${json}}`)
const alg = (value: string): string => header.replace('"dir"', `"${value}"`)
const enc = (value: string): string => header.replace('"A256GCM"', `"${value}"`)
const kid = `${kidOf(SECRET)}.${dayOf(NOON)}`

const headers: string[] = [
  ...['none', 'None', 'NONE', 'noNE', 'RSA-OAEP', 'RSA1_5', 'A256KW', 'HS256', 'DIR', ''].map(alg),
  ...['A128GCM', 'A192GCM', 'A128CBC-HS256', 'A256CBC-HS512', 'a256gcm', 'none', ''].map(enc),
  alg('PBES2-HS256+A128KW').replace(/}$/, ',"p2c":2147483647,"p2s":"AAAA"}'),
  alg('ECDH-ES').replace(/}$/, ',"epk":{"kty":"OKP","crv":"X25519","x":"AAAA"}}'),
  member('"zip":"DEF"'),
  member('"crit":["exp"],"exp":1'),
  member('"crit":[]'),
  member('"b64":false'),
  member(`"jwk":{"kty":"oct","k":"${'A'.repeat(43)}"}`),
  member('"jku":"https://evil.example/keys"'),
  member('"x5c":["MIIB"]'),
  member('"x5u":"https://evil.example/cert"'),
  member('"cty":"JWT"'),
  member('"alg":"dir"'),
  member('"enc":"A256GCM"'),
  member(`"kid":"${kid}"`),
  member('"typ":"session-kit1+jwe"'),
  header.replace('{', '{"alg":"none",'),
  header.replace('session-kit1', 'session-kit2'),
  header.replace(',"typ":"session-kit1+jwe"', ''),
  header.replace(`"kid":"${kid}",`, ''),
  header.replace(kid, kidOf(SECRET)),
  header.replace(kid, `${kidOf(SECRET)}.`),
  header.replace(kid, `${kidOf(SECRETS[1]!)}.${dayOf(NOON)}`),
  header.replace(`"${kid}"`, 'null'),
  header.replaceAll(',', ', '),
  header.replaceAll(':', ': '),
  ` ${header}`,
  `${header}\n`,
  `\ufeff${header}`,
  JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(header)).toReversed())),
  header.replace('dir', '\\u0064ir'),
  '{}',
  '[]',
  'null',
]

describe('a header that is not ours to the letter', () => {
  it('is what this file changes: as it stands it opens', async () => {
    expect(new Set(headers).size).toBeGreaterThanOrEqual(40)
    expect(headers).not.toContain(header)
    expect(await createSealedReader().open(tokenUnder(header))).toMatchObject({ id: ID })
  })

  it.each(headers)('is refused before any decryption: %s', async (other) => {
    const reader = createSealedReader()
    expect(await reader.open(tokenUnder(other))).toBe('tampered')
    expect(reader.engine.counts).toMatchObject({ open: 0, deriveKey: 0 })
  })

  it.each([
    ['four parts', (token: string): string => token.split('.').slice(0, 4).join('.')],
    ['six parts', (token: string): string => `${token}.AAAA`],
    ['an empty sixth part', (token: string): string => `${token}.`],
    ['three parts, a JWS', (token: string): string => token.split('.').slice(2).join('.')],
    ['an encrypted key', (token: string): string => token.replace('..', '.AAAA.')],
    ['a JSON serialisation', toJson],
    ['quotes around it', (token: string): string => `"${token}"`],
    ['5,000 more characters', (token: string): string => token + 'A'.repeat(5000)],
    ['no header', (token: string): string => token.slice(token.indexOf('.'))],
    ['no ciphertext', (token: string): string => token.replace(/\.[^.]+(\.[^.]+)$/, '.$1')],
    ['no tag', (token: string): string => token.replace(/[^.]+$/, '')],
    ['10,000 dots', (): string => '.'.repeat(10_000)],
  ])('is refused before any decryption: %s', async (_, change) => {
    const reader = createSealedReader()
    expect(await reader.open(change(tokenUnder(header)))).toBe('tampered')
    expect(reader.engine.total()).toBe(0)
  })
})

describe('a bomb', () => {
  const zip = member('"zip":"DEF"')
  const bomb = (megabytes: number): string =>
    encrypt(deflateRawSync(Buffer.alloc(megabytes * 1e6, 'x')), {
      secret: SECRET,
      name: 'sid',
      time: NOON,
      header: zip,
    })

  // The last is longer than any cookie; of the others the shape is good.
  const bombs = (): string[] => [0.001, 1, 2.5, 20].map(bomb)

  it('is not opened, whatever it would come to', async () => {
    const reader = createSealedReader()
    expect(bombs().map((token) => token.length < 4096)).toEqual([true, true, true, false])
    expect(await misjudged(reader, bombs())).toEqual([])
    expect(reader.engine.total()).toBe(0)
  })

  it('is not inflated: the process does not grow', async () => {
    const reader = createSealedReader()
    const tokens = bombs()
    const before = process.memoryUsage.rss()
    for (let time = 0; time < 100; time++) expect(await misjudged(reader, tokens)).toEqual([])
    expect(process.memoryUsage.rss() - before).toBeLessThan(5_000_000)
  })
})

describe('an IV', () => {
  it.each([8, 11, 13, 15, 16, 24, 32])(
    'of %d bytes is refused before any decryption',
    async (ivLength) => {
      const reader = createSealedReader()
      const token = encrypt(claims, { secret: SECRET, name: 'sid', time: NOON, ivLength })
      expect(await reader.open(token)).toBe('tampered')
      expect(reader.engine.total()).toBe(0)
    },
  )
})

describe('a token that was changed', () => {
  it(
    'never opens after one edit, and never throws: two of them',
    async () => {
      const reader = createSealedReader()
      for (const data of [{ user: 'fred' }, { n: 'x' }]) {
        const token = await reader.seal(data)
        expect(await misjudged(reader, edits(token))).toEqual([])
        expect(await reader.open(token)).toMatchObject({ id: ID })
      }
    },
    patience,
  )

  it('never opens with another tag', async () => {
    const reader = createSealedReader()
    const [token, other] = [await reader.seal({ a: 1 }), await reader.seal({ a: 2 })]
    const parts = token.split('.')
    const tag = Buffer.from(parts[4]!, 'base64url')
    const ciphertext = Buffer.from(parts[3]!, 'base64url')
    const withEnd = (text: Uint8Array, end: Uint8Array): string =>
      [
        ...parts.slice(0, 3),
        ...[text, end].map((one) => Buffer.from(one).toString('base64url')),
      ].join('.')
    const tags = [
      new Uint8Array(16),
      new Uint8Array(16).fill(255),
      Buffer.from(other.split('.')[4]!, 'base64url'),
      ...Array.from({ length: 16 }, (_, length) => tag.subarray(0, length)),
      Buffer.concat([tag, Buffer.alloc(1)]),
      Buffer.from(tag.map((byte) => ~byte)),
      ...Array.from({ length: 1000 }, () => crypto.getRandomValues(new Uint8Array(16))),
    ]
    const both = Buffer.concat([ciphertext, tag])
    const shifts = Array.from({ length: 31 }, (_, index) => index - 15).filter(Boolean)
    const shifted = shifts.map((by) => {
      const cut = ciphertext.length + by
      return withEnd(both.subarray(0, cut), both.subarray(cut))
    })
    const texts = [...tags.map((one) => withEnd(ciphertext, one)), ...shifted]
    expect(await misjudged(reader, texts)).toEqual([])
    expect(await reader.open(withEnd(ciphertext, tag))).toMatchObject({ id: ID })
  })

  it('never opens with the parts of two tokens', async () => {
    const reader = createSealedReader()
    const [a, b] = [await reader.seal({ a: 1 }), await reader.seal({ a: 2 })].map((token) =>
      token.split('.'),
    ) as [string[], string[]]
    const mixed = Array.from({ length: 8 }, (_, bits) =>
      [a[0], '', ...[2, 3, 4].map((part) => (bits & (1 << (part - 2)) ? a : b)[part])].join('.'),
    ).filter((text) => text !== a.join('.') && text !== b.join('.'))
    expect(mixed).toHaveLength(6)
    expect(await misjudged(reader, mixed)).toEqual([])
  })

  it('costs no decryption if it is only 10,000 times junk', async () => {
    const reader = createSealedReader({ secrets: SECRETS })
    const junk = Array.from({ length: 10_000 }, (_, index) => {
      const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(index % 300)))
      return [bytes.toString('base64url'), '', 'A'.repeat(16), 'AAAA', 'A'.repeat(22)].join('.')
    })
    expect(await misjudged(reader, junk)).toEqual([])
    expect(reader.engine.total()).toBe(0)
  })
})

describe('a cookie name', () => {
  const fixed = ['sid', '__Host-sid', '__Secure-sid', 'SID', 'a|b', 'si', 'sid.sig', 'EGG_SESS']
  const fixedPairs = fixed.flatMap((a) => fixed.filter((b) => b !== a).map((b) => [a, b] as const))

  async function crossed(from: string, to: string): Promise<unknown> {
    const token = await createSealedReader({ name: from }).seal({ admin: true })
    return createSealedReader({ name: to }).open(token)
  }

  it('is part of the key: no value opens under another name', async () => {
    expect(fixedPairs.length).toBeGreaterThanOrEqual(50)
    for (const [from, to] of fixedPairs) expect(await crossed(from, to)).toBe('tampered')
  })

  it('is not mixed up with the parts of the key beside it', async () => {
    const how = { secret: SECRET, time: NOON }
    const reader = createSealedReader({ name: 'ab' })
    expect(await reader.open(encrypt(claims, { ...how, name: 'ab' }))).toMatchObject({ id: ID })
    for (const [name, use] of [
      ['a', { audience: 'b' }],
      ['', { audience: 'ab' }],
      ['abc', {}],
      ['ab', { audience: 'c' }],
      ['b', { alg: 'A256GCMa' }],
      ['ab', { alg: 'A256CBC-HS512' }],
      ['ab', { purpose: 'sign' }],
      ['ab', { purpose: 'sea', alg: 'lA256GCM' }],
    ] as [string, KeyUse][]) {
      expect(await reader.open(encrypt(claims, { ...how, name, use }))).toBe('tampered')
    }
  })

  it(
    'opens under its own name, secret and purpose alone, whatever they are',
    async () => {
      const letters = [..."abAB01_-.!#$%&'*+^`|~"]
      const names = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 8 })
      const uses = fc.record({
        name: names,
        secret: fc.constantFrom(...SECRETS.slice(0, 3)),
        use: fc.record({
          purpose: fc.constantFrom('seal', 'seal', 'seal', 'sign', 'csrf', 'kid', 'store', 'log'),
          alg: fc.constantFrom(
            'A256GCM',
            'A256GCM',
            'A256GCM',
            'A128GCM',
            'HS256',
            'A256CBC-HS512',
          ),
          audience: fc.oneof(fc.constant(''), fc.constant(''), names),
        }),
      })
      const property = fc.asyncProperty(uses, uses, fc.boolean(), async (made, other, isSame) => {
        const { secret, name } = isSame ? made : other
        const { purpose, alg, audience } = made.use
        const isMeant = purpose === 'seal' && alg === 'A256GCM' && audience === ''
        const fits = isMeant && secret === made.secret && name === made.name
        const reader = createSealedReader({ name, secrets: [secret] })
        const opened = await reader.open(encrypt(claims, { ...made, time: NOON }))
        expect(typeof opened).toBe(fits ? 'object' : 'string')
      })
      await check('names, secrets and purposes', property)
    },
    patience,
  )
})

describe('the two formats', () => {
  const options = checkOptions({ secrets: SECRET, key: 'sid', encrypt: false })

  it('refuse each other at no cost', async () => {
    const counting = countCalls(engine)
    const signed = createSignedFormat(
      createSigner(counting, secretBytes([SECRET]), 'sha256'),
      options,
    )
    const sealed = createSealedReader({ clock: createClock() })
    const life = { created: NOON, issued: NOON, expires: NOON + 1000, maxAge: undefined }
    const cargo = { id: ID, key: undefined, snapshot: '{"a":1}', life, maxAge: 1000 }
    const [value, mac] = await signed.seal(cargo, undefined)
    const token = await sealed.seal({ a: 1 })
    counting.reset()
    sealed.engine.reset()

    expect(await sealed.format.open(`sid=${value}; sid.sig=${mac}`, undefined)).toBe('tampered')
    expect(sealed.engine.total()).toBe(0)
    expect(await signed.open(`sid=${token}`, undefined)).toBe('tampered')
    expect(counting.total()).toBe(0)
    expect(await signed.open(`sid=${token}; sid.sig=${mac}`, undefined)).toBe('tampered')
  })
})

function toJson(token: string): string {
  const [protectedHeader, , iv, ciphertext, tag] = token.split('.')
  return JSON.stringify({ protected: protectedHeader, iv, ciphertext, tag })
}
