import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { engine } from '#engine'
import type { KoaSessionOptions } from '../../adapters/koa.ts'
import type { Engine } from '../../src/seal/engine.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { createBare, headerOf, setCookies, type Bare, type Context } from './fixture.ts'

const formats: [string, KoaSessionOptions][] = [
  ['signed', {}],
  ['encrypted', { encrypt: true }],
]

/** Counts the calls of the engine, from now until the test is over. */
function countCrypto(): () => number {
  const names = (Object.keys(engine) as (keyof Engine)[]).filter((name) => !/Base64/.test(name))
  const spies = names.map((name) => vi.spyOn(engine, name))
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()))
  return () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
}

/** Counts how often a context's cookies are asked for the session's. */
function countCookies(ctx: Context): () => number {
  const get = vi.spyOn(ctx.cookies, 'get')
  const set = vi.spyOn(ctx.cookies, 'set')
  const isSession = ([name]: unknown[]): boolean => name === 'koa.sess'
  return () => [...get.mock.calls, ...set.mock.calls].filter(isSession).length
}

/** A Cookie header that an application has made. */
async function signIn({ run }: Bare): Promise<string> {
  return headerOf(await run((ctx) => void Object.assign(ctx.session!, { user: 'ada' })))
}

describe.each(formats)('a session in its cookie, %s', (_, options) => {
  it.each(['no cookie', 'a good cookie', 'a bad cookie'])(
    'costs no crypto and no cookie where nobody asks for it, with %s',
    async (kind) => {
      const bare = createBare(options)
      const good = await signIn(bare)
      const cookie = { 'no cookie': undefined, 'a good cookie': good }[kind] ?? `x${good}x`
      const ctx = bare.context(kind === 'no cookie' ? undefined : cookie)
      const crypto = countCrypto()
      const cookies = countCookies(ctx)
      await bare.middleware(ctx, async () => void (ctx.body = 'ok'))

      expect([crypto(), cookies()]).toEqual([0, 0])
      expect(setCookies(ctx)).toEqual([])
    },
  )

  it('costs no crypto where the session is new and stays empty', async () => {
    const bare = createBare(options)
    const ctx = bare.context()
    const crypto = countCrypto()
    await bare.middleware(ctx, async () => expect(ctx.session!.user).toBeUndefined())

    expect(crypto()).toBe(0)
    expect(setCookies(ctx)).toEqual([])
  })

  it('is opened once, however often it is asked for', async () => {
    const bare = createBare(options)
    const ctx = bare.context(await signIn(bare))
    const crypto = countCrypto()
    const cookies = countCookies(ctx)
    await bare.middleware(ctx, async () => {
      for (let i = 0; i < 9; i++) expect(ctx.session!.user).toBe('ada')
    })

    // ctx.cookies has its own crypto for signatures.
    expect([crypto(), cookies()]).toEqual(options.encrypt ? [1, 0] : [0, 1])
    expect(setCookies(ctx)).toEqual([])
  })

  it('is not waited for: the handler runs in the same turn', async () => {
    const bare = createBare(options)
    const ctx = bare.context(await signIn(bare))
    let hasRun = false
    const done = bare.middleware(ctx, async () => void (hasRun = true))

    expect(hasRun).toBe(true)
    await done
  })

  it('is there without waiting where `valid` answers at once', async () => {
    const valid = vi.fn<(ctx: unknown, record: object) => boolean>(() => true)
    const bare = createBare({ ...options, valid })
    const cookie = await signIn(bare)
    await bare.run((ctx) => void ctx.session!.user, cookie)
    valid.mockClear()
    const ctx = bare.context(cookie)

    expect(ctx.session!.user).toBe('ada')
    expect(valid).toHaveBeenCalledOnce()
    await bare.run(() => {}, cookie)
    expect(valid).toHaveBeenCalledOnce()
  })

  it('is loaded before the handler where `valid` takes its time', async () => {
    const answers = [true, false]
    const bare = createBare({ ...options, valid: () => delay(1, answers.shift()!) })
    const cookie = await signIn(bare)

    await bare.run((ctx) => expect(ctx.session!.toJSON()).toEqual({ user: 'ada' }), cookie)
    await bare.run((ctx) => expect(ctx.session!.toJSON()).toEqual({}), cookie)
    expect.assertions(2)
  })

  it('is new and empty before the middleware where `valid` takes its time', async () => {
    const bare = createBare({ ...options, valid: () => delay(1, true) })
    const ctx = bare.context(await signIn(bare))
    ctx.session!.views = 1
    expect(ctx.session!.toJSON()).toEqual({ views: 1 })

    await bare.middleware(ctx, async () => {
      expect(ctx.session!.toJSON()).toEqual({ user: 'ada' })
    })
    expect.assertions(2)
  })
})

describe('of several cookies of one name', () => {
  it('the first pair alone counts where the host signs', async () => {
    const bare = createBare()
    const [ada, sig] = (await signIn(bare)).split('; ')
    const bob = headerOf(await bare.run((ctx) => void (ctx.session!.user = 'bob'))).split('; ')
    const pairs = [
      [`${ada}; ${bob[0]}; ${sig}; ${bob[1]}`, { user: 'ada' }],
      [`${ada}; ${bob[0]}; ${bob[1]}; ${sig}`, {}],
    ] as const
    for (const [cookie, data] of pairs) {
      await bare.run((ctx) => expect(ctx.session!.toJSON()).toEqual(data), cookie)
    }
    expect.assertions(2)
  })
})

