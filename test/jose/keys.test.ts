import { createLocalJWKSet, type JWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { jweFormat, jwsFormat, jwsReadOnly } from '../../adapters/jose.ts'
import { createSessionManager } from '../../src/index.ts'
import { errorOf, rejectionOf } from '../fixtures/errors.ts'
import { ED, ED2, ES, ES2, OCT, OCT2, publicOf } from '../fixtures/jwks.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { setUp, sign, claimsOf } from './fixture.ts'

const rsa = { kty: 'RSA', kid: 'rsa', n: 'sXch', e: 'AQAB', alg: 'RS256' }
const x25519 = { ...publicOf(ED), crv: 'X25519' }
const p384 = { ...ES, crv: 'P-384' }
const edPublic = publicOf(ED)
const esPublic = publicOf(ES)

const sign_ = (jwk: unknown) => (): unknown => jwsFormat({ sign: jwk as JWK })
const verify_ = (jwk: unknown) => (): unknown => jwsReadOnly({ verify: jwk as JWK })
const keys_ = (jwk: unknown) => (): unknown => jweFormat({ keys: jwk as JWK })
const seal_ = (seal: unknown) => (): unknown => jwsFormat({ sign: ED, seal: seal as JWK })

const refused: [string, () => unknown, RegExp][] = [
  ['RSA that signs', sign_({ ...rsa, d: 'AAAA' }), /"sign" must be of Ed25519.*P-256/],
  ['RSA that verifies', verify_(rsa), /"verify" must be of Ed25519/],
  ['HMAC', sign_(OCT), /"sign" is a symmetric key: whoever could verify.*"secrets", or jweFormat/],
  ['HMAC that verifies', verify_([OCT]), /"verify"\[0\] is a symmetric key/],
  ['X25519', verify_(x25519), /must be of Ed25519/],
  ['P-384', sign_(p384), /must be of Ed25519/],
  ['secp256k1', sign_({ ...ES, crv: 'secp256k1' }), /must be of Ed25519/],
  [
    'ML-DSA',
    sign_({ kty: 'AKP', alg: 'ML-DSA-44', kid: 'a', pub: 'AA', priv: 'AA' }),
    /must be of/,
  ],
  ['a curve by the name of a method', sign_({ ...ED, crv: 'constructor' }), /must be of Ed25519/],
  ['a public key that is to sign', sign_(edPublic), /public key, which signs nothing.*jwsReadOnly/],
  ['a private key at the edge', verify_(ED), /private key \(it has "d"\): give its public half/],
  ['a private key in a set', verify_({ keys: [edPublic, ES] }), /"verify"\[1\] is a private key/],
  ['a set of jose with a private key', verify_(createLocalJWKSet({ keys: [ED] })), /private key/],
  ['parts of RSA in a public key', verify_({ ...edPublic, dp: 'AAAA' }), /it has "dp"/],
  ['a private key among those that verify', () => jwsFormat({ sign: ED, verify: ED2 }), /private/],
  ['another alg', verify_({ ...edPublic, alg: 'ES256' }), /"alg" that is not "EdDSA" or "Ed25519"/],
  ['alg none', verify_({ ...edPublic, alg: 'none' }), /"alg" that is not/],
  ['ECDH-ES as its alg', verify_({ ...esPublic, alg: 'ECDH-ES' }), /"alg" that is not "ES256"/],
  ['use enc', verify_({ ...edPublic, use: 'enc' }), /"use" that is not "sig"/],
  ['key_ops that do not verify', verify_({ ...edPublic, key_ops: ['sign'] }), /without "verify"/],
  ['key_ops that do not sign', sign_({ ...ED, key_ops: ['verify'] }), /"key_ops" without "sign"/],
  ['key_ops that are no list', sign_({ ...ED, key_ops: 'sign' }), /"key_ops" without "sign"/],
  ['key_ops that are no words', sign_({ ...ED, key_ops: ['sign', 1] }), /without "sign"/],
  ['no kid', sign_({ ...ED, kid: undefined }), /must have a "kid"/],
  ['an empty kid', sign_({ ...ED, kid: '' }), /must have a "kid"/],
  ['a kid with a quote', sign_({ ...ED, kid: 'a"b' }), /must have a "kid"/],
  ['a long kid', sign_({ ...ED, kid: 'x'.repeat(129) }), /must have a "kid"/],
  ['one kid twice', verify_([edPublic, { ...publicOf(ED2), kid: ED.kid }]), /one "kid" twice/],
  [
    'one kid for two keys',
    () => jwsFormat({ sign: ED, verify: { ...publicOf(ED2), kid: 'ed-1' } }),
    /"verify" has the "kid" of a key of "sign", and is another/,
  ],
  [
    'two algs for one key',
    () => jwsFormat({ sign: ED, verify: { ...edPublic, alg: 'Ed25519' } }),
    /"verify" has the "kid"/,
  ],
  [
    'a short coordinate',
    verify_({ ...esPublic, x: esPublic['x']!.slice(1) }),
    /no point of its curve/,
  ],
  ['a coordinate in other bits', verify_({ ...edPublic, x: `${ED.x.slice(0, -1)}l` }), /no point/],
  ['Ed25519 with a second coordinate', verify_({ ...edPublic, y: ES.y }), /no point/],
  ['no coordinate', verify_({ ...esPublic, y: undefined }), /no point/],
  ['a short private key', sign_({ ...ED, d: 'AAAA' }), /no "d" of 32 bytes/],
  ['no key', verify_([]), /"verify" must be 1 to 10 keys/],
  [
    'eleven keys',
    verify_(Array.from({ length: 11 }, (_, n) => ({ ...edPublic, kid: `${n}` }))),
    /1 to 10/,
  ],
  ['a PEM', verify_('-----BEGIN PUBLIC KEY-----'), /must be a JWK/],
  ['nothing', verify_(undefined), /"verify" must be a JWK/],
  ['null in a list', sign_([ED, null]), /"sign"\[1\] must be a JWK/],
  ['any function', verify_(async () => edPublic), /createRemoteJWKSet/],
  [
    'a public key that encrypts',
    keys_(esPublic),
    /no symmetric key.*public key anybody can have made/,
  ],
  ['RSA that encrypts', keys_({ ...rsa, alg: 'RSA-OAEP' }), /no symmetric key/],
  ['a public key that seals', seal_(x25519), /no symmetric key.*jwsFormat/],
  ['128 bits', keys_({ ...OCT, k: OCT.k.slice(0, 22) }), /must have 32 bytes/],
  ['512 bits', keys_({ ...OCT, k: 'A'.repeat(86) }), /must have 32 bytes/],
  ['a secret that is regular', keys_({ ...OCT, k: 'A'.repeat(43) }), /too regular/],
  [
    'HS256 as the alg of what seals',
    keys_({ ...OCT, alg: 'HS256' }),
    /"alg" that is not "dir" or "A256GCM"/,
  ],
  ['A256KW as the alg of what seals', keys_({ ...OCT, alg: 'A256KW' }), /"alg" that is not/],
  ['use sig of what seals', keys_({ ...OCT, use: 'sig' }), /"use" that is not "enc"/],
  ['key_ops that do not decrypt', keys_({ ...OCT, key_ops: ['encrypt'] }), /without "decrypt"/],
  ['nothing that may encrypt', keys_({ ...OCT, key_ops: ['decrypt'] }), /no key that may encrypt/],
  ['one secret twice', keys_([OCT, { ...OCT, kid: 'b' }]), /has one key twice/],
  ['a seal that is not there', seal_(undefined), /"seal" is empty/],
  ['a seal that is null', seal_(null), /"seal" is empty/],
  [
    'a seal at the edge that is not there',
    () => jwsReadOnly({ verify: edPublic, seal: undefined }),
    /"seal" is empty/,
  ],
  [
    'another option',
    () => jwsFormat({ sign: ED, verfy: edPublic } as never),
    /jwsFormat\(\): "verfy" is unknown/,
  ],
  ...(
    [
      ['jweFormat', jweFormat, { keys: OCT }],
      ['jwsFormat', jwsFormat, { sign: ED }],
      ['jwsReadOnly', jwsReadOnly, { verify: edPublic }],
    ] as [string, (options: never) => unknown, object][]
  ).flatMap(([name, make, options]) => {
    const odd = Object.keys(options).flatMap((option) => [`my${option}`, `${option}s`, 'seals'])
    return odd.map((option): [string, () => unknown, RegExp] => [
      `${name} with ${option}`,
      () => make({ ...options, [option]: ED } as never),
      new RegExp(`^${name}\\(\\): "${option}" is unknown\\.$`),
    ])
  }),
  ['secrets and keys in one seal', seal_([SECRET, OCT]), /"seal"\[0\] must be a JWK/],
  ['a seal of keys that say what for', seal_([{ ...OCT, use: 'sig' }]), /"use" that is not "enc"/],
  ['no options', () => jweFormat(undefined as never), /jweFormat\(\): "keys" must be a JWK/],
]

describe('keys', () => {
  it.each(refused)('are refused at start: %s', (_, make, message) => {
    const error = errorOf(make)
    expect(error).toMatchObject({ name: 'SessionError', code: 'ERR_SESSION_OPTIONS' })
    expect(error.message).toMatch(message)
    const secrets = [ED.d, ES.d, OCT.k].flatMap((text) => [text.slice(0, 8), text.slice(-8)])
    expect(secrets.filter((part) => error.message.includes(part))).toEqual([])
  })

  it.each<[string, () => unknown]>([
    ['a JWK', () => jwsFormat({ sign: ED })],
    ['one that says that it seals', keys_({ ...OCT, key_ops: ['encrypt', 'decrypt'] })],
    ['ten', verify_(Array.from({ length: 10 }, (_, n) => ({ ...edPublic, kid: `${n}` })))],
    ['several', () => jwsFormat({ sign: [ED, ES, ED2, ES2] })],
    ['a set', () => jwsFormat({ sign: { keys: [ED] }, verify: { keys: [edPublic, esPublic] } })],
    [
      'a set of jose',
      () => jwsReadOnly({ verify: createLocalJWKSet({ keys: [edPublic as JWK] }) }),
    ],
    [
      'that say what they are for',
      () => jwsFormat({ sign: { ...ES, alg: 'ES256', use: 'sig', key_ops: ['sign'], ext: false } }),
    ],
    [
      'that have certificates, too',
      () => jwsReadOnly({ verify: { ...esPublic, x5c: ['MIIB'], x5t: 'AA' } }),
    ],
    [
      'an id of Azure',
      () =>
        jwsFormat({ sign: { ...ES, kid: 'https://v.vault.azure.net/keys/k/0123456789abcdef' } }),
    ],
    [
      'symmetric ones',
      () =>
        jweFormat({
          keys: {
            keys: [
              { ...OCT, use: 'enc', alg: 'dir' },
              { ...OCT2, alg: 'A256GCM', key_ops: ['decrypt', 'encrypt'] },
            ],
          },
        }),
    ],
  ])('are taken: %s', (_, make) => {
    expect(make()).toBeTypeOf('function')
  })

  it('that are no key together fail where they are used, and say which', async () => {
    const pair = { ...ED, d: ED2.d }
    const { write } = setUp(jwsFormat({ sign: [pair] }))
    const error = await rejectionOf(write({ user: 'ada' }))
    expect(error).toMatchObject({ code: 'ERR_SESSION_OPTIONS' })
    expect(error.message).toMatch(/^jwsFormat\(\): "sign"\[0\] is no key of its curve/)
    // No point of P-256.
    const off = { ...esPublic, y: ES2.y }
    const manager = createSessionManager({
      format: jwsReadOnly({ verify: off }),
      key: 'sid',
      secure: false,
    })
    const token = await sign(claimsOf(), ES)
    expect(await rejectionOf(manager.load(`sid=${token}`))).toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
    })
  })

  it('are as new as "verify" has them, and those before the one that signs are newer', async () => {
    const { manager, write } = setUp(
      jwsFormat({ sign: ED, verify: [publicOf(ED2), edPublic, publicOf(ES)] }),
    )
    const cookiesFor = async (token: string): Promise<string[]> =>
      manager.commit(await manager.load(`sid=${token}`))
    expect(await cookiesFor(await write({ user: 'ada' }))).toEqual([])
    expect(await cookiesFor(await sign(claimsOf(), ED2))).toEqual([])
    expect(await cookiesFor(await sign(claimsOf(), ES))).toHaveLength(1)
  })

  it('are taken as they are when the format is made', async () => {
    const mine = structuredClone(ED) as typeof ED
    const { write, read } = setUp(jwsFormat({ sign: mine }))
    mine.d = ED2.d
    mine.x = ED2.x
    expect((await read(await write({ user: 'ada' }))).user).toBe('ada')
    expect(Object.isFrozen(mine)).toBe(false)
  })

  it('of a seal are held to the rules of secrets, when the manager is made', () => {
    const format = jwsFormat({ sign: ED, seal: 'hello world' })
    const error = errorOf(() => createSessionManager({ format }))
    expect(error.code).toBe('ERR_SESSION_SECRET')
    expect(error.message).toMatch(/^jwsFormat\(\): "seal" \[0\] is shorter than 32/)
    const opening = { secret: SECRET, use: 'open' } as const
    const none = jwsFormat({ sign: ED, seal: [opening] })
    expect(errorOf(() => createSessionManager({ format: none })).message).toMatch(
      /^jwsFormat\(\): "seal" need one that seals/,
    )
    const both = jwsFormat({ sign: ED, seal: [SECRETS[1]!, opening] })
    expect(() => createSessionManager({ format: both })).not.toThrow()
    expect(
      errorOf(() => createSessionManager({ format: jwsFormat({ sign: ED, seal: '' }) })),
    ).toMatchObject({
      code: 'ERR_SESSION_SECRET',
    })
  })
})

describe('the option "format"', () => {
  const format = jwsFormat({ sign: ED })

  it.each<[string, object]>([
    ['secrets', { secrets: 'V9s1kQmJr0Zb3t8xWc5uNf2yHg7pLd4A' }],
    ['encrypt', { encrypt: true }],
    ['encrypt', { encrypt: false }],
    ['signed', { signed: true }],
    ['digest', { digest: 'sha1' }],
    ['encode', { encode: JSON.stringify }],
    ['decode', { decode: JSON.parse }],
  ])('takes the place of %s', (name, options) => {
    expect(errorOf(() => createSessionManager({ ...options, format } as never)).message).toBe(
      `Session option "${name}" and "format" exclude each other.`,
    )
  })

  it('is a function', () => {
    for (const wrong of ['host', {}, ED]) {
      expect(errorOf(() => createSessionManager({ format: wrong } as never)).message).toBe(
        'Session option "format" must be a format of session-kit/jose.',
      )
    }
  })

  it('may be null, as any other', () => {
    expect(errorOf(() => createSessionManager({ format: null } as never)).message).toMatch(
      /"secrets" is missing/,
    )
  })
})
