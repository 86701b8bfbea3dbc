import { beforeAll, beforeEach, expect, it } from 'vitest'
import type { Site, Visitor } from '../site.ts'
import { raw } from '../source.ts'
import { describeHosts } from '../trial.ts'
import { change, dataOf, remove, write } from '../cases/pages.ts'

const idsOf = async (site: Site): Promise<string[]> =>
  (await site.evaluate((app) => [...app.fixture.records.keys()])) as string[]

describeHosts('a session in a store, as the plugin is by default', ({ host, open }) => {
  let site: Site

  beforeAll(async () => {
    site = await open({ name: 'store', boot: { store: 'object' } })
  })
  beforeEach(() => site.begin())

  it('is over for a thief once it was regenerated', async () => {
    const visitor = site.visitor()
    await visitor.visit((ctx) => void (ctx.session.cart = ['tea']))
    const thief = site.visitor().holding(visitor.jar.header('/', site.now))
    const [before] = await idsOf(site)
    expect(await dataOf(thief)).toEqual({ cart: ['tea'] })

    await visitor.visit(async (ctx) => {
      await ctx.session.regenerate()
      ctx.session.user = 'fred'
    })
    expect(await idsOf(site)).toEqual([expect.not.stringMatching(`^${before}$`)])
    expect(await dataOf(thief)).toEqual({})
    await thief.visit((ctx) => void (ctx.session.user = 'mallory'))
    expect(await dataOf(visitor)).toEqual({ cart: ['tea'], user: 'fred' })
    expect(await dataOf(thief)).toEqual({ user: 'mallory' })
  })

  it('is over for a thief once its owner has logged out', async () => {
    const visitor = site.visitor()
    await visitor.visit(write)
    const thief = site.visitor().holding(visitor.jar.header('/', site.now))
    await visitor.visit(remove)

    expect(await dataOf(thief)).toEqual({})
    expect(await idsOf(site)).toEqual([])
  })

  it('has none of its ids in the cookie', async () => {
    const visitor = site.visitor()
    await visitor.visit(write)
    const [id] = await idsOf(site)

    expect(id).toMatch(/^[\w-]{43}$/)
    expect(visitor.jar.header('/', site.now)).not.toContain(id)
  })

  it('leaves a message for one page', async () => {
    const visitor = site.visitor()
    await visitor.visit((ctx) => ctx.session.flash('notice', 'Welcome'))
    const pages = [
      await visitor.visit((ctx) => ctx.session.flash('notice')),
      await visitor.visit((ctx) => ctx.session.flash('notice') ?? null),
    ]

    expect(pages.map(({ body }) => body)).toEqual([{ value: 'Welcome' }, { value: null }])
  })

  it.runIf(host.generation === 3)('may be in a store of generator methods', async () => {
    await site.useStore('generator')
    const visitor = site.visitor()
    await visitor.visit(write)
    await visitor.visit(change)

    expect(await dataOf(visitor)).toEqual({ user: 'fred', views: 1 })
    await visitor.visit(remove)
    expect(await idsOf(site)).toEqual([])
  })
})

describeHosts(
  'what an application does with its session, as the plugin is by default',
  ({ start }) => {
    const post = (token: string): { method: string; headers: Record<string, string> } => ({
      method: 'POST',
      headers: { 'x-csrf-token': token },
    })
    const token = async (visitor: Visitor): Promise<string> =>
      ((await visitor.visit((ctx) => ctx.csrf)).body as { value: string }).value

    it('keeps CSRF secrets in it, and takes another after a login', async () => {
      const site = await start({
        name: 'csrf',
        config: { security: { csrf: { enable: true, useSession: true } } },
      })
      const [visitor, stranger] = [site.visitor(), site.visitor()]
      const first = await token(visitor)
      expect((await visitor.visit(write, post(first))).status).toBe(200)
      expect((await visitor.visit(write, post(await token(stranger)))).status).toBe(403)
      expect((await visitor.visit(write, { method: 'POST' })).status).toBe(403)

      await visitor.visit((ctx) => ctx.rotateCsrfSecret(), post(first))
      expect((await visitor.visit(write, post(first))).status).toBe(403)
      expect((await visitor.visit(write, post(await token(visitor)))).status).toBe(200)
      expect(await dataOf(visitor)).toMatchObject({ user: 'fred' })
    })

    it('has it mocked by app.mockSession()', async () => {
      const site = await start({
        name: 'mocked',
        plugins: ({ packages }) => ({ 'egg-mock': { enable: true, package: packages.mock } }),
      })
      const visitor = site.visitor()
      await visitor.visit(write)
      await site.evaluate((app) => void app.mockSession({ user: 'mocked' }))
      expect(await dataOf(visitor)).toEqual({ user: 'mocked' })

      await site.evaluate(async (app) => void (await app.mockRestore()))
      expect(await dataOf(visitor)).toEqual({ user: 'fred' })
    })
  },
)

