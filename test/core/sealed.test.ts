import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { engine } from '#engine'
import type { Carried } from '../../src/seal/format.ts'
import { createKeyring } from '../../src/seal/keyring.ts'
import { createKeyringSealer, jweParts } from '../../src/seal/sealed.ts'
import { secretBytes } from '../../src/secrets.ts'
import { createClock, DAY, HOUR, NOON, SECOND } from '../fixtures/clock.ts'
import { anyData, isSmall } from '../fixtures/any-data.ts'
import { dayOf, decrypt, encrypt, headerOf } from '../fixtures/jwe.ts'
import { check, patience } from '../fixtures/properties.ts'
import { createSealedReader, ID } from '../fixtures/sealed-reader.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'

const now = NOON / 1000

/** A token under the right key, its claims as given. */
function tokenOf(claims: object | string, time = NOON): string {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims)
  return encrypt(text, { secret: SECRET, name: 'sid', time })
}

const claims = { sid: ID, iat: now, exp: now + 3600, ct: now, d: { user: 'fred' } }

describe('the sealed format', () => {
  it('opens what it sealed', async () => {
    const { seal, open } = createSealedReader()
    const value = await seal({ user: 'fred' }, { flash: { note: 'hi' } })
    expect(await open(value)).toEqual({
      id: ID,
      key: undefined,
      record: { user: 'fred' },
      flash: { note: 'hi' },
      life: { created: NOON, issued: NOON, expires: NOON + DAY, maxAge: undefined },
      isTimed: true,
      stale: false,
    })
  })

  it('carries a key in place of the data where there is a store', async () => {
    const { seal, open } = createSealedReader()
    for (const key of [ID, `sess:${ID}`, 'a', '../', 'é 🍪', '{"sid":1}', '']) {
      const opened = await open(await seal({ user: 'fred' }, { id: key, key, flash: { a: 1 } }))
      expect(opened).toMatchObject({ key, record: undefined, flash: undefined })
    }
  })

  it(
    'opens to the same JSON that went in, whatever it is',
    async () => {
      const { seal, open } = createSealedReader()
      const anyFlash = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, anyData)
      const property = fc.asyncProperty(anyData, anyFlash, async (data, flash) => {
        fc.pre(isSmall(data, flash))
        const value = await seal(data, { flash })
        const { record, flash: kept = {} } = (await open(value)) as Carried
        expect(JSON.stringify([record, kept])).toBe(JSON.stringify([data, flash]))
        expect(value.length).toBeLessThanOrEqual(4096)
      })
      await check('what was sealed opens as it was', property)
    },
    patience,
  )

  it('shows nothing of the data in the cookie', async () => {
    const { seal } = createSealedReader()
    const canary = 'canary-7391-fred@example.com'
    const value = await seal({ user: canary }, { flash: { note: canary } })
    const shifted = ['', 'x', 'xx'].map((pad) =>
      Buffer.from(pad + canary)
        .toString('base64url')
        .slice(4, -4),
    )
    const forms = [canary, encodeURIComponent(canary), Buffer.from(canary).toString('hex')]
    const texts = [value, ...value.split('.').map((part) => atob(part.replace(/[-_]/g, '/')))]
    for (const form of [...forms, ...shifted]) {
      expect(texts.filter((text) => text.includes(form))).toEqual([])
    }
  })

  it('opens no value that is longer than browsers keep, and decrypts none', async () => {
    const { seal, open, engine } = createSealedReader()
    const lengths = new Set<boolean>()
    for (let size = 2830; size < 2880; size++) {
      const value = await seal({ a: 'x'.repeat(size) })
      engine.reset()
      const isShort = value.length <= 4096
      expect([value.length, typeof (await open(value))]).toEqual([
        value.length,
        isShort ? 'object' : 'string',
      ])
      expect(engine.counts.open).toBe(isShort ? 1 : 0)
      lengths.add(isShort)
    }
    expect(lengths.size).toBe(2)
  })

  it('seals the same session differently each time', async () => {
    const { seal } = createSealedReader()
    const values = await Promise.all(Array.from({ length: 1000 }, () => seal({ a: 1 })))
    expect(new Set(values).size).toBe(1000)
    expect(new Set(values.map((value) => value.split('.')[0])).size).toBe(1)
  })

  it('has one session identity or none: of two good cookies that differ it takes neither', async () => {
    const { seal, format } = createSealedReader()
    const other = 'z'.repeat(43)
    const [a, b, junk] = [await seal({ a: 1 }), await seal({ b: 2 }, { id: other }), 'junk']
    const opened = async (...values: string[]): Promise<unknown> =>
      format.open(values.map((value) => `sid=${value}`).join('; '), undefined)
    expect(await opened(a, junk)).toMatchObject({ id: ID })
    expect(await opened(junk, a)).toMatchObject({ id: ID })
    expect(await opened(a, a)).toMatchObject({ id: ID })
    expect(await opened(a, b)).toBe('tampered')
    expect(await opened(b, a)).toBe('tampered')
    expect(await opened(junk, junk)).toBe('tampered')
  })

  it('takes the newer of two cookies of one session, in either order', async () => {
    const { seal, format, clock } = createSealedReader()
    for (const id of [ID, `sess:${ID}`]) {
      const older = await seal({ a: 1 }, { id, ...(id !== ID && { key: id }) })
      clock.pass(SECOND)
      const newer = await seal({ a: 2 }, { id, ...(id !== ID && { key: id }) })
      for (const header of [`sid=${older}; sid=${newer}`, `sid=${newer}; sid=${older}`]) {
        const opened = await format.open(header, undefined)
        expect(opened).toMatchObject({ life: { issued: clock.now() } })
      }
    }
  })

  it('decrypts four cookies of its name at most', async () => {
    const { seal, format, engine } = createSealedReader()
    const value = await seal({ a: 1 })
    engine.reset()
    await format.open(`sid=${value}; `.repeat(100), undefined)
    expect(engine.counts.open).toBe(4)
  })
})