describe('a `valid` that takes its time now and then', () => {
  it('costs a page its session once, and nothing that was saved', async () => {
    const valid = (_: unknown, record: { [name: string]: unknown }): unknown =>
      record['user'] ? delay(1, true) : true
    const bare = createBare({ encrypt: true, valid })
    const visitor = headerOf(await bare.run((ctx) => void (ctx.session!.views = 1)))
    const user = await signIn(bare)
    await bare.run((ctx) => expect(ctx.session!.views).toBe(1), visitor)

    const first = await bare.run((ctx) => {
      expect(ctx.session!.toJSON()).toEqual({})
      ctx.session!.views = 1
    }, user)
    expect(first).toEqual([])
    for (const cookie of [user, visitor, user]) {
      await bare.run((ctx) => expect(ctx.session!.populated).toBe(true), cookie)
    }
    expect.assertions(6)
  })
})

describe.each(formats)('a session in a store, %s', (_, options) => {
  it('is loaded before the handler and known there at once', async () => {
    const store = createRecordingStore()
    const bare = createBare({ ...options, store })
    const cookie = await signIn(bare)
    store.calls.length = 0
    await bare.run((ctx) => {
      expect(store.operations()).toEqual(['get'])
      expect(ctx.session!.user).toBe('ada')
    }, cookie)

    expect(store.operations()).toEqual(['get'])
    expect.assertions(3)
  })

  it('is new and empty before the middleware ran', async () => {
    const bare = createBare({ ...options, store: createRecordingStore() })
    const ctx = bare.context(await signIn(bare))
    const early = ctx.session!

    expect(early.toJSON()).toEqual({})
    expect(early.isNew).toBe(true)
    await bare.middleware(ctx, async () => expect(ctx.session!.user).toBe('ada'))
  })

  it.each([undefined, 'theme=dark'])(
    'costs nothing where nobody asks for it and the request has no cookie of it: %s',
    async (cookie) => {
      const genid = vi.fn<() => string>(() => 'id')
      const store = createRecordingStore()
      const bare = createBare({ ...options, store, genid })
      const ctx = bare.context(cookie)
      const crypto = countCrypto()
      const cookies = countCookies(ctx)
      let hasRun = false
      const done = bare.middleware(ctx, async () => void (hasRun = true))

      expect(hasRun).toBe(true)
      await done
      expect([crypto(), cookies(), store.calls]).toEqual([0, 0, []])
      expect(genid).not.toHaveBeenCalled()
      expect(setCookies(ctx)).toEqual([])
    },
  )

  it('is new where the request has no cookie of it, and begins when something is in it', async () => {
    const store = createRecordingStore()
    const bare = createBare({ ...options, store })
    const lines = await bare.run((ctx) => {
      expect(ctx.session!.isNew).toBe(true)
      expect(ctx.session!.externalKey).toMatch(/^[\w-]{43}$/)
      ctx.session!.user = 'ada'
    }, 'theme=dark')

    expect(lines.length).toBeGreaterThan(0)
    expect(store.operations()).toEqual(['set'])
    await bare.run((ctx) => expect(ctx.session!.user).toBe('ada'), headerOf(lines))
    expect.assertions(5)
  })

  it('asks the store nothing where the request has no cookie', async () => {
    const store = createRecordingStore()
    const { run } = createBare({ ...options, store })

    expect(await run((ctx) => void ctx.session!.user)).toEqual([])
    expect(store.calls).toEqual([])
  })

  it('may be in a store that is made for each request', async () => {
    const store = createRecordingStore()
    const made: unknown[] = []
    class ContextStore {
      constructor(ctx: Context) {
        made.push(ctx)
      }

      get(...args: Parameters<typeof store.get>): unknown {
        return store.get(...args)
      }

      set(...args: Parameters<typeof store.set>): unknown {
        return store.set(...args)
      }

      destroy(...args: Parameters<typeof store.destroy>): unknown {
        return store.destroy(...args)
      }
    }
    const bare = createBare({ ...options, ContextStore })
    const cookie = await signIn(bare)
    const ctx = bare.context(cookie)
    await bare.middleware(ctx, async () => expect(ctx.session!.user).toBe('ada'))

    expect(made).toHaveLength(2)
    expect(made[1]).toBe(ctx)
  })
})

describe('a key that the application carries', () => {
  it('may be found at leisure, before the handler', async () => {
    const store = createRecordingStore()
    store.records.set('known', '{"user":"ada"}')
    const told: string[] = []
    const externalKey = {
      get: async (ctx: Context) => delay(1, ctx.get('cookie')),
      set: (_: Context, key: string) => void told.push(key),
    }
    const { run, context } = createBare({ store, externalKey })
    expect(context('known').session!.toJSON()).toEqual({})

    const cookies = await run((ctx) => {
      expect(ctx.session!.user).toBe('ada')
      expect(ctx.session!.externalKey).toBe('known')
      ctx.session!.views = 1
    }, 'known')
    expect(cookies).toEqual([])
    expect(told).toEqual(['known'])
    expect(JSON.parse(store.records.get('known')!)).toMatchObject({ user: 'ada', views: 1 })
  })
})
