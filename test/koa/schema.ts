import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { KoaSessionOptions } from '../../adapters/koa.ts'
import type { StandardSchema } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createApp, createBare, headerOf, serve, type Bare, type Visit } from './fixture.ts'

const known = z.object({ user: z.string(), views: z.number().default(0) })
const modes: [string, KoaSessionOptions][] = [
  ['signed', {}],
  ['encrypted', { encrypt: true }],
]

const cookieOf = async (options: KoaSessionOptions, data: Visit): Promise<string> =>
  headerOf(await createBare(options).run((ctx) => void (ctx.session = data)))

/** What a page sees of the session. */
async function seenBy({ run }: Bare, cookie: string): Promise<[data: unknown, cookies: number]> {
  let data: unknown
  const cookies = await run((ctx) => void (data = ctx.session!.toJSON()), cookie)
  return [data, cookies.length]
}

describe.each(modes)('a session with a schema: %s', (_, options) => {
  it('is as the schema has it, a new one, or a migrated one that is saved at once', async () => {
    const good = await cookieOf(options, { user: 'ada' })
    const old = await cookieOf(options, { name: 'ada' })
    const bare = createBare({ ...options, schema: known })
    const migrate = ({ name }: Visit): Visit => ({ user: name })
    const moving = createBare({ ...options, schema: known, migrate })

    expect(await seenBy(bare, good)).toEqual([{ user: 'ada', views: 0 }, 0])
    expect(await seenBy(bare, old)).toEqual([{}, 0])
    const [data, count] = await seenBy(moving, old)
    expect([data, count > 0]).toEqual([{ user: 'ada', views: 0 }, true])
  })

  it('is not waited for, once the schema has answered at once', async () => {
    const bare = createBare({ ...options, schema: known })
    const cookie = await cookieOf(options, { user: 'ada' })
    expect(bare.context(cookie).session!.user).toBeUndefined()
    await bare.run(() => {}, cookie)

    const ctx = bare.context(cookie)
    expect(ctx.session!.user).toBe('ada')
    let hasRun = false
    const done = bare.middleware(ctx, async () => void (hasRun = true))
    expect(hasRun).toBe(true)
    await done
  })

  it('is loaded before the handler where the schema or migrate take their time', async () => {
    const slow = known.refine(async () => Promise.resolve(true))
    const good = await cookieOf(options, { user: 'ada' })
    const old = await cookieOf(options, { name: 'eve' })
    const migrate = async ({ name }: Visit): Promise<Visit> => ({ user: name })
    for (const schema of [slow, known]) {
      const bare = createBare({ ...options, schema, migrate })
      for (const user of ['ada', 'eve', 'ada', 'eve']) {
        const [data] = await seenBy(bare, user === 'ada' ? good : old)
        expect(data).toEqual({ user, views: 0 })
      }
    }
  })

  it('never throws when it is asked for, whatever the schema does', async () => {
    const cookie = await cookieOf(options, { user: 'ada' })
    const oops = (): never => {
      throw new Error('ada')
    }
    for (const validate of [
      oops,
      async () => oops(),
      () => ({ value: 7 }),
      () => ({ value: [] }),
    ]) {
      const schema = { '~standard': { version: 1, vendor: 'own', validate } } as StandardSchema<any>
      const bare = createBare({ ...options, schema })
      for (let request = 0; request < 2; request++) {
        expect(bare.context(cookie).session!.toJSON()).toEqual({})
        expect(await seenBy(bare, cookie)).toEqual([{}, 0])
      }
      expect(bare.context().session!.toJSON()).toEqual({})
    }
  })

  it('begins with the defaults of the schema, and is not sent for them', async () => {
    const schema = z.object({ views: z.number().default(0) })
    const site = await serve(createApp({ ...options, schema }))
    const visitor = site.visitor()
    expect(await visitor.visit((ctx) => ctx.session)).toMatchObject({
      body: '{"views":0}',
      cookies: [],
    })
    await visitor.visit((ctx) => void ctx.session!.views!++)
    expect(await visitor.data()).toEqual({ views: 1 })
  })

  it('is told of as invalid, on the application', async () => {
    const { app, run } = createBare({ ...options, schema: known })
    const heard = vi.fn<(payload: unknown) => void>()
    app.on('session:invalid', heard)
    await run((ctx) => void ctx.session, await cookieOf(options, { name: 'ada' }))
    await new Promise(setImmediate)
    expect(heard).toHaveBeenCalledOnce()
  })
})

it('a session in a store has its schema, too', async () => {
  const store = createMemoryStore()
  const cookie = await cookieOf({ store }, { name: 'ada' })
  const migrate = ({ name }: Visit): Visit => ({ user: name })
  const bare = createBare({ store, schema: known, migrate })
  expect((await seenBy(bare, cookie))[0]).toEqual({ user: 'ada', views: 0 })
  const strict = createBare({ store, schema: known })
  expect(await seenBy(strict, cookie)).toEqual([{ user: 'ada', views: 0 }, 0])
})
