import { describe, expect, it } from 'vitest'
import { session, type KoaSessionOptions } from '../../adapters/koa.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { errorOf } from '../fixtures/errors.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { createApp, createBare, serve, type Visit } from './fixture.ts'

const BIG = 'x'.repeat(12_000)
const options: KoaSessionOptions = { encrypt: true, overflow: 'store' }

/** Whether the data are in the cookie. */
const holdsData = (cookies: string[]): boolean => cookies.join().length > 1000

describe('a session that may overflow', () => {
  it('is in its cookie, or in the store when it has outgrown that, and comes back', async () => {
    const store = createRecordingStore()
    const site = await serve(createApp({ ...options, store }))
    const visitor = site.visitor()
    const fill = async (text: string): Promise<[data: boolean, calls: string[]]> => {
      const { cookies } = await visitor.visit((ctx) => void (ctx.session!.fill = text))
      return [holdsData(cookies), store.calls.splice(0).map(({ operation }) => operation)]
    }

    expect(await fill('x'.repeat(2000))).toEqual([true, []])
    expect(await fill(BIG)).toEqual([false, ['set']])
    expect(await visitor.data()).toEqual({ fill: BIG })
    expect(store.calls.splice(0).length).toBe(1)
    expect(await fill('x'.repeat(1500))).toEqual([true, ['get', 'set']])
    expect(await visitor.data()).toEqual({ fill: 'x'.repeat(1500) })
    expect(store.calls).toEqual([])
  })

  it('tells a store of the application’s own that a record is new, though it was only saved', async () => {
    const store = createRecordingStore()
    const visitor = (await serve(createApp({ ...options, store }))).visitor()
    await visitor.visit((ctx) => void (ctx.session!.user = 'ada'))
    await visitor.visit(async (ctx) => {
      ctx.session!.fill = BIG
      await ctx.session!.save()
    })

    expect(store.calls).toMatchObject([{ operation: 'set', options: { changed: true } }])
    expect(await visitor.data()).toEqual({ user: 'ada', fill: BIG })
  })

  it.each<[string, KoaSessionOptions]>([
    ['as it is', {}],
    ['with all attributes', { domain: 'a.example', sameSite: 'lax', priority: 'high' }],
    ['of a browser session', { maxAge: 'session' }],
  ])('has no cookie over 4,096 bytes, with all that the host writes: %s', async (_, more) => {
    const largest: number[] = []
    for (let length = 2600; length < 2800; length++) {
      const bare = createBare({ ...options, ...more, store: createMemoryStore() })
      const cookies = await bare.run((ctx) => void (ctx.session!.fill = 'x'.repeat(length)))
      expect(cookies.length).toBe(1)
      if (!holdsData(cookies)) break
      largest.push(cookies[0]!.length)
    }

    expect(Math.max(...largest)).toBeGreaterThan(4000)
    expect(Math.max(...largest)).toBeLessThanOrEqual(4096)
  })

  it('is over everywhere after a logout', async () => {
    const store = createMemoryStore()
    const visitor = (await serve(createApp({ ...options, store }))).visitor()
    await visitor.visit((ctx) => void (ctx.session!.fill = BIG))
    const key = visitor.jar.header('/')!
    await visitor.visit((ctx) => void (ctx.session!.fill = 'small'))
    await visitor.visit((ctx) => void (ctx.session = null))

    const app = createApp({ ...options, store })
    const thief = (await serve(app)).visitor()
    const { body } = await thief.visit((ctx) => ({ ...ctx.session }), { cookie: key })
    expect(JSON.parse(body)).toEqual({})
  })

  it('has a store as soon as the application has one', async () => {
    const live: KoaSessionOptions = { ...options }
    const site = await serve(createApp(live))
    const visitor = site.visitor()
    await visitor.visit((ctx) => void (ctx.session!.user = 'ada'))
    expect((await visitor.visit((ctx) => void (ctx.session!.fill = BIG))).status).toBe(500)
    live.store = createMemoryStore()
    expect((await visitor.visit((ctx) => void (ctx.session!.fill = BIG))).status).toBe(200)
    expect(await visitor.data()).toEqual({ user: 'ada', fill: BIG })
  })
})

it.each<[KoaSessionOptions, RegExp]>([
  [{ overflow: 'store', store: createMemoryStore() }, /needs "encrypt"/],
  [
    { ...options, store: createMemoryStore(), externalKey: { get: () => '', set: () => {} } },
    /needs the sealed cookie: no "externalKey"/,
  ],
  [
    { ...options, store: createMemoryStore(), format: 'host' },
    /needs the sealed cookie: no "format"/,
  ],
])('overflow is refused where it cannot work: %o', (given, words) => {
  const app = { use() {}, context: {}, emit: () => false, listenerCount: () => 0 }
  expect(errorOf(() => session<Visit>(given, app)).message).toMatch(words)
})
