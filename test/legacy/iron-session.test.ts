import { getIronSession, sealData } from 'iron-session9'
import { seal, defaults } from 'iron-webcrypto'
import { describe, expect, it } from 'vitest'
import { errorOf } from '../fixtures/errors.ts'
import { createVisitor } from '../fixtures/visitor.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { setUp } from './fixture.ts'
import { headerOf, named, OTHER, SECRET } from './libraries.ts'
import { readers } from './readers.ts'

const { write, read } = named('iron-session 9')

/** A seal of what iron-session itself would not have written. */
const sealed = async (data: unknown, options: object = {}): Promise<string> =>
  `iron=${await seal(crypto as never, data, { id: '1', secret: SECRET }, { ...defaults, ...options })}~2`

async function userOf(header: string, keys?: unknown): Promise<unknown> {
  return (await setUp({ accept: [read({ ...(keys ? { keys } : {}) })] }).manager.load(header)).user
}

describe('ironSession()', () => {
  it('takes the password of the id that the seal names, and no other', async () => {
    const header = `iron=${await sealData({ user: 'fred' }, { password: { 1: OTHER, 7: SECRET } })}`
    expect(await userOf(header, { 7: SECRET })).toBe('fred')
    expect(await userOf(header, { 1: OTHER, 7: SECRET, 8: OTHER })).toBe('fred')
    expect(await userOf(header, { 1: SECRET, 2: SECRET })).toBe(undefined)
    expect(await userOf(header, { 7: OTHER, 1: SECRET })).toBe(undefined)
    expect(await userOf(header, SECRET)).toBe(undefined)
    const inherited = header.replace('*7*', '*constructor*')
    expect(await userOf(inherited, { 7: SECRET })).toBe(undefined)
  })

  it('reads a session in chunks, if none of them is missing, strange or moved', async () => {
    const data = { user: 'fred', fill: 'x'.repeat(5000) }
    const options = { cookieName: 'iron', password: SECRET, chunk: true }
    const request = new Request('https://a.example/')
    const answer = new Response(null)
    const session = await getIronSession<any>(request, answer, options)
    await Object.assign(session, data).save()
    const header = headerOf(answer.headers.getSetCookie())
    const [first, second] = header.split('; ') as [string, string]
    expect([first, second].map((pair) => pair.slice(0, 7))).toEqual(['iron.0=', 'iron.1='])
    expect(await userOf(header)).toBe('fred')
    const bad = [
      first,
      second,
      `${first}; ${second.replace('iron.1', 'iron.2')}`,
      `${first.replace('iron.0', 'iron.1')}; ${second.replace('iron.1', 'iron.0')}`,
      `${header}; iron.2=x`,
      `${header}; iron=x`,
    ]
    for (const text of bad) expect(await userOf(text)).toBe(undefined)

    const visitor = createVisitor(setUp({ accept: [read()], store: createMemoryStore() }).manager)
    visitor.jar.take([`${first}; Path=/`, `${second}; Path=/`])
    const { cookies } = await visitor.visit()
    expect(cookies.map((line) => line.replace(/=.*/, ''))).toEqual(['iron.0', 'iron.1', 'EGG_SESS'])
    expect({ ...(await visitor.peek()) }).toEqual(data)
  })

  it('prefers the one of two cookies that lives, and has no choice between two that do', async () => {
    const [short, long] = [
      await write({ user: 'barney' }, SECRET, 60),
      await write({ user: 'fred' }, SECRET, 3600),
    ]
    const header = `${short}; ${long}`
    const { manager } = setUp({ accept: [read()], now: () => Date.now() + 120_000 })
    expect((await manager.load(header)).user).toBe('fred')
    expect(await userOf(header)).toBe(undefined)
  })

  it('refuses what iron-session did not write, though its password sealed it', async () => {
    const header = await sealed({ user: 'fred' })
    expect(await userOf(header)).toBe('fred')
    const bad = [
      header.slice(0, -2),
      header.replace('~2', '~1'),
      `${header}~2`,
      await sealed([{ user: 'fred' }]),
      await sealed('fred'),
      await sealed(null),
      await sealed({ user: 'fred', constructor: { prototype: 1 } }),
      await sealed({ user: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) }),
      await sealed({ user: 'fred' }, { integrity: { ...defaults.integrity, iterations: 2 } }),
    ]
    for (const text of bad) expect(await userOf(text)).toBe(undefined)
  })

  it('leaves what begins with an underscore behind', async () => {
    const header = await write({ user: 'fred', _expire: 1, _session: true, _flash: { a: 1 } })
    const { manager } = setUp({ accept: [read()] })
    const session = await manager.load(header)
    expect({ ...session }).toEqual({ user: 'fred' })
    expect([session.maxAge, session.flash('a')]).toEqual([86_400_000, undefined])
  })

  it.each([
    [undefined, /"keys" must be/],
    [{ keys: [SECRET] }, /must be the password, .* or such by their ids/],
    [{ keys: 'short' }, /32 characters/],
    [{ keys: { one: SECRET } }, /by their ids/],
    [{ keys: {} }, /"keys" must be/],
    [{ keys: { 1: 5 } }, /"keys" must be/],
    [{ keys: SECRET, maxAge: 5 }, /"maxAge" is unknown/],
    [{ keys: SECRET, until: undefined }, /"until" must be/],
  ])('refuses the options %j', (options, message) => {
    const error = errorOf(() => readers.ironSession(options as never))
    expect(error.code).toBe('ERR_SESSION_OPTIONS')
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain(SECRET)
  })
})
