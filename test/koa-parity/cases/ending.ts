import { act, assign, begin, casesOf, held, holding, hour, leave, read } from './modes.ts'
import { start, stored } from './modes.ts'
import { Planned, pair } from '../stage.ts'
import type { Stage } from '../stage.ts'
import type { Case } from '../run.ts'

const { found, cookie, store, both } = casesOf('ending and renewing')

const manual = { options: () => ({ autoCommit: false }) }

both('null without a session before', [assign(null), read()])
both('null over an existing session', [begin(), assign(null), read()])
both('null over an existing session that was read', [
  begin(),
  act((ctx) => {
    void ctx.session.a
    ctx.session = null
  }),
  read(),
])
both('null, then read', [
  begin(),
  act((ctx) => {
    ctx.session = null
    return { session: ctx.session }
  }),
])
both('null twice', [
  begin(),
  act((ctx) => {
    ctx.session = null
    ctx.session = null
  }),
  read(),
])
both('null, then new data', [
  begin(),
  act((ctx) => {
    ctx.session = null
    ctx.session = { b: 2 }
  }),
  read(),
])
both('null, then new data, by externalKey', [
  begin(),
  act((ctx, { note }) => {
    const before = ctx.session.externalKey
    ctx.session = null
    ctx.session = { b: 2 }
    note(ctx.session.externalKey === before, ctx.session.isNew)
  }),
])
both('null, then {}', [
  begin(),
  act((ctx) => {
    ctx.session = null
    ctx.session = {}
  }),
  read(),
])
both('null, then new data, without a session before', [
  act((ctx) => {
    ctx.session = null
    ctx.session = { b: 2 }
  }),
  read(),
])
both('new data, then null', [
  begin(),
  act((ctx) => {
    ctx.session = { b: 2 }
    ctx.session = null
  }),
  read(),
])
both('changed, then null', [
  begin(),
  act((ctx) => {
    ctx.session.b = 2
    ctx.session = null
  }),
  read(),
])
both('null while a reference is kept and changed', [
  begin(),
  act((ctx) => {
    const { session } = ctx
    ctx.session = null
    session.b = 2
  }),
  read(),
])
both('logged out twice', [begin(), assign(null), assign(null), read()])
both('filled again after null', [begin(), assign(null), begin({ b: 2 }), read()])

for (const [name, make] of [
  ['an array', () => [1, 2]],
  ['a Date', () => new Date(start)],
  ['a Map', () => new Map([[1, 2]])],
  ['an object without a prototype', () => Object.assign(Object.create(null), { a: 1 })],
  [
    'an instance of a class',
    () =>
      new (class {
        a = 1
        #hidden = 2
        get hidden() {
          return this.#hidden
        }
      })(),
  ],
  [
    'an object with a getter',
    () => ({
      get a() {
        return 1
      },
    }),
  ],
] as const) {
  both(`session = ${name}`, [act((ctx) => void (ctx.session = make())), read()])
}

both('regenerate', [
  begin(),
  act(async (ctx, { note }) => {
    const before = ctx.session.externalKey
    note(await ctx.session.regenerate())
    note(before, ctx.session)
  }),
  read(),
])
both('regenerate: externalKey afterwards', [
  begin(),
  act(async (ctx, { note }) => {
    await ctx.session.regenerate()
    note(ctx.session.externalKey)
  }),
  act((ctx, { note }) => note(ctx.session.externalKey)),
])
both('regenerate with a callback', [
  begin(),
  act(async (ctx, { note }) => {
    await new Promise<void>((resolve) => note(ctx.session.regenerate(resolve)))
  }),
  read(),
])
both('regenerate, then a change', [
  begin(),
  act(async (ctx) => {
    await ctx.session.regenerate()
    ctx.session.user = 'fred'
  }),
  read(),
])
both('a change, then regenerate', [
  begin(),
  act(async (ctx) => {
    ctx.session.user = 'fred'
    await ctx.session.regenerate()
  }),
  read(),
])
both('regenerate twice', [
  begin(),
  act(async (ctx) => {
    await ctx.session.regenerate()
    await ctx.session.regenerate()
  }),
  read(),
])
both('regenerate a new session without data', [act((ctx) => ctx.session.regenerate()), read()])
both('regenerate a new session with data', [
  act(async (ctx) => {
    ctx.session.a = 1
    await ctx.session.regenerate()
  }),
  read(),
])
both('regenerate, then null', [
  begin(),
  act(async (ctx) => {
    await ctx.session.regenerate()
    ctx.session = null
  }),
  read(),
])
both('regenerate, then replaced', [
  begin(),
  act(async (ctx) => {
    await ctx.session.regenerate()
    ctx.session = { b: 2 }
  }),
  read(),
])
both('replaced, then regenerate', [
  begin(),
  act(async (ctx) => {
    ctx.session = { b: 2 }
    await ctx.session.regenerate()
  }),
  read(),
])
both(
  'regenerate without autoCommit',
  [
    act(async (ctx) => {
      ctx.session.a = 1
      await ctx.session.manuallyCommit()
    }),
    act((ctx) => ctx.session.regenerate()),
    read(),
  ],
  manual,
)
store('regenerate: the old id afterwards', [
  begin({ user: 'fred' }),
  act((ctx) => ctx.session.regenerate(), { jar: 'visitor' }),
  { ...read(), cookie: pair('sid-0001'), jar: null },
])

