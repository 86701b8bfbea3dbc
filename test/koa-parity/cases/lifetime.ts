import { catching } from './modes.ts'
import { act, assign, begin, casesOf, day, held, holding, hour, leave, read } from './modes.ts'
import { start, stored } from './modes.ts'
import { Planned, pack, pair } from '../stage.ts'
import type { Case } from '../run.ts'

const { found, plain, cookie, store, both } = casesOf('lifetime')

const change = (value: unknown) => act((ctx) => void (ctx.session.a = value))
const setMaxAge = (value: unknown) => act((ctx) => void (ctx.session.maxAge = value))
const readMaxAge = act((ctx, { note }) => note(ctx.session.maxAge))

const ownStore = (more: object) => ({
  options: (stage: any) => ({ store: stage.store(), genid: stage.genid, ...more }),
})

// The same requests with and without a maxAge of one day: by its documentation there is no
// difference.
for (const [name, more] of [
  ['default maxAge', {}],
  ['maxAge of one day', { maxAge: day }],
] as const) {
  const options = { options: () => more }
  plain(`${name}: cookie, saved three times`, [begin(), change(2), change(3), read()], options)
  plain(
    `${name}: store, saved three times`,
    [begin(), change(2), change(3), read()],
    ownStore(more),
  )
  plain(`${name}: session.maxAge is read`, [readMaxAge, begin(), readMaxAge], options)
  plain(`${name}: a day goes by`, [begin(), read({ wait: day }), read({ wait: 1 })], options)
  plain(`${name}: removal`, [begin(), assign(null), read()], options)
  plain(
    `${name}: renew without a maxAge in the cookie`,
    [read({ cookie: pair(pack({ a: 1, _expire: start + hour })) })],
    { options: () => ({ ...more, renew: true }) },
  )
  plain(`${name}: rolling`, [begin(), read({ wait: hour }), read({ wait: hour })], {
    options: () => ({ ...more, rolling: true }),
  })
}
plain('default maxAge: no options', [begin(), change(2), change(3), read()], {
  mount: (app, session) => app.use(session(undefined, app)),
})
for (const value of [null, undefined]) {
  plain(`default maxAge: maxAge ${value}`, [begin(), change(2), change(3), read()], {
    options: () => ({ maxAge: value }),
  })
}

both("maxAge 'session': written and changed", [begin(), change(2), change(3), read()], {
  options: () => ({ maxAge: 'session' }),
})
both("maxAge 'session': a year later", [begin(), read({ wait: 365 * day })], {
  options: () => ({ maxAge: 'session' }),
})
both("maxAge 'session': session.maxAge is read", [readMaxAge, begin(), readMaxAge], {
  options: () => ({ maxAge: 'session' }),
})
both("maxAge 'session' with renew", [begin(), read(), read({ wait: day })], {
  options: () => ({ maxAge: 'session', renew: true }),
})
both("maxAge 'session' with rolling", [begin(), read(), leave(), read({ wait: day })], {
  options: () => ({ maxAge: 'session', rolling: true }),
})
both("maxAge 'session': removal", [begin(), assign(null), read()], {
  options: () => ({ maxAge: 'session' }),
})
both(
  "maxAge 'session': this session gets a number",
  [begin(), setMaxAge(5000), readMaxAge, change(2)],
  {
    options: () => ({ maxAge: 'session' }),
  },
)
both(
  "maxAge 'session': save(), then the end",
  [
    act(async (ctx) => {
      ctx.session.a = 1
      await ctx.session.save()
    }),
    read(),
  ],
  { options: () => ({ maxAge: 'session' }) },
)
both(
  "maxAge 'session': session.maxAge after save()",
  [
    act(async (ctx, { note }) => {
      ctx.session.a = 1
      await ctx.session.save()
      note(ctx.session.maxAge)
    }),
  ],
  { options: () => ({ maxAge: 'session' }) },
)
both(
  "maxAge 'session': regenerate, then a change",
  [
    begin(),
    act(async (ctx) => {
      await ctx.session.regenerate()
      ctx.session.b = 2
    }),
    read(),
  ],
  { options: () => ({ maxAge: 'session' }) },
)
both("this session becomes a browser's", [begin(), setMaxAge('session'), readMaxAge, change(2)])

