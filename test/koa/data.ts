import { describe, expect, it } from 'vitest'
import type { KoaSessionOptions } from '../../adapters/koa.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createApp, createBare, headerOf, serve, type Site, type Visitor } from './fixture.ts'

const modes: [string, () => KoaSessionOptions][] = [
  ['signed', () => ({})],
  ['encrypted', () => ({ encrypt: true })],
  ['in a store', () => ({ store: createMemoryStore() })],
]

describe.each(modes)('data under any name, %s', (_, options) => {
  const names = [
    ...['toJSON', 'constructor', 'maxAge', 'save', 'flash', 'destroy', 'update', 'regenerate'],
    ...['manuallyCommit', 'length', 'populated', 'externalKey', 'hasOwnProperty'],
    ...['then', 'prototype', 'valueOf', 'sessCtx', 'inspect', '', ' ', '0', '🍵'],
  ]

  it.each(names)('is kept as any other: %j', async (name) => {
    const visitor = (await serve(createApp(options()))).visitor()
    const data = JSON.parse(`{${JSON.stringify(name)}:"mine","user":"ada"}`) as object
    expect((await visitor.visit((ctx) => void (ctx.session = data))).status).toBe(200)

    expect(await visitor.data()).toEqual(data)
    const again = await visitor.visit((ctx) => ctx.session![name])
    expect([again.body, again.cookies]).toEqual(['mine', []])
    await visitor.visit((ctx) => delete ctx.session![name])
    expect(await visitor.data()).toEqual({ user: 'ada' })
  })

  it('loses `__proto__`, and with it nothing else', async () => {
    const visitor = (await serve(createApp(options()))).visitor()
    const body = '{"__proto__":{"isAdmin":true},"user":"ada"}'
    const { body: seen } = await visitor.visit((ctx) => {
      ctx.session = JSON.parse(body)
      return [ctx.session!['isAdmin'] ?? null, ({} as { isAdmin?: true }).isAdmin ?? null]
    })

    expect(seen).toBe('[null,null]')
    expect(await visitor.data()).toEqual({ user: 'ada' })
  })

  it('keeps `__proto__` where it is deeper, as data alone', async () => {
    const visitor = (await serve(createApp(options()))).visitor()
    await visitor.visit((ctx) => {
      ctx.session!.deep = JSON.parse('{"__proto__":{"isAdmin":true},"a":1}')
    })
    const { body } = await visitor.visit((ctx) => [
      ctx.session!.deep.a,
      ctx.session!.deep.isAdmin ?? null,
      ({} as { isAdmin?: true }).isAdmin ?? null,
    ])

    expect(body).toBe('[1,null,null]')
  })

  it('loses `isNew`, which koa-session lets nobody keep', async () => {
    const visitor = (await serve(createApp(options()))).visitor()
    await visitor.visit((ctx) => void (ctx.session = { isNew: 'mine', user: 'ada' }))

    expect(await visitor.data()).toEqual({ user: 'ada' })
  })

  it('leaves out functions, undefined, and names that begin with _', async () => {
    const visitor = (await serve(createApp(options()))).visitor()
    await visitor.visit((ctx) => {
      Object.assign(ctx.session!, { user: 'ada', run: () => 1, nothing: undefined, _own: 1 })
    })

    expect(await visitor.data()).toEqual({ user: 'ada' })
  })

  it('cannot set how long the session lives', async () => {
    const visitor = (await serve(createApp({ ...options(), maxAge: 5000 }))).visitor()
    await visitor.visit((ctx) => {
      ctx.session = { maxAge: 1e12, _maxAge: 1e12, _expire: 9e15, _session: true, user: 'ada' }
    })
    const { body } = await visitor.visit((ctx) => {
      Reflect.deleteProperty(ctx.session!, 'maxAge')
      return ctx.session!.maxAge
    })

    expect(body).toBe('5000')
  })
})

describe.each(modes)('session.flash(), %s', (_, options) => {
  async function start(): Promise<Visitor> {
    const site: Site = await serve(createApp(options()))
    return site.visitor()
  }

  it('leaves a message for one page', async () => {
    const visitor = await start()
    await visitor.visit((ctx) => ctx.session!.flash('notice', { text: 'Welcome' }))
    const pages = [
      await visitor.visit((ctx) => ctx.session!.flash('error')),
      await visitor.visit((ctx) => ctx.session!.flash('notice')),
      await visitor.visit((ctx) => ctx.session!.flash('notice')),
    ]

    expect(pages.map(({ body }) => body)).toEqual(['null', '{"text":"Welcome"}', 'null'])
    expect(pages.map(({ cookies }) => cookies.length > 0)).toEqual([
      false,
      // In a store the message is the record's; the cookie goes out all the same.
      true,
      false,
    ])
  })

  it('is read on the page that left it', async () => {
    const visitor = await start()
    const { body } = await visitor.visit((ctx) => {
      ctx.session!.flash('notice', 'Welcome')
      return ctx.session!.flash('notice')
    })

    expect(body).toBe('Welcome')
    expect(await visitor.data()).toEqual({})
  })

  it('is no data', async () => {
    const visitor = await start()
    await visitor.visit((ctx) => {
      ctx.session!.user = 'ada'
      ctx.session!.flash('notice', 'Welcome')
    })

    expect(await visitor.data()).toEqual({ user: 'ada' })
    expect((await visitor.visit((ctx) => Object.keys(ctx.session!))).body).toBe('["user"]')
  })

  it('survives regenerate() and ends with the session', async () => {
    const visitor = await start()
    await visitor.visit(async (ctx) => {
      ctx.session!.flash('notice', 'Welcome')
      await ctx.session!.regenerate()
    })
    expect((await visitor.visit((ctx) => ctx.session!.flash('notice'))).body).toBe('Welcome')

    await visitor.visit((ctx) => ctx.session!.flash('notice', 'Again'))
    await visitor.visit((ctx) => void (ctx.session = null))
    expect((await visitor.visit((ctx) => ctx.session!.flash('notice'))).body).toBe('null')
  })

  it('makes room for data of its name, as older code has it', async () => {
    const visitor = await start()
    await visitor.visit((ctx) => {
      const session = ctx.session as unknown as { flash: Record<string, unknown> }
      const messages = (session.flash = session.flash || {})
      messages['notice'] = ['Welcome']
    })

    expect(await visitor.data()).toEqual({ flash: { notice: ['Welcome'] } })
  })
})

describe('session.update()', () => {
  it('saves what it changed at once, and the end has nothing to do', async () => {
    const { run, context } = createBare({ encrypt: true })
    const cookies = await run(async (ctx) => {
      await ctx.session!.update((session) => void (session.views = (session.views ?? 0) + 1))
    })

    expect(cookies).toHaveLength(1)
    expect(context(headerOf(cookies)).session!.views).toBe(1)
  })

  it('loses no increment of many requests at once', async () => {
    const { run } = createBare({ store: createMemoryStore() })
    const header = headerOf(await run((ctx) => void (ctx.session!.views = 0)))
    const count = 10
    await Promise.all(
      Array.from({ length: count }, () =>
        run((ctx) => ctx.session!.update((session) => void session.views!++), header),
      ),
    )

    await run((ctx) => expect(ctx.session!.views).toBe(count), header)
    expect.assertions(1)
  })
})
