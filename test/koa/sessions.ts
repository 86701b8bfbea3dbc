import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { createBare, headerOf, type Context } from './fixture.ts'

const principal = ({ user }: { user?: string }): string | undefined => user
const label = ({ agent }: { agent?: string }): string | undefined => agent

const login =
  (user: string, agent: string) =>
  (ctx: Context): void =>
    void Object.assign(ctx.session!, { user, agent })

describe("a user's sessions in Koa: ctx.sessions", () => {
  it.each([true, false])('lists them, and ends them; encrypt: %s', async (encrypt) => {
    const { run, app } = createBare({ store: createMemoryStore(), principal, label, encrypt })
    const phone = headerOf(await run(login('ada', 'phone')))
    const laptop = headerOf(await run(login('ada', 'laptop')))
    const tablet = headerOf(await run(login('ada', 'tablet')))
    await run(login('bob', 'phone'))
    const userOf = async (cookie: string): Promise<unknown> => {
      let user: unknown
      await run((ctx) => void (user = ctx.session!.user), cookie)
      return user
    }

    await run(async (ctx) => {
      const list = await ctx.sessions.list('ada', { current: ctx.session })
      expect(list.map(({ label }) => label).toSorted()).toEqual(['laptop', 'phone', 'tablet'])
      expect(list.filter(({ current }) => current).map(({ label }) => label)).toEqual(['laptop'])
      await ctx.sessions.destroy(list.find(({ label }) => label === 'phone')!.id)
    }, laptop)
    expect(await Promise.all([phone, laptop, tablet].map(userOf))).toEqual([
      undefined,
      'ada',
      'ada',
    ])

    await run(async (ctx) => {
      expect(await ctx.sessions.destroyAll('ada', { except: ctx.session })).toBe(1)
    }, laptop)
    expect(await Promise.all([laptop, tablet].map(userOf))).toEqual(['ada', undefined])
    // Where no request is at hand.
    expect(await app.context.sessions.destroyAll('ada')).toBe(1)
    expect(await userOf(laptop)).toBe(undefined)
    expect(await app.context.sessions.list('bob')).toHaveLength(1)
  })

  it('takes the store that the application has by then', async () => {
    const options = { principal, store: undefined as unknown }
    const { app, run } = createBare(options as never)
    expect((await rejectionOf(app.context.sessions.list('ada'))).code).toBe('ERR_SESSION_OPTIONS')
    options.store = createMemoryStore()
    await run(login('ada', 'phone'))
    expect(await app.context.sessions.list('ada')).toHaveLength(1)
  })

  it('stands in no way of an application that has sessions of its own', async () => {
    const { run } = createBare()
    let seen: unknown
    await run((ctx) => {
      const own = ctx as unknown as { sessions: unknown }
      own.sessions = 'mine'
      seen = own.sessions
    })
    expect(seen).toBe('mine')
  })
})
