import { act, assign, begin, casesOf, day, hour, leave, read } from './modes.ts'
import { pair } from '../stage.ts'
import type { Case, Request } from '../run.ts'
import type { Stage } from '../stage.ts'

const { found, cookie, store, both } = casesOf('sequences')

const login = act((ctx) => {
  ctx.session.user = 'fred'
  ctx.session.since = Date.now()
})
const count = act((ctx) => (ctx.session.n = (ctx.session.n ?? 0) + 1))

both('login, use, logout, login', [
  read(),
  login,
  count,
  { ...count, wait: 1000 },
  read(),
  assign(null),
  read(),
  count,
  login,
  read(),
])
both('login after browsing, with regenerate', [
  count,
  count,
  act(async (ctx) => {
    await ctx.session.regenerate()
    ctx.session.user = 'fred'
  }),
  count,
  assign(null),
  read(),
])
both('two browsers', [
  { ...login, jar: 'one' },
  { ...count, jar: 'two' },
  { ...count, jar: 'one' },
  { ...assign(null), jar: 'one' },
  { ...count, jar: 'two' },
  read({ jar: 'one' }),
  read({ jar: 'two' }),
])
both('one cookie in two browsers', [
  login,
  { ...count, jar: 'visitor' },
  read({ cookie: pair('sid-0001'), jar: 'thief' }),
  assign(null),
  read({ cookie: pair('sid-0001'), jar: 'thief' }),
])
both(
  'a day of visits every half hour, renewed',
  [
    login,
    ...Array.from({ length: 12 }, () => ({ ...count, wait: 0.5 * hour })),
    read({ wait: hour + 1 }),
  ],
  { options: () => ({ renew: true }) },
)
both(
  'a day of reading every half hour, rolling',
  [
    login,
    ...Array.from({ length: 12 }, () => read({ wait: 0.5 * hour })),
    read({ wait: hour + 1 }),
  ],
  { options: () => ({ rolling: true }) },
)
both('a day of reading every half hour, neither', [
  login,
  ...Array.from({ length: 4 }, () => read({ wait: 0.5 * hour })),
])
both('remember me for one session', [
  act((ctx) => Object.assign(ctx.session, { user: 'fred', maxAge: 30 * day })),
  read({ wait: 20 * day }),
  count,
  read({ wait: 20 * day }),
  read({ wait: 20 * day }),
])
both('remember me for the browser only', [
  act((ctx) => Object.assign(ctx.session, { user: 'fred', maxAge: 'session' })),
  count,
  read({ wait: 20 * day }),
  assign(null),
  read(),
])
both('a shop: basket, checkout, empty basket', [
  act((ctx) => void (ctx.session.basket = [])),
  act((ctx) => void ctx.session.basket.push({ id: 1, count: 1 })),
  act((ctx) => void ctx.session.basket.push({ id: 2, count: 5 })),
  act((ctx) => void ctx.session.basket[0].count++),
  act((ctx) => ctx.session.basket.splice(0, 1)),
  read(),
  act((ctx) => void delete ctx.session.basket),
  read(),
])
both('a message for the next page', [
  act((ctx) => {
    ctx.session.message = 'saved'
    ctx.redirect('/')
  }),
  act((ctx) => {
    const { message } = ctx.session
    delete ctx.session.message
    return { message }
  }),
  act((ctx) => ({ message: ctx.session.message })),
])

const exact = { options: (stage: Stage) => ({ store: stage.exactStore() }) }

/** A slow request that reads, waits for the steps between, and then goes on. */
function slowly(after: (ctx: any) => unknown, between: Request[]): Request[] {
  const slow = act(
    async (ctx, { pause }) => {
      void ctx.session.a
      await pause('slow')
      return after(ctx)
    },
    { start: 'slow' },
  )
  return [begin({ z: 0 }), slow, ...between, { finish: 'slow' }]
}
const old = { cookie: pair('sid-0001') }
const races: [name: string, requests: Request[]][] = [
  [
    'two requests write different keys',
    [...slowly((ctx) => void (ctx.session.b = 1), [begin({ a: 1 })]), read()],
  ],
  [
    'two requests write one key',
    [...slowly((ctx) => void (ctx.session.z = 'slow'), [begin({ z: 'fast' })]), read()],
  ],
  [
    'a logout while a slow request writes',
    [...slowly((ctx) => void (ctx.session.late = true), [assign(null)]), read(old)],
  ],
  ['a logout while a slow request only reads', [...slowly(() => {}, [assign(null)]), read(old)]],
  [
    'a regenerate while a slow request writes',
    [
      ...slowly((ctx) => void (ctx.session.late = true), [act((ctx) => ctx.session.regenerate())]),
      read(old),
    ],
  ],
  [
    'a slow logout while another request writes',
    [...slowly((ctx) => void (ctx.session = null), [begin({ a: 1 })]), read(old)],
  ],
  [
    'a slow regenerate while another request writes',
    [...slowly((ctx) => ctx.session.regenerate(), [begin({ a: 1 })]), read()],
  ],
]
for (const [name, requests] of races) {
  both(`at once: ${name}`, requests)
  store(`at once, compareAndSet: ${name}`, requests, exact)
}
store('compareAndSet: a visit', [begin(), read(), begin({ b: 2 }), assign(null), read()], exact)
store('at once: two first requests', [
  act(
    async (ctx, { pause }) => {
      await pause('slow')
      ctx.session.slow = true
    },
    { start: 'slow' },
  ),
  begin({ fast: true }),
  { finish: 'slow' },
  read(),
])

/** Requests by a seed: one step each, of the kind an application takes. */
function walk(seed: number): Request[] {
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
  const steps: (() => Request)[] = [
    read,
    read,
    leave,
    () => count,
    () => begin({ [`k${next(3)}`]: next(100) }),
    () => begin({ o: { list: [next(9), { n: next(9) }] } }),
    () => act((ctx) => void ctx.session.o?.list?.push(1)),
    () => act((ctx) => void delete ctx.session.k1),
    () => {
      const value = next(100)
      return act((ctx) => {
        void ctx.session.n
        ctx.session = { fresh: value }
      })
    },
    () => act((ctx) => void (ctx.get('cookie') && (ctx.session = null))),
    () => act((ctx) => ctx.session.regenerate()),
    () => {
      const hours = 1 + next(4)
      return act((ctx) => void (ctx.session.maxAge = hours * hour))
    },
    () => ({ ...read(), wait: hour / 2 }),
    () => ({ ...count, wait: hour }),
  ]
  return Array.from({ length: 14 }, () => {
    const step = steps[next(steps.length)] ?? read
    return { wait: next(hour / 4), ...step() }
  })
}
const kinds = [{}, { rolling: true }, { renew: true }, { maxAge: 'session' }, { signed: false }]
for (let seed = 1; seed <= 20; seed++) {
  const kind = kinds[seed % kinds.length] ?? {}
  both(`walk ${seed} with ${JSON.stringify(kind)}`, walk(seed * 7919), { options: () => kind })
}

cookie('the old cookie of every step', [
  login,
  count,
  assign(null),
  act((ctx) => ctx.session.n ?? null),
])

export const sequences: Case[] = found