describe('the claims of a token under the right key', () => {
  const odd: [string, unknown][] = [
    ['absent', undefined],
    ['-1', -1],
    ['null', null],
    ['text', String(now + 60)],
    ['true', true],
    ['a list', [now]],
    ['an object', {}],
    ['a fraction', now + 0.5],
    ['1e308', 1e308],
    ['beyond the safe integers', 2 ** 53],
  ]

  it('open as they are', async () => {
    expect(await createSealedReader().open(tokenOf(claims))).toMatchObject({ id: ID })
  })

  it.each(['iat', 'exp', 'ct'].flatMap((name) => odd.map((one) => [name, ...one] as const)))(
    'are refused where %s is %s',
    async (name, _, value) => {
      const { open } = createSealedReader()
      expect(await open(tokenOf({ ...claims, [name]: value }))).toBe('tampered')
    },
  )

  it.each([`${now}.0`, `${now}.000`, `${now / 100}e2`, `${now}0e-1`])(
    'may have a time that JSON spells %s',
    async (spelled) => {
      const text = JSON.stringify(claims).replace(`"iat":${now}`, `"iat":${spelled}`)
      expect(text).toContain(spelled)
      const opened = await createSealedReader().open(tokenOf(text))
      expect(opened).toMatchObject({ life: { issued: NOON } })
    },
  )

  it('count by the last of a name that is there twice, and are none the worse for others', async () => {
    const { open } = createSealedReader()
    const text = JSON.stringify({ x: 1, ...claims, exp: now - 1 })
    expect(await open(tokenOf(text))).toBe('expired')
    const twice = text.replace('}}', `},"exp":${now + 60}}`)
    expect(await open(tokenOf(twice))).toMatchObject({ life: { expires: NOON + 60 * SECOND } })
  })

  it.each(['ma', 'st', 'n', 'f'])(
    'are as if %s were absent where it has another shape',
    async (name) => {
      const { open } = createSealedReader()
      const plain = await open(tokenOf(claims))
      for (const value of [null, '1', -1, 0.5, [], 'true', false, ...(name === 'f' ? [1] : [{}])]) {
        expect(await open(tokenOf({ ...claims, [name]: value }))).toEqual(plain)
      }
    },
  )

  it.each(['iat', 'exp', 'ct'])('are refused where %s is 0', async (name) => {
    const { open } = createSealedReader({ absoluteMaxAge: DAY })
    expect(await open(tokenOf({ ...claims, [name]: 0 }))).toBeTypeOf('string')
  })

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['short', ID.slice(1)],
    ['long', `${ID}A`],
    ['a path', '../'.repeat(14) + 'x'],
    ['no text', 43],
    ['a list', [ID]],
  ])('are refused where sid is %s', async (_, sid) => {
    expect(await createSealedReader().open(tokenOf({ ...claims, sid }))).toBe('tampered')
  })

  it.each(['', ' ', '{', '[]', '"text"', 'null', '1', 'true', '{"sid":', '\0', '[{"sid":1}]'])(
    'are refused where they are %j',
    async (text) => {
      expect(await createSealedReader().open(tokenOf(text))).toBe('tampered')
    },
  )

  it.each([
    ['a session created after it was issued', { ct: now + 1 }, 'tampered'],
    ['another clock 60 s ahead', { iat: now + 60, ct: now + 60 }, 'opens'],
    ['another clock 61 s ahead', { iat: now + 61, ct: now + 61 }, 'tampered'],
    ['an end one second ahead', { exp: now + 1 }, 'opens'],
    ['an end that is now', { exp: now }, 'expired'],
    ['an end before the beginning', { exp: now - 1 }, 'expired'],
    ['one second idle under the limit', { iat: now - 86_399, ct: 0 }, 'opens'],
    ['idle for the limit', { iat: now - 86_400, ct: 0 }, 'expired'],
    ['an end that claims more than the server grants', { iat: now - 86_400, exp: 9e15 }, 'expired'],
    ['a maxAge of its own, longer', { iat: now - 86_400, ct: 0, ma: 2 * DAY }, 'opens'],
    ['a maxAge of its own, shorter', { iat: now - 3600, ct: 0, ma: HOUR }, 'expired'],
    ['a maxAge of its own that is none', { iat: now - 86_400, ct: 0, ma: '1e9' }, 'expired'],
    ['a maxAge of its own below zero', { iat: now - 1, ct: 0, ma: -1 }, 'opens'],
    ['a browser session 29 days idle', { iat: now - 29 * 86_400, ct: 0, st: true }, 'opens'],
    ['a browser session 30 days idle', { iat: now - 30 * 86_400, ct: 0, st: true }, 'expired'],
    [
      'a browser session with a maxAge, too',
      { iat: now - 86_400, ct: 0, st: true, ma: 1 },
      'opens',
    ],
    ['a word for true', { iat: now - 86_400, ct: 0, st: 'true' }, 'expired'],
  ])('are judged by the server: %s', async (_, more, verdict) => {
    const { open } = createSealedReader()
    const opened = await open(tokenOf({ ...claims, ct: now - 86_400, ...more }))
    expect(typeof opened === 'string' ? opened : 'opens').toBe(verdict)
  })

  it.each([
    [undefined, 30 * DAY],
    [2 * DAY, 2 * DAY],
    [60 * DAY, 60 * DAY],
  ])(
    'idle, for a configured "session" without st, with absoluteMaxAge %s for %d ms',
    async (absoluteMaxAge, limit) => {
      const { open } = createSealedReader({ maxAge: 'session', absoluteMaxAge })
      const iat = now - limit / SECOND
      expect(await open(tokenOf({ ...claims, iat: iat + 1, ct: iat + 1 }))).toMatchObject({
        id: ID,
      })
      expect(await open(tokenOf({ ...claims, iat, ct: iat }))).toBe('expired')
    },
  )

  it.each([
    [999, HOUR, 3600],
    [0, HOUR, 3600],
    [500, HOUR + 1, 3601],
    [999, 1, 1],
    [0, 1500, 2],
  ])('end, saved %d ms into a second for %d ms, %d s after iat', async (past, maxAge, seconds) => {
    const { seal, clock } = createSealedReader({ clock: createClock(NOON + past) })
    const life = { created: clock.now(), issued: clock.now(), maxAge: undefined }
    const value = await seal({}, { life: { ...life, expires: clock.now() + maxAge } })
    const opened = JSON.parse(decrypt(value, { secret: SECRET, name: 'sid', time: NOON }))
    expect(opened).toMatchObject({ iat: now, ct: now, exp: now + seconds })
  })

  it.each([
    [now - 3599, 'opens'],
    [now - 3600, 'expired'],
  ])(
    'are held against absoluteMaxAge, whatever ma and st say: created at %d',
    async (ct, verdict) => {
      const { open } = createSealedReader({ absoluteMaxAge: HOUR })
      for (const more of [{}, { ma: 10 * DAY }, { st: true }]) {
        const opened = await open(tokenOf({ ...claims, ct, ...more }))
        expect(typeof opened === 'string' ? opened : 'opens').toBe(verdict)
      }
    },
  )

  it.each([NaN, -1, -Infinity, Infinity, 1e300])(
    'open for nobody when the clock says %d',
    async (time) => {
      const { open, clock } = createSealedReader()
      clock.set(time)
      for (const more of [{}, { exp: 9e15 }, { iat: 0, ct: 0, exp: 9e15, st: true }]) {
        expect(await open(tokenOf({ ...claims, ...more }))).toBeTypeOf('string')
      }
    },
  )

  it.each([2 ** 31, 2 ** 31 + 1, 2 ** 32, 2 ** 32 + 1])(
    'are judged by a clock that goes on after second %d',
    async (seconds) => {
      const { open, clock } = createSealedReader()
      clock.set(seconds * 1000)
      const { sid, d } = claims
      const later = { sid, d, iat: seconds - 10, ct: seconds - 10, exp: seconds + 1 }
      expect(await open(tokenOf(later, clock.now()))).toMatchObject({ id: ID })
      clock.pass(SECOND)
      expect(await open(tokenOf(later, clock.now()))).toBe('expired')
    },
  )

  it('leave out a __proto__ however it is spelt', async () => {
    const { open } = createSealedReader()
    for (const name of [
      '__proto__',
      '\\u005f_proto__',
      '_\\u005Fproto_\\u005f',
      '__\\u0070roto__',
    ]) {
      const d = `{"a":{"${name}":{"admin":true}},"${name}":{"admin":true}}`
      const text = JSON.stringify(claims).replace('{"user":"fred"}', d)
      const opened = await open(tokenOf(text))
      expect(JSON.stringify(opened)).toContain('"record":{"a":{}}')
    }
  })
})