describeHosts('a cluster', ({ start }) => {
  it('has one session in all of its workers', async () => {
    const site = await start({
      name: 'workers',
      cluster: 2,
      config: { cluster: { listen: { hostname: '127.0.0.1' } } },
    })
    const visitor = site.visitor()
    await visitor.visit(write)
    const header = visitor.jar.header('/', site.now)
    const pages = await Promise.all(
      Array.from({ length: 8 }, () =>
        site
          .visitor()
          .holding(header)
          .visit((ctx) => [process.pid, ctx.session.user]),
      ),
    )
    const seen = pages.map(({ body }) => (body as { value: [number, string] }).value)

    expect(new Set(seen.map(([pid]) => pid)).size).toBe(2)
    expect(new Set(seen.map(([, user]) => user))).toEqual(new Set(['fred']))
    expect(await site.dumpedCredentials()).toEqual([])
  })
})

describeHosts('the events of a session', ({ start }) => {
  it('reach a listener of the configuration, and a listener that fails the log', async () => {
    const site = await start({
      name: 'events',
      kit: {
        on: raw(`({ type, duration }, { path }) => {
          if (duration === undefined) (globalThis.heard ??= []).push([type, path])
          if (type === 'rotated') return
          throw new Error('mine')
        }`),
      },
    })
    await site.evaluate(
      (app) => void app.on('error', (error: Error) => (app.failure = error.message)),
    )
    const visitor = site.visitor()
    await visitor.visit(write)
    expect(await dataOf(visitor)).toEqual({ user: 'fred' })
    await visitor.visit(remove)
    const heard = (await site.evaluate(() => (globalThis as any).heard)) as string[][]

    expect(heard.map(([type]) => type)).toEqual(['created', 'loaded', 'loaded', 'destroyed'])
    expect(heard.every(([, path]) => path!.startsWith('/'))).toBe(true)
    expect(await site.evaluate((app) => app.failure)).toBe('mine')
  })
})

describeHosts("a user's sessions", ({ host, start }) => {
  it('are listed and ended by ctx.sessions, and without a request by app.context', async () => {
    const imports = host.esm
      ? "import { createMemoryStore } from 'session-kit/memory'\nexport default"
      : "const { createMemoryStore } = require('session-kit/memory')\nmodule.exports ="
    const site = await start({
      name: 'listed',
      kit: { principal: raw('({ user }) => user'), label: raw('({ agent }) => agent') },
      appFile: `${imports} (app) => { app.sessionStore = createMemoryStore() }`,
    })
    const login = async (agent: string): Promise<Visitor> => {
      const visitor = site.visitor()
      await visitor.visit(write)
      await (agent === 'phone'
        ? visitor.visit((ctx) => void (ctx.session.agent = 'phone'))
        : visitor.visit((ctx) => void (ctx.session.agent = 'laptop')))
      return visitor
    }
    const [phone, laptop] = [await login('phone'), await login('laptop')]
    const { body } = await laptop.visit(async (ctx) => {
      const list = await ctx.sessions.list('fred', { current: ctx.session })
      const seen = list.map(({ label, current }: any) => [label, current])
      return [seen, await ctx.sessions.destroyAll('fred', { except: ctx.session })]
    })

    expect(body).toEqual({
      value: [
        expect.arrayContaining([
          ['phone', false],
          ['laptop', true],
        ]),
        1,
      ],
    })
    expect([await dataOf(phone), await dataOf(laptop)]).toEqual([
      {},
      { user: 'fred', agent: 'laptop' },
    ])
    expect(await site.evaluate((app) => app.context.sessions.destroyAll('fred'))).toBe(1)
    expect(await dataOf(laptop)).toEqual({})
  })
})
