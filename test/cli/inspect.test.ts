import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCookies } from '../../cli/cookie-line.ts'
import { inspectSealed, isSealed } from '../../cli/inspect-sealed.ts'
import { inspectSigned } from '../../cli/inspect-signed.ts'
import { inspectToken, isToken } from '../../cli/inspect-token.ts'
import { jweFormat, jwsFormat } from '../../adapters/jose.ts'
import { createMemoryStore } from '../../src/memory.ts'
import type { FormatOptions } from '../../src/options.ts'
import { createSessionManager, type SessionOptions } from '../../src/index.ts'
import fixtures from '../fixtures/signed-cookies.json' with { type: 'json' }
import { ED, ES, OCT } from '../fixtures/jwks.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { run } from './run.ts'

/** The Set-Cookie lines of a new session. */
async function lines(
  options: Partial<SessionOptions | FormatOptions> = {},
  name = 'Zoë',
): Promise<string[]> {
  const keys = options.format ? {} : { secrets: SECRET }
  const manager = createSessionManager({ ...keys, ...options } as SessionOptions)
  const session = await manager.load(null)
  session['user'] = name
  return manager.commit(session)
}

const pairOf = (line: string): string => line.split(';')[0]!

async function findings(
  args: string[],
  given: Parameters<typeof run>[1],
): Promise<{ code: number; found: Record<string, unknown>[] }> {
  const { code, out } = await run(['inspect', '--json', ...args], given)
  return { code, found: JSON.parse(out) as Record<string, unknown>[] }
}

const env = { SESSION_SECRET: SECRET }

const JWS_HEADER = Buffer.from('{"alg":"EdDSA","kid":"ed-1","typ":"session-kit1+jws"}').toString(
  'base64url',
)

describe('session-kit inspect, of a sealed cookie', () => {
  it('tells without a secret what can be seen, and nothing else', async () => {
    const [line] = await lines({ maxAge: 60_000 })
    const { code, found } = await findings([`Set-Cookie: ${line}`], {})

    expect(code).toBe(0)
    expect(found).toEqual([
      {
        name: '__Host-sid',
        format: 'sealed',
        verdict: 'unchecked',
        keyId: expect.stringMatching(/^[\w-]{8}$/),
        day: new Date().toISOString().slice(0, 10),
        size: pairOf(line!).length - 1,
        attributes: { path: '/', secure: true, httponly: true, samesite: 'Lax', 'max-age': '60' },
        browserDropsIt: '60 seconds after it came',
      },
    ])
  })

  it('shows claims and data to who has the secret, in the environment or on standard input', async () => {
    const [line] = await lines()
    const [byEnv, byStdin] = await Promise.all([
      findings(['-'], { input: line!, env }),
      findings(['--secret-stdin', line!], { input: `${SECRETS[1]}\n${SECRET}\n` }),
    ])

    expect(byEnv.code).toBe(0)
    expect(byEnv.found[0]).toMatchObject({
      verdict: 'genuine',
      secret: 1,
      data: { user: 'Zoë' },
      claims: { iat: expect.any(Number), ct: expect.any(Number) },
    })
    expect(byStdin.code).toBe(0)
    expect(byStdin.found[0]).toMatchObject({ verdict: 'genuine', secret: 2, data: { user: 'Zoë' } })
  })

  it('tells another secret, another name, damage and the end of its time apart', async () => {
    const [line] = await lines()
    const value = pairOf(line!).slice('__Host-sid='.length)
    const end = value.endsWith('A') ? 'Q' : 'A'
    const [old] = await lines({ now: () => Date.now() - 2 * 86_400_000 })
    const [otherSecret, otherName, damaged, over] = await Promise.all([
      findings([line!], { env: { SESSION_SECRET: SECRETS[1]! } }),
      findings([`other=${value}`], { env }),
      findings([`${value.slice(0, -1)}${end}`], { env }),
      findings([old!], { env }),
    ])

    const all = [otherSecret, otherName, damaged, over]
    expect(all.map(({ code }) => code)).toEqual([1, 1, 1, 1])
    expect(all.map(({ found }) => found[0]!['verdict'])).toEqual([
      'other-secret',
      'not-genuine',
      'not-genuine',
      'expired',
    ])
    expect(over.found[0]).toMatchObject({ data: { user: 'Zoë' } })
    for (const { found } of [otherSecret, otherName, damaged]) {
      expect(found[0]).not.toHaveProperty('data')
    }
  })

  it('takes the name from --key where the value comes alone', async () => {
    const [line] = await lines({ key: 'sid' })
    const value = pairOf(line!).slice('sid='.length)

    expect((await findings(['--key=sid', value], { env })).found[0]).toMatchObject({
      verdict: 'genuine',
    })
  })

  it('shows the key of a store', async () => {
    const [line] = await lines({ store: createMemoryStore() })
    const { found } = await findings([line!], { env })

    expect(found[0]).toMatchObject({ storeKey: expect.stringMatching(/^[\w-]{43}$/) })
    expect(found[0]).not.toHaveProperty('data')
  })
})

