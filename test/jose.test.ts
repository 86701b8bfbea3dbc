import { compactDecrypt, compactVerify, importJWK, jwtVerify, type JWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { jweFormat, jwsFormat } from '../adapters/jose.ts'
import type { SessionFormat } from '../src/index.ts'
import { DAY, HOUR, MINUTE, NOON } from './fixtures/clock.ts'
import { dayKey, dayOf, kidOf } from './fixtures/jwe.ts'
import { ED, ED2, ES, OCT, OCT2, publicOf } from './fixtures/jwks.ts'
import { createRecordingStore } from './fixtures/recording-store.ts'
import { SECRET } from './fixtures/secrets.ts'
import { createVisitor } from './fixtures/visitor.ts'
import { claimsOf, encrypt, ID, setUp, sign, tokenOf } from './jose/fixture.ts'

const formats: [string, SessionFormat][] = [
  ['jweFormat', jweFormat({ keys: OCT })],
  ['jwsFormat, Ed25519', jwsFormat({ sign: ED })],
  ['jwsFormat, P-256', jwsFormat({ sign: ES })],
  ['jwsFormat, sealed under a secret', jwsFormat({ sign: ED, seal: SECRET })],
  ['jwsFormat, sealed under a JWK', jwsFormat({ sign: ES, seal: OCT })],
]

describe.each(formats)('%s', (_, format) => {
  it('keeps a session in its cookie', async () => {
    const { manager, events } = setUp(format)
    const { visit, peek } = createVisitor(manager)
    await visit((session) => {
      session.user = 'Žluťoučký 🐎'
      session.flash('notice', { text: 'hi' })
    })
    const { cookies } = await visit()

    expect(cookies).toEqual([])
    const session = await peek()
    expect({ ...session }).toEqual({ user: 'Žluťoučký 🐎' })
    expect(session.flash('notice')).toEqual({ text: 'hi' })
    await visit((session) => session.destroy())
    expect(await peek()).toMatchObject({ isNew: true })
    expect(events).toEqual([])
  })

  it('ends a session by its own configuration', async () => {
    const options = { maxAge: HOUR, absoluteMaxAge: 2 * HOUR }
    const { manager, clock, events } = setUp(format, options)
    const { visit, peek } = createVisitor(manager)
    await visit((session) => (session.n = 0))
    for (const n of [1, 2, 3]) {
      clock.pass(HOUR - MINUTE)
      await visit((session) => (session.n = n))
    }
    expect((await peek()).n).toBe(3)
    expect(events).toEqual(['expired'])
    clock.pass(HOUR)
    expect(await peek()).toMatchObject({ isNew: true })
  })

  it('is saved anew by rolling, and a little later each time', async () => {
    const { manager, clock } = setUp(format, { maxAge: HOUR, rolling: true })
    const { visit, peek } = createVisitor(manager)
    await visit((session) => (session.user = 'ada'))
    for (let times = 0; times < 3; times++) {
      clock.pass(HOUR - MINUTE)
      expect((await visit()).cookies).toHaveLength(1)
    }
    expect((await peek()).user).toBe('ada')
  })

  it('holds the key of a store, and no data', async () => {
    const store = createRecordingStore()
    const { manager } = setUp(format, { store })
    const { visit, peek, jar } = createVisitor(manager)
    await visit((session) => (session.user = 'ada'))
    expect((await peek()).user).toBe('ada')
    expect(store.records.size).toBe(1)
    const [, payload] = jar.header.split('.')
    expect(Buffer.from(payload ?? '', 'base64url').toString()).not.toContain('"ada"')
    await visit((session) => session.destroy())
    expect(store.records.size).toBe(0)
  })

  it('asks whether it was revoked', async () => {
    const revoked = new Set<string>()
    const { manager, events } = setUp(format, { isRevoked: ({ id }) => revoked.has(id) })
    const { visit, peek } = createVisitor(manager)
    await visit((session) => (session.user = 'ada'))
    expect((await peek()).user).toBe('ada')
    const again = setUp(format, { isRevoked: ({ id }) => Boolean(revoked.add(id)) })
    const token = await again.write({ user: 'ada' })
    expect(await again.read(token)).toMatchObject({ isNew: true })
    expect([...revoked][0]).toMatch(/^[\w-]{43}$/)
    expect(again.events).toEqual(['revoked'])
    expect(events).toEqual([])
  })

  it('opens under no other name of a cookie', async () => {
    const token = await setUp(format).write({ user: 'ada' })
    for (const key of ['SID', 'si', 'sid2', '__Host-sid', 'session-kit']) {
      const { manager, events } = setUp(format, { key, secure: true })
      expect(await manager.load(`${key}=${token}`)).toMatchObject({ isNew: true })
      expect(events).toEqual(['tampered'])
    }
  })
})

describe('a token', () => {
  it.each<[string, JWK, string]>([
    ['Ed25519', ED, 'EdDSA'],
    ['Ed25519 that says so', { ...ED, alg: 'Ed25519' }, 'Ed25519'],
    ['P-256', ES, 'ES256'],
  ])('that %s signed is what jose verifies', async (_, jwk, alg) => {
    const token = await setUp(jwsFormat({ sign: jwk })).write({ user: 'ada' })
    const { payload, protectedHeader } = await jwtVerify(
      token,
      await importJWK(publicOf(jwk), alg),
      {
        algorithms: [alg],
        audience: 'session-kit/sid',
        typ: 'session-kit1+jws',
        currentDate: new Date(NOON),
      },
    )
    expect(protectedHeader).toEqual({ alg, kid: 'kid' in jwk && jwk.kid, typ: 'session-kit1+jws' })
    expect(payload).toEqual({ ...claimsOf(), sid: expect.stringMatching(/^[\w-]{43}$/) })
  })

  it.each([ED, ES])('that jose signed with $crv opens', async (jwk) => {
    const { read } = setUp(jwsFormat({ sign: jwk }))
    expect({ ...(await read(await sign(claimsOf(), jwk))) }).toEqual({ user: 'ada' })
  })

  it('that a JWK sealed is what jose decrypts, and the reverse', async () => {
    const { write, read } = setUp(jweFormat({ keys: OCT }))
    const { plaintext, protectedHeader } = await compactDecrypt(
      await write({ user: 'ada' }),
      Buffer.from(OCT.k, 'base64url'),
    )
    expect(protectedHeader).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      kid: 'oct-1',
      typ: 'session-kit1+jwe',
    })
    expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual({
      ...claimsOf(),
      sid: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect({ ...(await read(await encrypt(claimsOf(), OCT))) }).toEqual({ user: 'ada' })
  })

  it('that is signed in a sealed one is what jose decrypts and verifies, and the reverse', async () => {
    const cty = { cty: 'session-kit1+jws' }
    const byJwk = setUp(jwsFormat({ sign: ED, seal: OCT }))
    const inner = await compactDecrypt(
      await byJwk.write({ user: 'ada' }),
      Buffer.from(OCT.k, 'base64url'),
    )
    expect(inner.protectedHeader).toMatchObject(cty)
    const key = await importJWK(publicOf(ED), 'EdDSA')
    const { payload } = await compactVerify(inner.plaintext, key)
    expect(JSON.parse(new TextDecoder().decode(payload)).d).toEqual({ user: 'ada' })
    const made = await encrypt(await sign(claimsOf(), ED), OCT, cty)
    expect({ ...(await byJwk.read(made)) }).toEqual({ user: 'ada' })
  })

  it('that is signed in one sealed under a secret opens with the derived key', async () => {
    const { write } = setUp(jwsFormat({ sign: ED, seal: SECRET }))
    const day = dayOf(NOON)
    const { plaintext, protectedHeader } = await compactDecrypt(
      await write({ user: 'ada' }),
      dayKey(SECRET, 'sid', day, { audience: 'session-kit1+jws' }),
    )
    expect(JSON.stringify(protectedHeader)).toBe(
      `{"alg":"dir","enc":"A256GCM","kid":"${kidOf(SECRET)}.${day}",` +
        '"typ":"session-kit1+jwe","cty":"session-kit1+jws"}',
    )
    const { payload } = await compactVerify(plaintext, await importJWK(publicOf(ED), 'EdDSA'))
    expect(JSON.parse(new TextDecoder().decode(payload)).aud).toBe('session-kit/sid')
  })
})

describe('keys', () => {
  const cases: [string, SessionFormat, SessionFormat, SessionFormat][] = [
    [
      'sign',
      jwsFormat({ sign: ED }),
      jwsFormat({ sign: [ED2, ED] }),
      jwsFormat({ sign: ED2, verify: { keys: [publicOf(ED)] } }),
    ],
    [
      'seal',
      jweFormat({ keys: OCT }),
      jweFormat({ keys: [OCT2, OCT] }),
      jweFormat({ keys: { keys: [OCT2, OCT] } }),
    ],
    [
      'seal what is signed',
      jwsFormat({ sign: ED, seal: OCT }),
      jwsFormat({ sign: ED, seal: [OCT2, OCT] }),
      jwsFormat({ sign: [ED2, ED], seal: [OCT2, OCT] }),
    ],
  ]

  it.each(cases)('that %s are changed without an end to sessions', async (_, before, ...after) => {
    for (const format of after) {
      const { manager, clock, events } = setUp(format, { maxAge: HOUR })
      const old = await setUp(before, { maxAge: HOUR, now: clock.now }).write({ user: 'ada' })
      clock.pass(HOUR / 2)
      const session = await manager.load(`sid=${old}`)
      expect(session.user).toBe('ada')
      const [cookie] = await manager.commit(session)
      const fresh = tokenOf([cookie!])
      expect(cookie).toContain('Max-Age=1800')
      expect(await manager.commit(await manager.load(`sid=${fresh}`))).toEqual([])
      // The old key is not needed any more.
      clock.pass(HOUR / 2 - 1000)
      expect((await manager.load(`sid=${fresh}`)).user).toBe('ada')
      clock.pass(1000)
      expect(await manager.load(`sid=${fresh}`)).toMatchObject({ isNew: true })
      expect(events).toEqual(['expired'])
    }
  })

  it.each([
    ['sign', jwsFormat({ sign: ED, verify: [ED2, ED].map(publicOf) }), jwsFormat({ sign: ED2 })],
    [
      'seal',
      jweFormat({ keys: [{ ...OCT2, key_ops: ['decrypt'] }, OCT] }),
      jweFormat({ keys: OCT2 }),
    ],
  ])(
    'that other servers %s with already are read, and left as they are',
    async (_, here, there) => {
      const { manager, read } = setUp(here)
      const session = await read(await setUp(there).write({ user: 'ada' }))
      expect(session.user).toBe('ada')
      expect(await manager.commit(session)).toEqual([])
      const own = await setUp(here).write({ user: 'eve' })
      expect((await setUp(there).read(own)).isNew).toBe(true)
    },
  )

  it('of one kind do not open what those of another made', async () => {
    for (const [one, format] of formats) {
      for (const [other, made] of formats) {
        const { read, events } = setUp(format)
        const session = await read(await setUp(made).write({ user: 'ada' }))
        expect([one, other, session.isNew]).toEqual([one, other, one !== other])
        expect(events).toEqual(one === other ? [] : ['tampered'])
      }
    }
  })
})

describe('claims', () => {
  const seconds = NOON / 1000
  const odd = [undefined, 0, -1, null, String(seconds), 1e308, seconds + 0.5, true, [seconds], {}]
  const times = ['iat', 'exp', 'ct'].flatMap((name) => odd.map((value) => ({ [name]: value })))

  it.each([
    ...times,
    { aud: undefined },
    { aud: null },
    { aud: 'sid' },
    { aud: 'session-kit/sid2' },
    { aud: ['session-kit/sid'] },
    { sid: 'short' },
    { sid: undefined },
    { iat: seconds + 61 },
    { ct: seconds + 1 },
  ])('that are not those of a session let nobody in: %j', async (wrong) => {
    const limits = { absoluteMaxAge: DAY }
    const { read: readSigned } = setUp(jwsFormat({ sign: ED }), limits)
    const { read: readSealed } = setUp(jweFormat({ keys: OCT }), limits)
    expect((await readSigned(await sign(claimsOf(), ED))).isNew).toBe(false)
    expect((await readSigned(await sign(claimsOf(wrong), ED))).isNew).toBe(true)
    expect((await readSealed(await encrypt(claimsOf(wrong), OCT))).isNew).toBe(true)
  })

  it.each(['', 'null', '[]', '"text"', '{', '{}', '\uFEFF{}', JSON.stringify(claimsOf()).slice(1)])(
    'have to be there: %s',
    async (text) => {
      const { read } = setUp(jwsFormat({ sign: ED }))
      expect((await read(await sign(text, ED))).isNew).toBe(true)
    },
  )

  it('name the session that a store has', async () => {
    const store = createRecordingStore()
    store.records.set(ID, JSON.stringify({ user: 'ada' }))
    const { read } = setUp(jwsFormat({ sign: ED }), { store })
    expect((await read(await sign(claimsOf({ d: ID }), ED))).user).toBe('ada')
  })
})