both('maxAge 5000: written and changed', [begin(), change(2), change(3), read()], {
  options: () => ({ maxAge: 5000 }),
})
for (const [name, value] of [
  ['0', 0],
  ['86400000', day],
  ['-1000', -1000],
  ['0.5', 0.5],
  ['Infinity', Infinity],
  ['NaN', NaN],
  ["'1000'", '1000'],
  ["'Session'", 'Session'],
  ['1e15', 1e15],
  ['true', true],
] as const) {
  plain(`maxAge option ${name}`, [begin(), leave(), change(2), read()], {
    options: () => ({ maxAge: value }),
  })
}
plain('maxage option 5000', [begin(), read()], { options: () => ({ maxage: 5000 }) })
plain('maxage option 5000 beside maxAge 7000', [begin(), read()], {
  options: () => ({ maxage: 5000, maxAge: 7000 }),
})

both('session.maxAge is a number', [begin(), setMaxAge(5000), readMaxAge, change(2), read()])
both('session.maxAge is set to what it is', [begin(), setMaxAge(hour), read()])
both('session.maxAge is set in a new session without data', [setMaxAge(5000), readMaxAge, read()])
both('session.maxAge is set before the data', [
  act((ctx) => {
    ctx.session.maxAge = 5000
    ctx.session.a = 1
  }),
  readMaxAge,
])
both('session.maxAge is set twice', [
  act((ctx) => {
    ctx.session.a = 1
    ctx.session.maxAge = 5000
    ctx.session.maxAge = 9000
  }),
  readMaxAge,
])
both('session.maxAge is set, then the session is replaced', [
  begin(),
  act((ctx) => {
    ctx.session.maxAge = 5000
    ctx.session = { b: 1 }
  }),
  readMaxAge,
])
const ownMaxAge = act((ctx) => void Object.assign(ctx.session, { a: 1, maxAge: 5000 }))
both('session.maxAge was set, the session is replaced without being read', [
  ownMaxAge,
  assign({ b: 1 }),
  readMaxAge,
])
both('session.maxAge was set, the session is replaced after being read', [
  ownMaxAge,
  act((ctx) => {
    void ctx.session.a
    ctx.session = { b: 1 }
  }),
  readMaxAge,
])
both('session.maxAge is set, then the session is removed', [
  begin(),
  act((ctx) => {
    ctx.session.maxAge = 5000
    ctx.session = null
  }),
  read(),
])
both('session.maxAge does not reach other sessions', [
  act((ctx) => void Object.assign(ctx.session, { a: 1, maxAge: 99_000 }), { jar: 'one' }),
  { ...begin(), jar: 'two' },
  { ...readMaxAge, jar: 'one' },
  { ...readMaxAge, jar: 'two' },
])
both('session.maxAge stays over many changes', [
  act((ctx) => void Object.assign(ctx.session, { a: 1, maxAge: 8 * hour })),
  change(2),
  { ...change(3), wait: 2 * hour },
  read({ wait: 7 * hour }),
  read({ wait: 2 * hour }),
])
cookie('session.maxAge is a string of digits', [begin(), setMaxAge('100'), read()])
for (const [name, value] of [
  ['0', 0],
  ['null', null],
  ['undefined', undefined],
] as const) {
  both(`session.maxAge is ${name}`, [begin(), setMaxAge(value), readMaxAge, change(2), read()])
}

both('expires exactly now', [begin(), read({ wait: hour }), read({ wait: 1 })])
both('expires one millisecond ago', [begin(), read({ wait: hour + 1 })])
cookie('expired, with a cookie that still comes', [
  read({ cookie: held({ a: 1 }, { expire: start }) }),
  read({ cookie: held({ a: 1 }, { expire: start - 1 }) }),
  leave({ cookie: held({ a: 1 }, { expire: start - 1 }) }),
])
store(
  'expired, with a cookie that still comes',
  [read({ cookie: pair('k1') }), leave({ cookie: pair('k1') }), begin({ b: 1 }), read()],
  { options: holding('k1', stored({ a: 1 }, { expire: start - 1 })) },
)
store('expires now, with a cookie that still comes', [read({ cookie: pair('k1') })], {
  options: holding('k1', stored({ a: 1 }, { expire: start })),
})
for (const [name, end] of [
  ['no _expire', {}],
  ['no _expire but _maxAge', { _maxAge: hour }],
  ['_expire as a string', { _expire: String(start - 1) }],
  ['_expire null', { _expire: null }],
  ['_expire 0', { _expire: 0 }],
  ['_expire far away', { _expire: start + 1e12, _maxAge: hour }],
  ['_maxAge as a string', { _expire: start + hour, _maxAge: '5000' }],
  ['_session true', { _session: true }],
  ['_session false', { _session: false }],
  ['_session beside _expire', { _session: true, _expire: start + hour }],
] as const) {
  cookie(`a record with ${name}`, [
    read({ cookie: pair(pack({ a: 1, ...end })) }),
    { ...change(2), cookie: pair(pack({ a: 1, ...end })) },
    read(),
  ])
  store(`a record with ${name}`, [read({ cookie: pair('k1') }), change(2), read()], {
    options: holding('k1', { a: 1, ...end }),
  })
}
cookie('reading session._expire', [act((ctx) => [ctx.session._expire], { cookie: held({ a: 1 }) })])

