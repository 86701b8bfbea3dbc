import { keys } from '../fixture.ts'
import { signedCookie } from '../keys.ts'
import { START } from '../run.ts'
import type { Handler } from '../site.ts'
import type { Case } from '../suite.ts'
import { change, read, remove, write } from './pages.ts'

const lasting = { _expire: START + 86_400_000, _maxAge: 86_400_000 }

/** One page with a session that a request before brought along, and one after it. */
function onExisting(name: string, page: Handler, hosts?: Case['hosts']): Case {
  return {
    name,
    ...(hosts && { hosts }),
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit((ctx) => void (ctx.session = { user: 'fred', list: [1], deep: { n: 1 } }))
      await visitor.visit(page)
      await visitor.visit(read)
    },
  }
}

/** One page without a session before it, and one after it. */
function onNew(name: string, page: Handler): Case {
  return {
    name,
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit(page)
      await visitor.visit(read)
    },
  }
}

export const writing: Case[] = [
  onNew('nothing touched', () => 'still'),
  onNew('only read', (ctx) => ctx.session),
  onNew('one value written', write),
  onNew('a value written and deleted again', (ctx) => {
    ctx.session.user = 'fred'
    delete ctx.session.user
  }),
  onExisting('an existing session left alone', () => 'still'),
  onExisting('an existing session read', (ctx) => ctx.session),
  onExisting('a value set to what it was', (ctx) => void (ctx.session.user = 'fred')),
  onExisting('a value changed', (ctx) => void (ctx.session.user = 'wilma')),
  onExisting('a nested value changed', (ctx) => {
    ctx.session.list.push(2)
    ctx.session.deep.n++
  }),
  onExisting('only the order of keys changed', (ctx) => {
    delete ctx.session.user
    ctx.session.user = 'fred'
  }),
  onExisting('every value deleted', (ctx) => {
    for (const name of Object.keys(ctx.session)) delete ctx.session[name]
  }),
  onExisting('replaced', (ctx) => void (ctx.session = { user: 'wilma' })),
  onExisting('replaced by its equal', (ctx) => {
    ctx.session = { user: 'fred', list: [1], deep: { n: 1 } }
  }),
  onExisting('assigned to itself', (ctx) => {
    // oxlint-disable-next-line no-self-assign -- it is what is tried
    ctx.session = ctx.session
  }),
  onExisting('emptied after it was read', (ctx) => {
    void ctx.session.user
    ctx.session = {}
  }),
  onExisting('emptied without being read', (ctx) => void (ctx.session = {})),
  onExisting('removed', remove),
  onNew('removed where none was', remove),
  onExisting('removed, then read', (ctx) => {
    ctx.session = null
    return [ctx.session]
  }),
  onExisting('removed, then a new one', (ctx) => {
    ctx.session = null
    ctx.session = { user: 'wilma' }
  }),
  ...[undefined, 'text', 5, true].map((value): Case => ({
    name: `assigned ${String(value)}`,
    run: (site) =>
      site.visitor().visit(
        (ctx) => {
          const [, value] = /value=(.*)/.exec(ctx.get('x-value')) ?? []
          ctx.session = value ? JSON.parse(value) : undefined
        },
        value === undefined ? {} : { headers: { 'x-value': `value=${JSON.stringify(value)}` } },
      ),
  })),
  onNew('assigned an array', (ctx) => void (ctx.session = [1, 2])),
  onNew('assigned a Date', (ctx) => void (ctx.session = new Date(0))),
  onNew('values JSON has no word for', (ctx) => {
    ctx.session = { u: undefined, f: () => 1, d: new Date(0), m: new Map([[1, 1]]), n: NaN }
    ctx.session[Symbol('s')] = 1
  }),
  onNew('names that the session uses itself', (ctx) => {
    ctx.session = { isNew: true, _hidden: 1, a: 1 }
    ctx.session._direct = 1
  }),
  onNew('a lifetime among the data', (ctx) => void (ctx.session = { maxAge: 5000, a: 1 })),
  onNew('a key named toJSON', (ctx) => void (ctx.session = { toJSON: 'v', a: 1 })),
  onNew('a key named __proto__', (ctx) => {
    ctx.session = JSON.parse('{"__proto__":{"admin":true},"a":1}')
  }),
  {
    name: 'a stored key named __proto__',
    run: async (site) => {
      const text = JSON.stringify({ a: 1, ...lasting }).replace('{', '{"__proto__":{"admin":true},')
      const value = Buffer.from(text).toString('base64')
      const visitor = site.visitor().holding(signedCookie(value, keys[0]))
      await visitor.visit((ctx) => [ctx.session.a, ctx.session.admin])
    },
  },
  onNew('circular data', (ctx) => void (ctx.session.self = { ctx: (ctx.state.s = ctx.session) })),
  onNew('a BigInt', (ctx) => void (ctx.session.big = 1n)),
  {
    name: 'two values of one checksum',
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit((ctx) => void (ctx.session.word = 'plumless'))
      await visitor.visit((ctx) => void (ctx.session.word = 'buckeroo'))
      await visitor.visit(read)
    },
  },
  {
    name: 'more than a browser keeps',
    run: async (site) => {
      const exchange = await site.visitor().visit((ctx) => {
        ctx.session.long = 'x'.repeat(5000)
      })
      for (const cookie of exchange.cookies) delete cookie.line
    },
  },
  {
    name: 'many pages in a row',
    run: async (site) => {
      const visitor = site.visitor()
      for (let i = 0; i < 4; i++) await visitor.visit(change)
      await visitor.visit(read)
    },
  },
]