both('save(), then the end', [
  act(async (ctx, { note }) => {
    ctx.session.a = 1
    note(await ctx.session.save())
  }),
  read(),
])
both('save() of a session without a change', [begin(), act((ctx) => ctx.session.save()), read()])
both('save() of a new session without data', [act((ctx) => ctx.session.save()), read()])
both('save() with a callback', [
  act(async (ctx, { note }) => {
    ctx.session.a = 1
    await new Promise<void>((resolve) => note(ctx.session.save(resolve)))
  }),
  read(),
])
both('save(), then a change', [
  act(async (ctx) => {
    ctx.session.a = 1
    await ctx.session.save()
    ctx.session.b = 2
  }),
  read(),
])
both('save() twice', [
  act(async (ctx) => {
    ctx.session.a = 1
    await ctx.session.save()
    await ctx.session.save()
  }),
  read(),
])
both('save(), then null', [
  begin(),
  act(async (ctx) => {
    ctx.session.b = 2
    await ctx.session.save()
    ctx.session = null
  }),
  read(),
])
both('save(), then replaced by other data', [
  begin(),
  act(async (ctx) => {
    ctx.session.b = 2
    await ctx.session.save()
    ctx.session = { c: 3 }
  }),
  read(),
])
both(
  'save() without autoCommit',
  [
    act(async (ctx) => {
      ctx.session.a = 1
      await ctx.session.save()
    }),
    read(),
  ],
  manual,
)
both('save() after maxAge was set', [
  act(async (ctx) => {
    ctx.session.a = 1
    ctx.session.maxAge = 5000
    await ctx.session.save()
  }),
  read(),
])

both('autoCommit false: nothing called', [begin(), read()], manual)
both(
  'autoCommit false: manuallyCommit()',
  [
    act((ctx) => {
      ctx.session.a = 1
      return ctx.session.manuallyCommit()
    }),
    act((ctx) => ctx.session.manuallyCommit()),
    read(),
  ],
  manual,
)
both(
  'autoCommit false: manuallyCommit(), then a change',
  [
    act(async (ctx) => {
      ctx.session.a = 1
      await ctx.session.manuallyCommit()
      ctx.session.b = 2
    }),
    read(),
  ],
  manual,
)
both(
  'autoCommit false: manuallyCommit() twice with a change between',
  [
    act(async (ctx) => {
      ctx.session.a = 1
      await ctx.session.manuallyCommit()
      ctx.session.b = 2
      await ctx.session.manuallyCommit()
    }),
    read(),
  ],
  manual,
)
const fillByHand = act((ctx) => {
  ctx.session.a = 1
  return ctx.session.manuallyCommit()
})
both('autoCommit false: null', [fillByHand, assign(null), read()], manual)
both(
  'autoCommit false: null, committed by a kept reference',
  [
    fillByHand,
    act(async (ctx) => {
      const { session } = ctx
      ctx.session = null
      await session.manuallyCommit()
    }),
    read(),
  ],
  manual,
)
both(
  'autoCommit false: the handler throws after a change',
  [
    fillByHand,
    act((ctx) => {
      ctx.session.b = 2
      throw new Planned('handler')
    }),
    read(),
  ],
  manual,
)
both('autoCommit true: manuallyCommit(), then the end', [fillByHand, read()])

store('the old cookie after a removal', [
  begin(),
  assign(null),
  read({ cookie: pair('sid-0001') }),
  begin({ b: 2 }),
])
cookie('the old cookie after a removal', [begin(), assign(null), read({ cookie: held({ a: 1 }) })])
store('fixation: an id of a stranger is not taken over', [
  { ...begin({ user: 'fred' }), cookie: pair('chosen by a stranger') },
  read(),
  read({ cookie: pair('chosen by a stranger'), jar: 'stranger' }),
])
store('fixation: the id stays over a login', [
  begin({ visits: 1 }),
  act((ctx, { note }) => {
    ctx.session.user = 'fred'
    note(ctx.session.externalKey)
  }),
  act((ctx, { note }) => note(ctx.session.externalKey)),
])
store('fixation: regenerate at a login', [
  begin({ visits: 1 }),
  act(async (ctx) => {
    await ctx.session.regenerate()
    ctx.session.user = 'fred'
  }),
  read({ cookie: pair('sid-0001'), jar: 'stranger' }),
  read(),
])