describe('session-kit inspect, of a signed cookie', () => {
  it('reads the pair in a Cookie header, beside cookies of others', async () => {
    const pair = (await lines({ encrypt: false, key: 'sid' })).map(pairOf)
    const header = `Cookie: theme=dark; ${pair.join('; ')}; _ga=GA1.2.3`
    const [seen, checked, wrong] = await Promise.all([
      findings([header], {}),
      findings([header], { env }),
      findings([header], { env: { SESSION_SECRET: SECRETS[1]! } }),
    ])

    const known = { name: 'sid', format: 'signed', digest: 'sha256', data: { user: 'Zoë' } }
    expect(seen).toMatchObject({ code: 0, found: [{ ...known, verdict: 'unchecked' }] })
    expect(checked).toMatchObject({ code: 0, found: [{ ...known, verdict: 'genuine' }] })
    expect(wrong).toMatchObject({ code: 1, found: [{ ...known, verdict: 'not-genuine' }] })
    expect(checked.found).toHaveLength(1)
  })

  it('reads the two lines of a Set-Cookie', async () => {
    const input = (await lines({ encrypt: false, digest: 'sha1' })).join('\r\n')

    expect(await findings([], { input, env })).toMatchObject({
      code: 0,
      found: [{ digest: 'sha1', verdict: 'genuine' }],
    })
  })

  it.each(fixtures.vectors)('reads what koa-session and Egg wrote: $id', async (vector) => {
    const { name, header, keys, valid } = vector
    const cookies = readCookies(header)
    const valueOf = (name: string): string | undefined =>
      cookies.find((cookie) => cookie.name === name)?.value
    const finding = await inspectSigned(name, valueOf(name)!, valueOf(`${name}.sig`), keys)

    expect(finding.verdict).toMatch(valid ? /^(genuine|expired)$/ : /^not-genuine$/)
  })
})

describe('session-kit inspect, of a cookie under JSON Web Keys', () => {
  const signed = [
    ['EdDSA', ED],
    ['ES256', ES],
  ] as const

  it.each(signed)(
    'reads what is signed with %s, and says that it was not checked',
    async (alg, jwk) => {
      const [line] = await lines({ format: jwsFormat({ sign: jwk }), maxAge: 60_000 })
      const { code, found } = await findings([line!], { env })

      expect(code).toBe(0)
      expect(found).toMatchObject([
        {
          name: '__Host-sid',
          format: 'jws',
          verdict: 'unchecked',
          alg,
          keyId: jwk.kid,
          claims: { aud: 'session-kit/__Host-sid', sid: expect.stringMatching(/^[\w-]{43}$/) },
          data: { user: 'Zoë' },
          saved: expect.stringMatching(/Z$/),
          browserDropsIt: '60 seconds after it came',
        },
      ])
      const { out } = await run(['inspect', line!], { env })
      expect(out).toMatch(/unchecked: its key is a JSON Web Key/)
    },
  )

  it('knows the name of one that comes without, and tells when it is in a cookie of another', async () => {
    const format = jwsFormat({ sign: ED })
    const [line] = await lines({ key: 'visit', format })
    const [old] = await lines({ key: 'visit', format, now: () => Date.now() - 2 * 86_400_000 })
    const value = pairOf(line!).slice('visit='.length)
    const [alone, elsewhere, over] = await Promise.all([
      findings([value], {}),
      findings([`other=${value}`], {}),
      findings([old!], {}),
    ])

    expect(alone).toMatchObject({ code: 0, found: [{ name: 'visit', verdict: 'unchecked' }] })
    expect(elsewhere).toMatchObject({ code: 1, found: [{ format: 'jws', verdict: 'not-genuine' }] })
    expect(elsewhere.found[0]).not.toHaveProperty('data')
    expect(over).toMatchObject({ code: 1, found: [{ format: 'jws', verdict: 'expired' }] })
  })

  it.each([
    ['sealed', jweFormat({ keys: OCT }), {}],
    [
      'sealed, with a signed one in it',
      jwsFormat({ sign: ED, seal: OCT }),
      { holds: 'a signed token' },
    ],
  ])('tells the key of one that is %s, and nothing of what is in it', async (_, format, more) => {
    const [line] = await lines({ format })
    const { code, found } = await findings([line!], { env })

    expect(code).toBe(0)
    const { attributes: _attributes, browserDropsIt: _end, ...finding } = found[0]!
    expect(finding).toEqual({
      name: '__Host-sid',
      format: 'jwe',
      verdict: 'unchecked',
      alg: 'dir',
      keyId: 'oct-1',
      size: pairOf(line!).length - 1,
      ...more,
    })
  })

  it('opens one that is sealed under a secret, and leaves the signature in it unchecked', async () => {
    const [line] = await lines({ format: jwsFormat({ sign: ED, seal: SECRET }) })
    const [seen, opened, wrong] = await Promise.all([
      findings([line!], {}),
      findings([line!], { env }),
      findings([line!], { env: { SESSION_SECRET: SECRETS[1]! } }),
    ])

    const known = {
      format: 'sealed',
      keyId: expect.stringMatching(/^[\w-]{8}$/),
      holds: 'a signed token',
    }
    expect(seen).toMatchObject({ code: 0, found: [{ ...known, verdict: 'unchecked' }] })
    expect(opened).toMatchObject({
      code: 0,
      found: [
        {
          ...known,
          verdict: 'unchecked',
          alg: 'EdDSA',
          signedBy: 'ed-1',
          secret: 1,
          data: { user: 'Zoë' },
        },
      ],
    })
    expect(wrong).toMatchObject({ code: 1, found: [{ ...known, verdict: 'other-secret' }] })
    for (const { found } of [seen, wrong]) expect(found[0]).not.toHaveProperty('data')
  })

  it('takes no token of another library for one of these', async () => {
    const header = (fields: object): string =>
      Buffer.from(JSON.stringify(fields)).toString('base64url')
    const tokens = [
      `${header({ alg: 'EdDSA', kid: 'a' })}.e30.AAAA`,
      `${header({ alg: 'HS256', kid: 'a', typ: 'session-kit1+jws' })}.e30.AAAA`,
      `${header({ alg: 'dir', enc: 'A256CBC-HS512', kid: 'a', typ: 'session-kit1+jwe' })}..AA.AA.AA`,
      `${header({ alg: 'dir', enc: 'A256GCM' })}..AA.AA.AA`,
    ]
    for (const token of tokens) {
      expect(isToken(token)).toBe(false)
      expect((await findings([token], {})).found).toMatchObject([{ verdict: 'no-session' }])
    }
  })
})