export const members: Case[] = [
  onExisting('isNew', (ctx) => [ctx.session.isNew]),
  onNew('isNew of a new one', (ctx) => [ctx.session.isNew]),
  onExisting('length, populated, keys, JSON, inspect', (ctx) => [
    ctx.session.length,
    ctx.session.populated,
    Object.keys(ctx.session).filter((name) => !name.startsWith('_') && name !== 'isNew'),
    JSON.stringify(ctx.session),
    typeof ctx.session.inspect,
  ]),
  onNew('save() of an empty session', (ctx) => ctx.session.save()),
  onExisting('save() of an unchanged session', (ctx) => ctx.session.save()),
  onNew('save() before more is written', async (ctx) => {
    ctx.session.user = 'fred'
    await ctx.session.save()
    ctx.session.views = 1
  }),
  onExisting('regenerate()', (ctx) => ctx.session.regenerate()),
  onExisting('regenerate() with a callback', async (ctx) => {
    const called = await new Promise((resolve) => {
      ctx.session.regenerate(() => resolve('called'))
    })
    return called
  }),
  {
    name: 'autoCommit false',
    run: async (site) => {
      await site.configure({ autoCommit: false })
      const visitor = site.visitor()
      await visitor.visit((ctx) => void (ctx.session.user = 'lost'))
      await visitor.visit(async (ctx) => {
        ctx.session.user = 'fred'
        await ctx.session.manuallyCommit()
      })
      await visitor.visit(async (ctx) => {
        ctx.session.views = 1
        await ctx.session.save()
      })
      await visitor.visit(read)
    },
  },
  {
    name: 'what is defined on app.context',
    run: async (site) => {
      const seen = await site.evaluate((app) => {
        let holder = app.context
        while (holder && !Object.hasOwn(holder, 'session')) holder = Object.getPrototypeOf(holder)
        const { get, set, configurable, enumerable } = Object.getOwnPropertyDescriptor(
          holder,
          'session',
        )!
        return { own: holder === app.context, get, set, configurable, enumerable }
      })
      site.note('ctx.session', seen)
    },
  },
  onNew('ctx.sessionOptions is a copy', (ctx) => [
    ctx.sessionOptions !== ctx.app.config.session,
    ctx.sessionOptions.key,
    ctx.sessionOptions.maxAge,
  ]),
]