cookie(
  'the option is lowered: old cookies keep theirs',
  [{ ...change(2), cookie: held({ a: 1 }, { maxAge: day, expire: start + day }) }, read()],
  { options: () => ({ maxAge: 60_000 }) },
)
store(
  'the option is lowered: old records keep theirs',
  [{ ...change(2), cookie: pair('k1') }, read()],
  {
    options: holding('k1', stored({ a: 1 }, { maxAge: day, expire: start + day }), {
      maxAge: 60_000,
    }),
  },
)
cookie("the option was 'session' when the cookie was made", [
  { ...change(2), cookie: pair(pack({ a: 1, _session: true })) },
  readMaxAge,
])
store(
  "the option was 'session' when the record was made",
  [{ ...change(2), cookie: pair('k1') }, readMaxAge],
  { options: holding('k1', { a: 1, _session: true }) },
)
cookie("the option becomes 'session'", [{ ...change(2), cookie: held({ a: 1 }) }, readMaxAge], {
  options: () => ({ maxAge: 'session' }),
})

const renew = (maxAge = 10_000) => ({ options: () => ({ renew: true, maxAge }) })
for (const [name, wait] of [
  ['before half of the time', 4999],
  ['at half of the time', 5000],
  ['after half of the time', 5001],
  ['at the end of the time', 10_000],
  ['after the end of the time', 10_001],
] as const) {
  both(`renew: read ${name}`, [begin(), read({ wait }), read({ wait: 1 })], renew())
}
both('renew: not touched after half of the time', [begin(), leave({ wait: 6000 })], renew())
both('renew: changed after half of the time', [begin(), { ...change(2), wait: 6000 }], renew())
both(
  "renew: by the session's own maxAge",
  [
    act((ctx) => void Object.assign(ctx.session, { a: 1, maxAge: 20_000 })),
    read({ wait: 6000 }),
    read({ wait: 6000 }),
  ],
  renew(),
)
both('renew: a new session without data', [read(), read({ wait: 6000 })], renew())
both(
  'renew: stays alive for long',
  [begin(), ...[1, 2, 3, 4, 5, 6].map(() => read({ wait: 6000 })), read({ wait: 10_001 })],
  renew(),
)
both('no renew: read after half of the time', [begin(), read({ wait: 6000 })], {
  options: () => ({ maxAge: 10_000 }),
})

const rolling = { options: () => ({ rolling: true, maxAge: 10_000 }) }
both('rolling: read', [begin(), read({ wait: 1000 }), read({ wait: 9500 })], rolling)
both('rolling: not touched', [begin(), leave({ wait: 1000 }), read()], rolling)
both('rolling: changed', [begin(), { ...change(2), wait: 1000 }, read()], rolling)
both('rolling: a new session without data', [leave(), read()], rolling)
both('rolling: removed', [begin(), assign(null), read()], rolling)
both(
  'rolling: emptied',
  [begin(), act((ctx) => void delete ctx.session.a), read({ wait: 1000 }), leave({ wait: 1000 })],
  rolling,
)
both(
  'rolling: stays alive for long',
  [begin(), ...[1, 2, 3, 4].map(() => read({ wait: 9000 })), read({ wait: 10_001 })],
  rolling,
)
const readAndThrow = act(
  (ctx) => {
    void ctx.session.a
    throw new Planned('handler')
  },
  { wait: 1000 },
)
both('rolling: the handler throws', [begin(), readAndThrow], rolling)
both('rolling: the handler throws, caught upstream', [begin(), readAndThrow], {
  ...rolling,
  upstream: catching,
})
both('rolling with renew', [begin(), read({ wait: 1000 }), read({ wait: 6000 })], {
  options: () => ({ rolling: true, renew: true, maxAge: 10_000 }),
})
both(
  'rolling without autoCommit',
  [
    act((ctx) => {
      ctx.session.a = 1
      return ctx.session.manuallyCommit()
    }),
    read({ wait: 1000 }),
    act((ctx) => ctx.session.manuallyCommit(), { wait: 1000 }),
  ],
  { options: () => ({ rolling: true, maxAge: 10_000, autoCommit: false }) },
)

export const lifetime: Case[] = found
