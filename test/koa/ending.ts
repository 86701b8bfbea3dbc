import { describe, expect, it } from 'vitest'
import type { KoaSessionOptions } from '../../adapters/koa.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createRecordingStore, type RecordingStore } from '../fixtures/recording-store.ts'
import { createBare, headerOf, namesOf, type Bare, type Context } from './fixture.ts'

const encryptions: [string, KoaSessionOptions][] = [
  ['signed', {}],
  ['encrypted', { encrypt: true }],
]

/** Waits until it is let go. */
function createGate(): { opened: Promise<void>; open: () => void } {
  let open!: () => void
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

const signIn = async ({ run }: Bare): Promise<string> =>
  headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))

describe.each(encryptions)('logout and login in one request, %s', (_, options) => {
  const again = (ctx: Context): void => {
    ctx.session = null
    ctx.session = { user: 'grace' }
  }

  it('gives another session under another key', async () => {
    const store = createRecordingStore()
    const bare = createBare({ ...options, store })
    const header = await signIn(bare)
    const [before] = [...store.records.keys()]
    const cookies = await bare.run(again, header)
    const [after, ...others] = [...store.records.keys()]

    expect(others).toEqual([])
    expect(after).not.toBe(before)
    await bare.run((ctx) => expect(ctx.session!.toJSON()).toEqual({}), header)
    await bare.run((ctx) => expect(ctx.session!.user).toBe('grace'), headerOf(cookies))
    expect.assertions(4)
  })

  it('replaces the cookie that holds the session', async () => {
    const bare = createBare(options)
    const cookies = await bare.run(again, await signIn(bare))

    expect(namesOf(cookies).every((name) => !name.startsWith('-'))).toBe(true)
    expect(bare.context(headerOf(cookies)).session!.toJSON()).toEqual({ user: 'grace' })
  })

  it('keeps nothing that a reference from before the logout writes', async () => {
    const store = createRecordingStore()
    const bare = createBare({ ...options, store })
    const header = await signIn(bare)
    const cookies = await bare.run((ctx) => {
      const kept = ctx.session!
      ctx.session = null
      kept.user = 'mallory'
    }, header)

    expect(namesOf(cookies).every((name) => name.startsWith('-'))).toBe(true)
    expect([...store.records]).toEqual([])
  })
})

describe.each(encryptions)('session.regenerate(), %s', (_, options) => {
  async function start(): Promise<{ bare: Bare; store: RecordingStore; header: string }> {
    const store = createRecordingStore()
    const bare = createBare({ ...options, store })
    return { bare, store, header: await signIn(bare) }
  }

  it('moves the session to a key that `externalKey` tells', async () => {
    const { bare, store, header } = await start()
    let keys: (string | undefined)[] = []
    const cookies = await bare.run(async (ctx) => {
      const before = ctx.session!.externalKey
      await ctx.session!.regenerate()
      keys = [before, ctx.session!.externalKey]
    }, header)

    expect(keys[0]).not.toBe(keys[1])
    expect([...store.records.keys()]).toEqual([keys[1]])
    await bare.run((ctx) => {
      expect(ctx.session!.user).toBe('ada')
      expect(ctx.session!.externalKey).toBe(keys[1])
    }, headerOf(cookies))
    expect.assertions(4)
  })

  it('makes the old cookie worthless', async () => {
    const { bare, header } = await start()
    await bare.run((ctx) => ctx.session!.regenerate(), header)

    await bare.run((ctx) => expect(ctx.session!.toJSON()).toEqual({}), header)
    expect.assertions(1)
  })

  it('keeps the data, and those that come after it', async () => {
    const { bare, header } = await start()
    const cookies = await bare.run(async (ctx) => {
      await ctx.session!.regenerate()
      ctx.session!.views = 1
    }, header)

    await bare.run(
      (ctx) => expect(ctx.session!.toJSON()).toEqual({ user: 'ada', views: 1 }),
      headerOf(cookies),
    )
    expect.assertions(1)
  })

  it('calls back, as koa-session has it', async () => {
    const { bare, store, header } = await start()
    const [before] = [...store.records.keys()]
    await bare.run(
      (ctx) =>
        new Promise((resolve) => {
          const { regenerate } = ctx.session as unknown as {
            regenerate(callback: (error?: unknown) => void): void
          }
          regenerate.call(ctx.session, resolve)
        }),
      header,
    )

    expect([...store.records.keys()]).not.toContain(before)
  })

  it('makes a new cookie where that is all there is', async () => {
    const bare = createBare(options)
    const header = await signIn(bare)
    const cookies = await bare.run((ctx) => ctx.session!.regenerate(), header)

    expect(namesOf(cookies)[0]).toBe('koa.sess')
    expect(bare.context(headerOf(cookies)).session!.toJSON()).toEqual({ user: 'ada' })
  })
})

describe.each(encryptions)('a slow request beside a logout, %s', (_, options) => {
  it.each(['changes the session', 'rolls it on', 'saves it', 'regenerates it'])(
    'does not bring the session back when it %s',
    async (what) => {
      const store = createMemoryStore()
      const bare = createBare({ ...options, store, rolling: what === 'rolls it on' })
      const header = await signIn(bare)
      const [loaded, ended] = [createGate(), createGate()]
      const slow = bare.run(async (ctx) => {
        const session = ctx.session!
        loaded.open()
        await ended.opened
        if (what === 'changes the session') session.views = 1
        if (what === 'saves it') await session.save()
        if (what === 'regenerates it') await session.regenerate()
      }, header)
      await loaded.opened
      await bare.run((ctx) => void (ctx.session = null), header)
      ended.open()
      const cookies = await slow

      for (const cookie of [header, headerOf(cookies)]) {
        await bare.run((ctx) => expect(ctx.session!.toJSON()).toEqual({}), cookie)
      }
      expect.assertions(2)
    },
  )

  it('keeps what two requests at once put under different names', async () => {
    const bare = createBare({ ...options, store: createMemoryStore() })
    const header = await signIn(bare)
    const [loaded, written] = [createGate(), createGate()]
    const slow = bare.run(async (ctx) => {
      ctx.session!.slow = true
      loaded.open()
      await written.opened
    }, header)
    await loaded.opened
    await bare.run((ctx) => void (ctx.session!.quick = true), header)
    written.open()
    await slow

    await bare.run(
      (ctx) => expect(ctx.session!.toJSON()).toEqual({ user: 'ada', quick: true, slow: true }),
      header,
    )
    expect.assertions(1)
  })
})

describe('session.destroy()', () => {
  it.each(encryptions)('is the same as `ctx.session = null`, %s', async (_, options) => {
    const store = createRecordingStore()
    const bare = createBare({ ...options, store })
    const header = await signIn(bare)
    const cookies = await bare.run((ctx) => ctx.session!.destroy(), header)

    expect(namesOf(cookies).every((name) => name.startsWith('-'))).toBe(true)
    expect([...store.records]).toEqual([])
  })
})
