import { CompactEncrypt, compactDecrypt } from 'jose'
import { describe, expect, it } from 'vitest'
import { engine as nodeEngine } from '../../src/seal/engine-node.ts'
import { engine as webEngine } from '../../src/seal/engine-web.ts'
import { DAY, NOON } from '../fixtures/clock.ts'
import { dayKey, dayOf, decrypt, kidOf } from '../fixtures/jwe.ts'
import { createSealedReader, ID } from '../fixtures/sealed-reader.ts'
import { SECRET } from '../fixtures/secrets.ts'

const engines = { node: nodeEngine, web: webEngine }
const names = Object.keys(engines) as (keyof typeof engines)[]
const today = dayOf(NOON)
const now = NOON / 1000
const strict = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }

const contents = [
  {},
  { user: 'fred', n: 1 },
  { name: 'Žluťoučký 🐎', q: '??>>~~' },
  { text: 'x'.repeat(2500) },
  { deep: { list: [1, null, { a: [] }] }, zero: 0, no: false, empty: '' },
]

describe.each(names)('a token of the %s engine', (name) => {
  const { seal } = createSealedReader({ engine: engines[name] })

  it('is what jose opens when given the derived key', async () => {
    for (const data of contents) {
      const token = await seal(data, { flash: { note: 'hi' } })
      const { plaintext, protectedHeader } = await compactDecrypt(
        token,
        dayKey(SECRET, 'sid', today),
        strict,
      )
      expect(protectedHeader).toEqual({
        alg: 'dir',
        enc: 'A256GCM',
        kid: `${kidOf(SECRET)}.${today}`,
        typ: 'session-kit1+jwe',
      })
      const claims = JSON.parse(new TextDecoder().decode(plaintext))
      const expected = { sid: ID, iat: now, exp: now + 86_400, ct: now, f: { note: 'hi' }, d: data }
      expect(claims).toEqual(expected)
      expect(decrypt(token, { secret: SECRET, name: 'sid', time: NOON })).toBe(
        JSON.stringify(expected),
      )
    }
  })

  it.each(names)('opens in the %s engine', async (other) => {
    const { open } = createSealedReader({ engine: engines[other] })
    for (const data of contents) {
      expect(await open(await seal(data))).toMatchObject({ id: ID, record: data })
    }
  })

  it('has the claims that its session needs and no others', async () => {
    const claimsOf = async (more: object): Promise<string[]> => {
      const token = await seal({ a: 1 }, more)
      return Object.keys(JSON.parse(decrypt(token, { secret: SECRET, name: 'sid', time: NOON })))
    }
    const life = { created: NOON, issued: NOON, expires: NOON + DAY, maxAge: DAY }
    const always = ['sid', 'iat', 'exp', 'ct']
    expect(await claimsOf({})).toEqual([...always, 'd'])
    expect(await claimsOf({ life })).toEqual([...always, 'ma', 'd'])
    expect(await claimsOf({ maxAge: 'session' })).toEqual([...always, 'st', 'd'])
    expect(await claimsOf({ key: ID })).toEqual(always)
    expect(await claimsOf({ id: 'sess:1', key: 'sess:1' })).toEqual([...always, 'd'])
  })
})

describe.each(names)('the %s engine', (name) => {
  const { open } = createSealedReader({ engine: engines[name] })

  it('opens what jose makes with the same header', async () => {
    for (const data of contents) {
      const claims = { sid: ID, iat: now, exp: now + 60, ct: now, d: data }
      const token = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(claims)))
        .setProtectedHeader({
          alg: 'dir',
          enc: 'A256GCM',
          kid: `${kidOf(SECRET)}.${today}`,
          typ: 'session-kit1+jwe',
        })
        .encrypt(dayKey(SECRET, 'sid', today))
      expect(await open(token)).toMatchObject({ id: ID, record: data })
    }
  })

  it('refuses what jose makes with the members of the header in another order', async () => {
    const token = await new CompactEncrypt(new TextEncoder().encode('{}'))
      .setProtectedHeader({
        typ: 'session-kit1+jwe',
        alg: 'dir',
        enc: 'A256GCM',
        kid: `${kidOf(SECRET)}.${today}`,
      })
      .encrypt(dayKey(SECRET, 'sid', today))
    expect(await open(token)).toBe('tampered')
  })
})