describe('the day in the header', () => {
  it.each([
    ['today', 0, undefined, true],
    ['400 days ago', -400, undefined, true],
    ['401 days ago', -401, undefined, false],
    ['tomorrow', 1, undefined, false],
    ['a day ago, where a session lasts one day', -1, DAY, true],
    ['two days ago, where a session lasts one day', -2, DAY, false],
  ])('chooses the key: %s', async (_, days, absoluteMaxAge, isKnown) => {
    const { open, engine } = createSealedReader({ ...(absoluteMaxAge && { absoluteMaxAge }) })
    const opened = await open(tokenOf(claims, NOON + days * DAY))
    expect(opened !== 'tampered').toBe(isKnown)
    expect(engine.counts.open).toBe(isKnown ? 1 : 0)
    expect(engine.counts.deriveKey).toBe(isKnown ? 1 : 0)
  })

  it('may be tomorrow for the last minute of a day', async () => {
    const midnight = (dayOf(NOON) + 1) * DAY
    for (const [time, isKnown] of [
      [midnight - 61 * SECOND, false],
      [midnight - 60 * SECOND, true],
    ] as const) {
      const { open } = createSealedReader({ clock: createClock(time) })
      const iat = time / 1000
      const token = tokenOf({ ...claims, iat, ct: iat, exp: iat + 100 }, midnight)
      expect(typeof (await open(token))).toBe(isKnown ? 'object' : 'string')
    }
  })

  it('belongs to the key: a token does not open under the key of another day', async () => {
    const { seal, open, engine } = createSealedReader()
    const [, ...rest] = (await seal({ a: 1 })).split('.')
    engine.reset()
    const yesterday = Buffer.from(headerOf(SECRET, dayOf(NOON) - 1)).toString('base64url')
    expect(await open([yesterday, ...rest].join('.'))).toBe('tampered')
    expect(engine.counts.open).toBe(1)
  })
})