const noteValid = (answer: unknown) => (stage: Stage) => ({
  valid(...values: unknown[]) {
    stage.note('valid', ...values)
    return answer
  },
})
for (const answer of [true, false, undefined, 0, 'yes'] as const) {
  both(`valid returns ${String(answer)}`, [begin(), read(), begin({ b: 2 }), read()], {
    options: noteValid(answer),
  })
}
store(
  'valid returns false for a record',
  [read({ cookie: pair('k1') }), { ...begin({ b: 2 }), cookie: pair('k1') }],
  {
    options: (stage) => holding('k1', stored({ a: 1 }), noteValid(false)(stage))(stage),
  },
)
cookie(
  'valid returns false for a cookie',
  [
    read({ cookie: held({ a: 1 }) }),
    leave({ cookie: held({ a: 1 }) }),
    { ...begin({ b: 2 }), cookie: held({ a: 1 }) },
  ],
  { options: noteValid(false) },
)
cookie(
  'valid is not asked about an expired cookie',
  [read({ cookie: held({ a: 1 }, { expire: start - 1 }) })],
  { options: noteValid(true) },
)
both(
  'valid looks at the user agent',
  [
    { ...begin({ agent: 'one' }), headers: { 'user-agent': 'one' } },
    read({ headers: { 'user-agent': 'one' } }),
    read({ headers: { 'user-agent': 'two' } }),
  ],
  {
    options: () => ({
      valid: (ctx: any, data: any) => ctx.get('user-agent') === data.agent,
    }),
  },
)
for (const answer of [true, false]) {
  both(`valid resolves to ${answer}`, [begin(), read(), begin({ b: 2 }), read()], {
    options: ({ note }) => ({
      async valid(...values: unknown[]) {
        note('valid', ...values)
        return answer
      },
    }),
  })
}
both('valid gives a promise of false and is no async function', [begin(), read()], {
  options: () => ({ valid: () => Promise.resolve(false) }),
})

const noteBefore = ({ note }: Stage) => ({
  beforeSave: (...values: unknown[]) => void note('beforeSave', ...values),
})
both(
  'beforeSave: when it is called',
  [
    read(),
    begin(),
    read(),
    act((ctx) => void (ctx.session.a = 2)),
    act((ctx) => ctx.session.regenerate()),
    act((ctx) => void (ctx.session.maxAge = 5000)),
    act((ctx) => {
      void ctx.session.a
      ctx.session = { b: 1 }
    }),
    assign(null),
  ],
  { options: noteBefore },
)
both('beforeSave: with rolling', [begin(), read({ wait: 1000 })], {
  options: (stage) => ({ ...noteBefore(stage), rolling: true }),
})
both('beforeSave: with renew', [begin(), read({ wait: 0.75 * hour })], {
  options: (stage) => ({ ...noteBefore(stage), renew: true }),
})
both('beforeSave changes the session', [begin(), read(), begin({ b: 2 }), read()], {
  options: () => ({
    beforeSave: (_ctx: unknown, session: any) => void (session.saved = (session.saved ?? 0) + 1),
  }),
})
both('beforeSave sets maxAge', [begin(), read()], {
  options: () => ({
    beforeSave: (_ctx: unknown, session: any) => void (session.maxAge = 5000),
  }),
})
both('beforeSave reads ctx.session', [begin(), read()], {
  options: ({ note }) => ({
    beforeSave: (ctx: any, session: unknown) => note(ctx.session === session),
  }),
})
both('beforeSave is synchronous and changes the session', [begin(), read()], {
  options: () => ({
    beforeSave: (_ctx: unknown, session: any) => void (session.late = true),
  }),
})
both('beforeSave is asynchronous and changes the session', [begin(), read()], {
  options: () => ({
    async beforeSave(_ctx: unknown, session: any) {
      await Promise.resolve()
      session.late = true
    },
  }),
})
both('beforeSave gives what rejects', [begin(), read()], {
  options: () => ({
    beforeSave() {
      const late = Promise.reject(new Planned('late'))
      // Where nobody awaits it the process is not to hear of it.
      late.catch(() => {})
      return late
    },
  }),
})

export const ending: Case[] = found
