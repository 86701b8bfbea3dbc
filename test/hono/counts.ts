import { engine } from '#engine'
import { Hono } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import { session, type HonoSessionOptions } from '../../adapters/hono.ts'
import { createClock, DAY } from '../fixtures/clock.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { setCookies, Visitor, type Visit } from './fixture.ts'

function site(options: Partial<HonoSessionOptions> = {}) {
  return new Hono()
    .use(session<Visit>({ secrets: SECRET, ...options } as HonoSessionOptions))
    .get('/untouched', (c) => c.text(''))
    .get('/read', async (c) => c.text(`${(await c.var.session).views}`))
    .get('/write', async (c) => {
      const session = await c.var.session
      session.views = (session.views ?? 0) + 1
      return c.text('')
    })
}

/** Counts what the engine is asked for. */
function watchEngine(): Record<keyof typeof engine, { mock: { calls: unknown[] } }> {
  const names = Object.keys(engine) as (keyof typeof engine)[]
  return Object.fromEntries(names.map((name) => [name, vi.spyOn(engine, name)])) as never
}

type Row = [what: string, path: string, cookie: boolean, stored: string[], cookies: string[]]

/** What a store is asked for; without one it is as many sealings and openings. */
const rows: Row[] = [
  ['untouched, without a cookie', '/untouched', false, [], []],
  ['untouched, with a cookie', '/untouched', true, [], []],
  ['read', '/read', true, ['get'], []],
  ['read and written', '/write', true, ['get', 'set'], ['__Host-sid']],
  ['read, without a cookie', '/read', false, [], []],
  ['begun', '/write', false, ['set'], ['__Host-sid']],
]

describe('what a request costs in cookie mode', () => {
  it.each(rows)('%s', async (_, path, cookie, stored, cookies) => {
    const visitor = new Visitor(site())
    await visitor.visit('/write')
    const stranger = new Visitor(site())
    const spies = watchEngine()
    const response = await (cookie ? visitor : stranger).visit(path)

    expect(spies.open.mock.calls.length + spies.seal.mock.calls.length).toBe(stored.length)
    expect(setCookies(response)).toEqual(cookies)
  })

  it.each([true, false])(
    'no crypto at all if the session is not used; a cookie: %s',
    async (has) => {
      const visitor = new Visitor(site())
      if (has) await visitor.visit('/write')
      const spies = watchEngine()
      await visitor.visit('/untouched')

      for (const spy of Object.values(spies)) expect(spy.mock.calls).toEqual([])
    },
  )
})

describe('what a request costs in store mode', () => {
  it.each(rows)('%s', async (_, path, cookie, stored, cookies) => {
    const store = createRecordingStore()
    const app = site({ store })
    const visitor = new Visitor(app)
    await visitor.visit('/write')
    store.calls.length = 0
    const spies = watchEngine()
    const response = await (cookie ? visitor : new Visitor(app)).visit(path)

    expect(spies.open.mock.calls.length + spies.seal.mock.calls.length).toBe(stored.length)
    expect(store.operations()).toEqual(stored)
    expect(setCookies(response)).toEqual(cookies)
  })
})

describe('keys', () => {
  it('are derived at the first use and then never again', async () => {
    const spies = watchEngine()
    const app = site()
    expect(spies.secret.mock.calls.length).toBe(0)
    await app.request('/untouched')
    expect(spies.secret.mock.calls.length).toBe(0)

    const visitor = new Visitor(app)
    for (let count = 0; count < 20; count++) await visitor.visit('/write')
    expect(spies.secret.mock.calls.length).toBe(1)
    expect(spies.deriveText.mock.calls.length).toBe(1)
    expect(spies.deriveKey.mock.calls.length).toBe(1)
  })

  it('are derived once for requests that come at once', async () => {
    const spies = watchEngine()
    const app = site()
    await Promise.all(Array.from({ length: 50 }, () => app.request('/write')))

    expect(spies.secret.mock.calls.length).toBe(1)
    expect(spies.deriveKey.mock.calls.length).toBe(1)
  })

  it('are derived once for a day', async () => {
    const clock = createClock()
    const visitor = new Visitor(site({ now: clock.now, maxAge: 10 * DAY }))
    await visitor.visit('/write')
    const spies = watchEngine()
    clock.pass(DAY)
    await visitor.visit('/write')
    await visitor.visit('/write')

    expect(spies.secret.mock.calls.length).toBe(0)
    expect(spies.deriveKey.mock.calls.length).toBe(1)
  })

  it('are derived once for an environment', async () => {
    const spies = watchEngine()
    const app = new Hono()
      .use(session<Visit>((c) => ({ secrets: c.env.SECRET })))
      .get('/', async (c) => {
        const session = await c.var.session
        session.views = (session.views ?? 0) + 1
        return c.text(`${session.views}`)
      })
    const environments = [{ SECRET }, { SECRET: SECRETS[1] }]
    for (const env of [...environments, ...environments]) await new Visitor(app, env).visit('/')

    expect(spies.deriveKey.mock.calls.length).toBe(2)
  })

  it('of an older secret are derived when a cookie asks for them', async () => {
    const visitor = new Visitor(site())
    await visitor.visit('/write')
    const rotated = site({ secrets: [SECRETS[1]!, SECRET] })
    const spies = watchEngine()
    const headers = { cookie: visitor.cookieHeader }
    const response = await rotated.request('/read', { headers })

    expect(await response.text()).toBe('1')
    expect(setCookies(response)).toEqual(['__Host-sid'])
    expect(spies.deriveKey.mock.calls.length).toBe(2)
    await rotated.request('/read', { headers })
    expect(spies.deriveKey.mock.calls.length).toBe(2)
  })

  it('are not derived for what does not look like a cookie of ours', async () => {
    const spies = watchEngine()
    for (const cookie of ['x', 'a.b.c.d.e', 'eyJhbGciOiJub25lIn0..a.b.c']) {
      await site().request('/read', { headers: { cookie: `__Host-sid=${cookie}` } })
    }

    for (const spy of Object.values(spies)) expect(spy.mock.calls).toEqual([])
  })
})

describe('a thousand requests at once', () => {
  it.each([
    ['cookie mode', () => site()],
    ['store mode', () => site({ store: createRecordingStore(true) })],
  ])(
    'each have their own session in %s',
    async (_, make) => {
      const app = make().get('/name/:name', async (c) => {
        const session = await c.var.session
        await Promise.resolve()
        const before = session.user
        session.user = c.req.param('name')
        return c.json([before, (await c.var.session).user])
      })
      const visitors = Array.from({ length: 1000 }, () => new Visitor(app))
      const round = (name: string): Promise<string[]> =>
        Promise.all(visitors.map((visitor, index) => visitor.read(`/name/${name}${index}`)))

      expect(await round('a')).toEqual(visitors.map((_, index) => `[null,"a${index}"]`))
      expect(await round('b')).toEqual(visitors.map((_, index) => `["a${index}","b${index}"]`))
      expect(new Set(visitors.map(({ cookieHeader }) => cookieHeader)).size).toBe(1000)
    },
    30_000,
  )
})