describe('the secrets', () => {
  it.each(SECRETS.map((_, index) => index))('open under any of ten: number %d', async (index) => {
    const { seal } = createSealedReader({ secrets: [SECRETS[index]!] })
    const { open, engine } = createSealedReader({ secrets: SECRETS })
    expect(await open(await seal({ a: 1 }))).toMatchObject({ stale: index > 0 })
    expect(engine.counts.open).toBe(1)
  })

  it('that are gone open nothing, and nothing is decrypted', async () => {
    const { seal } = createSealedReader({ secrets: [SECRET] })
    const { open, engine } = createSealedReader({ secrets: SECRETS.slice(1) })
    expect(await open(await seal({ a: 1 }))).toBe('tampered')
    expect(engine.counts).toMatchObject({ open: 0, deriveKey: 0 })
  })
})

describe('the parts of a token', () => {
  const [header, iv, ciphertext, tag] = ['header', 'i'.repeat(16), 'text', `${'t'.repeat(21)}A`]
  const token = `${header}..${iv}.${ciphertext}.${tag}`

  it('are its header, IV, ciphertext and tag', () => {
    expect(jweParts(token)).toEqual([header, iv, ciphertext, tag])
  })

  it.each([
    ['nothing', ''],
    ['text', 'header'],
    ['no header', token.replace(header, '')],
    ['a wrapped key', token.replace('..', '.key.')],
    ['no second part', token.replace('..', '.')],
    ['no ciphertext', token.replace(ciphertext, '')],
    ['a part more', `${token}.more`],
    ['an empty part more', `${token}.`],
    ['the first three', `${header}..${iv}`],
    ['the first four', `${header}..${iv}.${ciphertext}`],
    ['no IV', token.replace(iv, '')],
    ['an IV that is too short', token.replace(iv, iv.slice(4))],
    ['an IV that is too long', token.replace(iv, `${iv}iiii`)],
    ['no tag', token.replace(tag, '')],
    ['a tag that is too short', token.replace(tag, tag.slice(4))],
    ['a tag that is too long', token.replace(tag, `tttt${tag}`)],
    ['a tag that could be spelled in another way', token.replace(tag, 't'.repeat(21) + 'B')],
    ['an IV of another alphabet', token.replace(iv, '+'.repeat(16))],
    ['a tag of another alphabet', token.replace(tag, `${'/'.repeat(21)}A`)],
  ])('are none in %s', (_, text) => {
    expect(jweParts(text)).toBeNull()
  })
})

describe('a keyring that seals', () => {
  const { now } = createClock()
  const keyring = createKeyring(engine, secretBytes([SECRET]), 'sid')
  const sealer = createKeyringSealer(engine, keyring, { maxAge: DAY, now })

  it('gives back any text, whatever it says, and nothing under another tag', async () => {
    for (const text of ['', 'null', '{"sid":1}', 'é 🔑']) {
      const token = await sealer.seal(text, undefined)
      if (text) expect(await sealer.open(token, undefined)).toEqual({ text, stale: false })
      const other = `${token.slice(0, -22)}${'A'.repeat(22)}`
      expect(await sealer.open(other, undefined)).toBe('tampered')
    }
  })
})
