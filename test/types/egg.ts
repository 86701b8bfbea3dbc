// An application in TypeScript, as the compiler sees it: the tests in egg/own/types.ts compile it
// with Egg 3 and 4, in ES modules and in CommonJS. It never runs.
import { Controller, type Application, type Context } from 'egg'
import type { IncomingMessage } from 'node:http'
import type { SessionData } from 'session-kit/egg'
import { readSession, type KoaSessionOptions } from 'session-kit/koa'
import { createMemoryStore } from 'session-kit/memory'
import { z } from 'zod'

declare module 'session-kit/egg' {
  interface SessionData {
    user?: string
    cart?: { items: string[] }
  }
}

/** `config/config.default.ts`: the options are Koa's. */
export const config = {
  session: {
    encrypt: true,
    schema: z.object({ user: z.string().optional() }),
    migrate: (old) => ({ user: String(old['uid']) }),
    overflow: 'store',
    store: createMemoryStore(),
    touchAfter: 60_000,
    domain: (ctx: Context) => ctx.hostname,
    secure: 'auto',
    principal: ({ user }) => user,
  } satisfies KoaSessionOptions,
}

export const refused: KoaSessionOptions[] = [
  // @ts-expect-error a session goes to the store, or nowhere
  { overflow: 'cookie' },
  // @ts-expect-error a function of the request, or text
  { domain: 5 },
  // @ts-expect-error no validator
  { schema: { parse: () => ({}) } },
]

export default class HomeController extends Controller {
  async index(): Promise<unknown[]> {
    const { ctx } = this
    // @ts-expect-error it is null once it was set to null
    void ctx.session.user
    const session = ctx.session!
    const user: string | undefined = session.user
    const items: string[] | undefined = session.cart?.items
    const isNew: boolean = session.isNew
    const key: string | undefined = session.externalKey
    // @ts-expect-error it is text
    const wrong: number | undefined = session.user
    session.user = 'fred'
    // @ts-expect-error it is text
    session.user = 5
    session.maxAge = 'session'
    // @ts-expect-error neither a time nor 'session'
    session.maxAge = 'never'
    session.flash('notice', 'Welcome')
    await session.save()
    await session.regenerate()

    const [listed] = await ctx.sessions.list('fred', { current: session })
    const listedUser: string | undefined = listed?.data.user
    void [listedUser, await ctx.sessions.destroyAll('fred', { except: ctx.session })]

    ctx.session = { user: 'fred' }
    // @ts-expect-error it is text
    ctx.session = { user: 5 }
    ctx.session = null

    this.app.sessionStore = createMemoryStore()
    ctx.app.sessionStore = null
    return [user, items, isNew, key, wrong, await this.app.sessionStore?.get('id')]
  }
}

/** Work in the background: the session of a request that no middleware sees. */
export async function userOfUpgrade(
  app: Application,
  request: IncomingMessage,
): Promise<string | undefined> {
  const data = await readSession<SessionData>(app, request)
  // @ts-expect-error nothing is written
  if (data) data.user = 'fred'
  return data?.user
}

export function userOf(ctx: Context): string | undefined {
  return ctx.session?.user
}

export function boot(app: Application): void {
  app.sessionStore = createMemoryStore()
  app.sessionStore = { get: async () => null, set: async () => {}, destroy: async () => {} }
  app.sessionStore = { get: () => null, set() {}, destroy() {} }
  app.sessionStore = class Store {
    readonly app: Application
    constructor(app: Application) {
      this.app = app
    }
    get(key: string): unknown {
      return key
    }
    set(): void {}
    destroy(): void {}
  }
  app.sessionStore = null
  // @ts-expect-error a store has three methods
  app.sessionStore = { get: () => null }
}