describe('session-kit inspect', () => {
  it('says so where there is no session', async () => {
    expect(await findings(['a.b.c'], { env })).toMatchObject({
      code: 1,
      found: [{ format: 'unknown', verdict: 'no-session' }],
    })
    expect(await run(['inspect', 'a=1; b=2'])).toMatchObject({ code: 2, out: '' })
    expect(await run(['inspect'])).toMatchObject({ code: 2, out: '' })
  })

  it('does not read the cookie and the secret from one input', async () => {
    expect(await run(['inspect', '--secret-stdin'], { input: SECRET })).toMatchObject({ code: 2 })
    expect(await run(['inspect', '--secret-stdin', 'a'])).toMatchObject({ code: 2 })
  })

  it('never prints the secret', async () => {
    const [line] = await lines()
    for (const secret of [SECRET, `${SECRET}\n${SECRET}`]) {
      const { out, error } = await run(['inspect', '--secret-stdin', line!], { input: secret })
      expect(out + error).not.toContain(SECRET.slice(0, 8))
    }
  })

  it('has no colours in a pipe, and nothing that a cookie brought steers the terminal', async () => {
    const name = '\u001B[31m\u009B31m\u202E'
    const [line] = await lines({}, name)
    const input = `${line}; Path=/\u001B]0;title\u0007`
    const [shown, json] = await Promise.all([
      run(['inspect'], { input, env }),
      run(['inspect', '--json'], { input, env }),
    ])

    for (const { code, out } of [shown, json]) {
      expect(code).toBe(0)
      // oxlint-disable-next-line no-control-regex -- these are what it is about
      expect(out).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/)
    }
    expect(JSON.parse(json.out)[0].data).toEqual({ user: name })
  })

  it('gets by with anything', async () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('=', ';', '.', ' ', 'sid', '.sig', 'Path=/', 'eyJhIjoxfQ==', '__proto__'),
    )
    const header =
      'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiQlhWamZLcXguMjA3ODAiLCJ0eXAiOiJzZXNzaW9uLWtpdDErandlIn0'
    await fc.assert(
      fc.asyncProperty(fc.array(part), fc.array(part), async (line, sealed) => {
        for (const { name = 'sid', value } of readCookies(line.join(''))) {
          const finding = await inspectSigned(name, value, 'x'.repeat(27), [SECRET])
          expect(finding.verdict).toMatch(/^(not-genuine|no-session)$/)
        }
        const value = `${header}..${sealed.join('').replaceAll('.', '')}..`
        expect(isSealed(value)).toBe(true)
        expect((await inspectSealed('sid', value, [SECRET])).verdict).toBe('other-secret')
        const jws = `${JWS_HEADER}.${sealed.join('').replaceAll('.', '')}.`
        expect(isToken(jws)).toBe(true)
        expect(inspectToken('sid', jws).verdict).toBe('not-genuine')
      }),
    )
  })
})
