import { Cookies } from '@eggjs/cookies'
import { describe, expect, it } from 'vitest'
import type { KoaSessionOptions } from '../../adapters/koa.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createApp, KEYS, pairOf, serve, type Context, type Visitor } from './fixture.ts'

const headers = {
  'x-forwarded-proto': 'https',
  'user-agent': 'Mozilla/5.0 Chrome/140.0.0.0 Safari/537.36',
}
const write = (ctx: Context): void => void (ctx.session!.user = 'ada')

/** An application whose cookies are Egg's, with a copy of each for the site that embeds it. */
async function visitorOf(options: KoaSessionOptions): Promise<Visitor> {
  const app = createApp({ ...options, key: 'EGG_SESS' })
  app.proxy = true
  const made = new WeakMap<object, Cookies>()
  Object.defineProperty(app.context, 'cookies', {
    get(this: Context) {
      const cookies =
        made.get(this) ??
        new Cookies(this as never, KEYS, {
          autoChips: true,
          secure: true,
          sameSite: 'none',
        } as never)
      made.set(this, cookies)
      return cookies
    },
  })
  return (await serve(app)).visitor()
}

describe.each<[string, KoaSessionOptions]>([
  ['signed', {}],
  ['sealed', { encrypt: true }],
  ['sealed, with a store', { encrypt: true, store: createMemoryStore() }],
  ['signed, with a store', { store: createMemoryStore() }],
  ["encrypted as the host's", { encrypt: true, format: 'host' }],
])('a cookie with autoChips: %s', (_, options) => {
  /** What a browser sends that blocks the cookies of embedded sites, but for those of CHIPS. */
  async function embedded(visitor: Visitor, cookies: string[]): Promise<string> {
    const pairs = cookies.map(pairOf).filter(([name]) => name.startsWith('_CHIPS-'))
    expect(pairs.length).toBeGreaterThan(0)
    const cookie = pairs.map((pair) => pair.join('=')).join('; ')
    const { body } = await visitor.visit((ctx) => ({ ...ctx.session }), { ...headers, cookie })
    return body
  }

  it('has a partitioned copy, which is read where it comes alone', async () => {
    const visitor = await visitorOf(options)
    const { cookies } = await visitor.visit(write, headers)
    const copy = cookies.find((line) => line.startsWith('_CHIPS-EGG_SESS='))

    expect(copy).toMatch(/; partitioned/i)
    expect(await embedded(visitor, cookies)).toBe('{"user":"ada"}')
  })

  it('gives way to the cookie itself where both come', async () => {
    const [one, other] = [await visitorOf(options), await visitorOf(options)]
    const [copy] = (await other.visit((ctx) => void (ctx.session!.user = 'bob'), headers)).cookies
    const own = (await one.visit(write, headers)).cookies.filter(
      (line) => !line.startsWith('_CHIPS-'),
    )
    const cookie = [copy!, ...own].map((line) => pairOf(line).join('=')).join('; ')
    const { body } = await one.visit((ctx) => ctx.session!.user, { ...headers, cookie })
    expect(body).toBe('ada')
  })

  it('goes with it when the session ends', async () => {
    const visitor = await visitorOf(options)
    const { cookies } = await visitor.visit(write, headers)
    const cookie = cookies.map((line) => pairOf(line).join('=')).join('; ')
    const ended = await visitor.visit((ctx) => void (ctx.session = null), { ...headers, cookie })
    const copy = ended.cookies.find((line) => line.startsWith('_CHIPS-EGG_SESS='))

    expect(copy).toMatch(/^_CHIPS-EGG_SESS=; .*expires=Thu, 01 Jan 1970/)
  })
})
