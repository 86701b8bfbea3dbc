import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import { createSessionManager, type SessionOptions, type Store } from '../../src/index.ts'
import { createClock, DAY, HOUR, MINUTE, NOON, SECOND, type Clock } from '../fixtures/clock.ts'
import { parseSetCookie } from '../fixtures/cookies.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

type Own = number | 'session' | undefined
interface Row {
  why: string
  options: Partial<SessionOptions>
  own?: Own
  /** How long it lives, in milliseconds. */
  life: number
  /** Whether the cookie goes with the browser. */
  browser?: boolean
}

const rows: Row[] = [
  { why: 'one day by default', options: {}, life: DAY },
  { why: 'maxAge', options: { maxAge: HOUR }, life: HOUR },
  { why: 'one second', options: { maxAge: SECOND }, life: SECOND },
  { why: 'a maxAge of 30 days', options: { maxAge: 30 * DAY }, life: 30 * DAY },
  { why: 'a maxAge of 400 days', options: { maxAge: 400 * DAY }, life: 400 * DAY },
  { why: 'absoluteMaxAge, if less', options: { maxAge: DAY, absoluteMaxAge: HOUR }, life: HOUR },
  { why: 'maxAge, if less', options: { maxAge: HOUR, absoluteMaxAge: DAY }, life: HOUR },
  { why: 'both, if alike', options: { maxAge: HOUR, absoluteMaxAge: HOUR }, life: HOUR },
  { why: '30 days', options: { maxAge: 'session' }, life: 30 * DAY, browser: true },
  {
    why: 'absoluteMaxAge',
    options: { maxAge: 'session', absoluteMaxAge: 8 * HOUR },
    life: 8 * HOUR,
    browser: true,
  },
  {
    why: 'an absoluteMaxAge beyond 30 days',
    options: { maxAge: 'session', absoluteMaxAge: 90 * DAY },
    life: 90 * DAY,
    browser: true,
  },
  { why: 'its own, longer', options: { maxAge: HOUR }, own: 3 * HOUR, life: 3 * HOUR },
  { why: 'its own, shorter', options: { maxAge: HOUR }, own: MINUTE, life: MINUTE },
  { why: 'its own 30 days', options: {}, own: 30 * DAY, life: 30 * DAY },
  { why: 'its own, capped', options: { absoluteMaxAge: 2 * DAY }, own: 30 * DAY, life: 2 * DAY },
  { why: "its own 'session'", options: {}, own: 'session', life: 30 * DAY, browser: true },
  { why: 'its own for a browser session', options: { maxAge: 'session' }, own: HOUR, life: HOUR },
  {
    why: "its own 'session', capped",
    options: { absoluteMaxAge: HOUR },
    own: 'session',
    life: HOUR,
    browser: true,
  },
]

const starts: [string, number][] = [
  ['at noon', NOON],
  ['in the last second of a day', Date.UTC(2026, 2, 3, 23, 59, 59)],
  ['in the first second of a day', Date.UTC(2026, 2, 4)],
  ['within a second', NOON + 999],
  ['on 19 January 2038, when 32 bits end', Date.UTC(2038, 0, 19, 3, 14, 7)],
  ['on 7 February 2106, when 32 unsigned bits end', Date.UTC(2106, 1, 7, 6, 28, 15)],
  ['in the year 2200', Date.UTC(2200, 11, 31, 23, 59, 59)],
]

const places = [
  ['in the cookie', (): null => null],
  ['in a store', (clock: Clock) => createMemoryStore({ now: clock.now })],
] as const

function start(time: number, options: Partial<SessionOptions>): [Clock, Visitor] {
  const clock = createClock(time)
  const manager = createSessionManager({ secrets: SECRET, now: clock.now, ...options })
  return [clock, createVisitor(manager)]
}

describe.each(places)('a session kept %s', (_, storeFor) => {
  describe.each(starts)('that begins %s', (_, time) => {
    it.each(rows)('lives, to the second, for $why: $options, $own', async (row) => {
      const clock = createClock(time)
      const store = storeFor(clock)
      const manager = createSessionManager({
        secrets: SECRET,
        now: clock.now,
        store,
        ...row.options,
      })
      const visitor = createVisitor(manager)
      const { cookies } = await visitor.visit((session) => {
        session.user = 'fred'
        if (row.own) session.maxAge = row.own
      })
      // Time counts in whole seconds, from the one in which the session was saved.
      const end = Math.floor(time / SECOND) * SECOND + row.life
      const { attributes } = parseSetCookie(cookies[0]!)
      const sent = Number(attributes.get('max-age'))
      expect(Math.abs(sent - row.life / SECOND) <= 1).toBe(!row.browser)
      expect(attributes.has('expires')).toBe(false)

      clock.set(end - 1)
      expect(await visitor.peek()).toMatchObject({ user: 'fred', isNew: false })
      clock.set(end)
      expect((await visitor.peek()).toJSON()).toEqual({})
      clock.set(end + 1000 * DAY)
      expect((await visitor.peek()).isNew).toBe(true)
    })
  })

  it('begins its idle time again with every save, with rolling', async () => {
    const clock = createClock()
    const store = storeFor(clock)
    const options = { secrets: SECRET, now: clock.now, store, maxAge: HOUR, rolling: true }
    const visitor = createVisitor(createSessionManager(options))
    await visitor.visit((session) => (session.user = 'fred'))
    for (let visits = 0; visits < 100; visits++) {
      clock.pass(visits % 2 ? HOUR - SECOND : HOUR / 10)
      const { session, cookies } = await visitor.visit()
      expect(session.user).toBe('fred')
      expect(parseSetCookie(cookies[0]!).attributes.get('max-age')).toBe('3600')
    }
    clock.pass(HOUR)
    expect((await visitor.peek()).isNew).toBe(true)
  })

  it('does not begin it again without', async () => {
    const clock = createClock()
    const options = { secrets: SECRET, now: clock.now, store: storeFor(clock), maxAge: HOUR }
    const visitor = createVisitor(createSessionManager(options))
    await visitor.visit((session) => (session.user = 'fred'))
    for (let visits = 0; visits < 59; visits++) {
      clock.pass(MINUTE)
      expect(await visitor.visit()).toMatchObject({ session: { user: 'fred' }, cookies: [] })
    }
    clock.pass(MINUTE)
    expect((await visitor.peek()).isNew).toBe(true)
  })

  it('begins it again with renew, once less than half is left', async () => {
    const clock = createClock()
    const store = storeFor(clock)
    const options = { secrets: SECRET, now: clock.now, store, maxAge: HOUR, renew: true }
    const visitor = createVisitor(createSessionManager(options))
    await visitor.visit((session) => (session.user = 'fred'))
    clock.pass(30 * MINUTE)
    expect((await visitor.visit()).cookies).toEqual([])
    clock.pass(SECOND)
    expect((await visitor.visit()).cookies).toHaveLength(1)
    expect((await visitor.visit()).cookies).toEqual([])
    clock.pass(HOUR - SECOND)
    expect(await visitor.peek()).toMatchObject({ user: 'fred' })
    clock.pass(SECOND)
    expect((await visitor.peek()).isNew).toBe(true)
  })

  it.each([7 * MINUTE, 30 * MINUTE, 59 * MINUTE])(
    'ends at absoluteMaxAge however often it is saved: every %d ms',
    async (step) => {
      const clock = createClock()
      const store = storeFor(clock)
      const visitor = createVisitor(
        createSessionManager({
          secrets: SECRET,
          now: clock.now,
          store,
          maxAge: HOUR,
          absoluteMaxAge: 5 * HOUR,
          rolling: true,
        }),
      )
      const end = clock.now() + 5 * HOUR
      await visitor.visit((session) => (session.user = 'fred'))
      while (clock.now() + step < end) {
        clock.pass(step)
        const { session, cookies } = await visitor.visit((session) => (session.at = clock.now()))
        expect(session.user).toBe('fred')
        const left = Math.min(HOUR, end - clock.now()) / SECOND
        expect(parseSetCookie(cookies[0]!).attributes.get('max-age')).toBe(String(left))
      }
      clock.set(end - 1)
      expect(await visitor.peek()).toMatchObject({ user: 'fred' })
      clock.set(end)
      expect((await visitor.peek()).isNew).toBe(true)
    },
  )

  it('counts absoluteMaxAge anew under a new id, and not at other saves', async () => {
    const clock = createClock()
    const options = { secrets: SECRET, now: clock.now, maxAge: DAY, absoluteMaxAge: DAY }
    const manager = createSessionManager({ ...options, store: storeFor(clock) })
    const visitor = createVisitor(manager)
    await visitor.visit((session) => (session.user = 'fred'))
    clock.pass(23 * HOUR)
    await visitor.visit((session) => session.regenerate())
    clock.pass(23 * HOUR)
    await visitor.visit((session) => session.save())
    clock.pass(HOUR - 1)
    expect(await visitor.peek()).toMatchObject({ user: 'fred' })
    clock.pass(1)
    expect((await visitor.peek()).isNew).toBe(true)
  })

  it('keeps its own maxAge at later saves, until another is set', async () => {
    const clock = createClock()
    const options = { secrets: SECRET, now: clock.now, store: storeFor(clock), maxAge: HOUR }
    const visitor = createVisitor(createSessionManager(options))
    const sent = async (act?: (session: any) => unknown): Promise<string | undefined> =>
      parseSetCookie((await visitor.visit(act)).cookies[0]!).attributes.get('max-age')
    expect(await sent((session) => Object.assign(session, { user: 'fred' }))).toBe('3600')
    expect(await sent((session) => (session.maxAge = DAY))).toBe('86400')
    expect((await visitor.peek()).maxAge).toBe(DAY)
    clock.pass(20 * HOUR)
    expect(await sent((session) => (session.n = 1))).toBe('86400')
    expect(await sent((session) => (session.maxAge = 'session'))).toBeUndefined()
    expect((await visitor.peek()).maxAge).toBe('session')
    expect(await sent((session) => session.save())).toBeUndefined()
    expect(await sent((session) => (session.maxAge = 1500))).toBe('2')
  })

  it('has none of the session before a logout, and that which the next one was given', async () => {
    const clock = createClock()
    const options = { secrets: SECRET, now: clock.now, store: storeFor(clock), maxAge: HOUR }
    const visitor = createVisitor(createSessionManager(options))
    await visitor.visit((session) => Object.assign(session, { user: 'fred', maxAge: DAY }))
    await visitor.visit((session) => {
      session.destroy()
      expect(session.maxAge).toBe(HOUR)
      session.user = 'flo'
    })
    expect((await visitor.peek()).maxAge).toBe(HOUR)
    await visitor.visit((session) => {
      session.destroy()
      Object.assign(session, { user: 'fred', maxAge: 30 * DAY })
    })

    expect((await visitor.peek()).maxAge).toBe(30 * DAY)
  })
})

it('rounds the time of a sealed session up to seconds', async () => {
  const [clock, visitor] = start(NOON, { maxAge: 1500 })
  const { cookies } = await visitor.visit((session) => (session.user = 'fred'))
  expect(parseSetCookie(cookies[0]!).attributes.get('max-age')).toBe('2')
  clock.pass(1999)
  expect((await visitor.peek()).user).toBe('fred')
  clock.pass(1)
  expect((await visitor.peek()).isNew).toBe(true)
})

describe.each(places)('the present configuration, of a session kept %s,', (_, storeFor) => {
  /** A session that began under one configuration, and the end of it under the next. */
  async function endUnder(
    before: Partial<SessionOptions>,
    later: Partial<SessionOptions>,
    own?: number | 'session',
  ): Promise<number> {
    const clock = createClock()
    const common = { secrets: SECRET, now: clock.now, store: storeFor(clock) }
    const visitor = createVisitor(createSessionManager({ ...common, ...before }))
    await visitor.visit((session) => {
      session.user = 'fred'
      if (own) session.maxAge = own
    })
    const manager = createSessionManager({ ...common, ...later })
    let [low, high] = [0, 500 * DAY]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      clock.set(NOON + middle)
      if ((await manager.read(visitor.jar.header)) === null) high = middle
      else low = middle
    }
    return high
  }

  it.each<[string, Partial<SessionOptions>, Partial<SessionOptions>, number]>([
    ['a shorter maxAge', { maxAge: 30 * DAY }, { maxAge: HOUR }, HOUR],
    ['an absoluteMaxAge', { maxAge: 30 * DAY }, { absoluteMaxAge: HOUR }, HOUR],
    [
      'a shorter absoluteMaxAge',
      { maxAge: 30 * DAY, absoluteMaxAge: 60 * DAY },
      { maxAge: 30 * DAY, absoluteMaxAge: 2 * HOUR },
      2 * HOUR,
    ],
    [
      'a shorter life of browser sessions',
      { maxAge: 'session' },
      { maxAge: 'session', absoluteMaxAge: HOUR },
      HOUR,
    ],
  ])('ends old ones at once: %s', async (_, before, later, end) => {
    expect(await endUnder(before, later)).toBe(end)
  })

  it('leaves what has a maxAge of its own that, whichever way its own one changes', async () => {
    expect(await endUnder({ maxAge: DAY }, { maxAge: HOUR }, 30 * DAY)).toBe(30 * DAY)
    expect(await endUnder({ maxAge: DAY }, { maxAge: 90 * DAY }, HOUR)).toBe(HOUR)
    expect(await endUnder({ maxAge: DAY }, { maxAge: HOUR }, 'session')).toBe(30 * DAY)
  })

  it('ends what has a maxAge of its own, too, by absoluteMaxAge', async () => {
    const [before, later] = [{ absoluteMaxAge: 90 * DAY }, { absoluteMaxAge: 2 * DAY }]
    expect(await endUnder(before, later, 30 * DAY)).toBe(2 * DAY)
    expect(await endUnder({}, later, 30 * DAY)).toBe(2 * DAY)
  })

  it('keeps a shorter life when the limit goes up again', async () => {
    expect(await endUnder({ maxAge: HOUR }, { maxAge: 30 * DAY })).toBe(HOUR)
  })

  it('counts from the last save, so that an active session goes on under a lower limit', async () => {
    const clock = createClock()
    const common = { secrets: SECRET, now: clock.now, store: storeFor(clock), rolling: true }
    const { visit, jar } = createVisitor(createSessionManager({ ...common, maxAge: 30 * DAY }))
    await visit((session) => (session.user = 'fred'))
    clock.pass(HOUR / 2)
    const lower = createVisitor(createSessionManager({ ...common, maxAge: HOUR }))
    lower.jar.take([`${jar.header}; Path=/`])
    for (let visits = 0; visits < 10; visits++) {
      expect(await lower.visit()).toMatchObject({
        session: { user: 'fred' },
        cookies: [expect.any(String)],
      })
      clock.pass(HOUR / 2)
    }
  })
})

describe('the present configuration of a session in a signed cookie', () => {
  // As in koa-session: the record tells for how long it was saved, and not who wanted that.
  it.each([
    ['a shorter one', HOUR],
    ['a longer one', 90 * DAY],
  ])('leaves it the maxAge that it was saved with: %s', async (_, maxAge) => {
    const [clock, visitor] = start(NOON, { encrypt: false, maxAge: 30 * DAY })
    await visitor.visit((session) => (session.user = 'fred'))
    const options = { secrets: SECRET, now: clock.now, encrypt: false, maxAge }
    const manager = createSessionManager(options)
    clock.pass(30 * DAY)
    expect(await manager.load(visitor.jar.header)).toMatchObject({ user: 'fred', maxAge: 30 * DAY })
    clock.pass(1)
    expect((await manager.load(visitor.jar.header)).isNew).toBe(true)
  })

  it('takes the present one where the session goes back to it', async () => {
    const [clock, visitor] = start(NOON, { encrypt: false, maxAge: 30 * DAY })
    await visitor.visit((session) => (session.user = 'fred'))
    const options = { secrets: SECRET, now: clock.now, encrypt: false, maxAge: HOUR }
    const lower = createVisitor(createSessionManager(options))
    lower.jar.take(visitor.jar.header.split('; ').map((pair) => `${pair}; Path=/`))
    await lower.visit((session) => (session.maxAge = undefined))
    clock.pass(HOUR + 1)
    expect((await lower.peek()).isNew).toBe(true)
  })
})

describe('the present configuration', () => {
  it('does not lengthen what a cookie was made for', async () => {
    const [clock, visitor] = start(NOON, { maxAge: HOUR })
    await visitor.visit((session) => (session.user = 'fred'))
    const manager = createSessionManager({ secrets: SECRET, now: clock.now, maxAge: 30 * DAY })
    clock.pass(HOUR)
    expect((await manager.load(visitor.jar.header)).isNew).toBe(true)
  })
})

describe.each([
  ['sealed', 'in the cookie', {}],
  ['signed', 'in the cookie', { encrypt: false }],
  ['sealed', 'in a store', {}],
  ['signed', 'in a store', { encrypt: false }],
])('a rolling session, %s, kept %s', (_, place, options) => {
  function begin(more: Partial<SessionOptions> = {}): Visitor & {
    clock: Clock
    calls: string[]
    /** Reads once a minute, and tells how often a cookie came. */
    readFor(minutes: number): Promise<number>
  } {
    const clock = createClock()
    const store = recordCalls(createMemoryStore({ now: clock.now }))
    const where = place === 'in a store' ? { store } : {}
    const visitor = createVisitor(
      createSessionManager({
        secrets: SECRET,
        now: clock.now,
        maxAge: 10 * HOUR,
        rolling: true,
        ...options,
        ...where,
        ...more,
      }),
    )
    return {
      ...visitor,
      clock,
      calls: store.calls,
      async readFor(minutes) {
        let count = 0
        for (; minutes > 0; minutes--) {
          clock.pass(MINUTE)
          const { session, cookies } = await visitor.visit()
          expect(session.user).toBe('fred')
          if (cookies.length) count++
        }
        return count
      },
    }
  }

  it('is saved once for each tenth of its maxAge, however often it is read', async () => {
    const { visit, readFor, calls } = begin()
    await visit((session) => (session.user = 'fred'))
    calls.splice(0)
    expect(await readFor(59)).toBe(0)
    expect(await readFor(1)).toBe(1)
    expect(await readFor(20 * 60)).toBe(20)
    const writes = calls.filter((call) => call !== 'get')
    expect(writes).toEqual(place === 'in a store' ? Array.from({ length: 21 }, () => 'touch') : [])
  })

  it('counts from a change, too', async () => {
    const { visit, readFor } = begin()
    await visit((session) => (session.user = 'fred'))
    expect(await readFor(40)).toBe(0)
    await visit((session) => (session.n = 1))
    expect(await readFor(59)).toBe(0)
    expect(await readFor(1)).toBe(1)
  })

  it('goes by its own maxAge where it has one', async () => {
    const { visit, readFor } = begin()
    await visit((session) => Object.assign(session, { user: 'fred', maxAge: 100 * HOUR }))
    expect(await readFor(599)).toBe(0)
    expect(await readFor(1)).toBe(1)
  })

  it('ends by less than that tenth before it has idled for all of its maxAge', async () => {
    const { visit, clock, peek } = begin()
    await visit((session) => (session.user = 'fred'))
    clock.pass(HOUR - SECOND)
    expect((await visit()).cookies).toEqual([])
    clock.pass(9 * HOUR)
    expect(await peek()).toMatchObject({ user: 'fred' })
    clock.pass(2 * SECOND)
    expect((await peek()).isNew).toBe(true)
  })

  it('is saved by every response with touchAfter: 0', async () => {
    const { visit, readFor } = begin({ touchAfter: 0 })
    await visit((session) => (session.user = 'fred'))
    expect(await readFor(30)).toBe(30)
    expect((await visit()).cookies).not.toEqual([])
  })

  it('is saved as touchAfter says, and before half of its maxAge is over', async () => {
    const often = begin({ touchAfter: 10 * MINUTE })
    await often.visit((session) => (session.user = 'fred'))
    expect(await often.readFor(600)).toBe(60)
    const seldom = begin({ touchAfter: DAY })
    await seldom.visit((session) => (session.user = 'fred'))
    expect(await seldom.readFor(299)).toBe(0)
    expect(await seldom.readFor(1)).toBe(1)
  })

  it('lives as long as the browser, and is kept alive', async () => {
    const { visit, readFor, clock } = begin({ maxAge: 'session' })
    await visit((session) => (session.user = 'fred'))
    for (let visits = 0; visits < 20; visits++) {
      clock.pass(29 * DAY)
      await readFor(1)
    }
  })
})

describe('a signed session', () => {
  it('lives, to the millisecond, as long as in koa-session', async () => {
    const [clock, visitor] = start(NOON + 1, { encrypt: false, maxAge: HOUR })
    await visitor.visit((session) => (session.user = 'fred'))
    clock.pass(HOUR)
    expect(await visitor.peek()).toMatchObject({ user: 'fred' })
    clock.pass(1)
    expect((await visitor.peek()).isNew).toBe(true)
  })

  it.each([
    ['its own', MINUTE, 'one minute'],
    ['its own, longer', 3 * HOUR, 'three hours'],
  ])('keeps a maxAge of %s', async (_, own) => {
    const [clock, visitor] = start(NOON, { encrypt: false, maxAge: HOUR, rolling: true })
    await visitor.visit((session) => Object.assign(session, { user: 'fred', maxAge: own }))
    for (let visits = 0; visits < 5; visits++) {
      clock.pass(own)
      expect((await visitor.visit()).session).toMatchObject({ user: 'fred', maxAge: own })
    }
    clock.pass(own + 1)
    expect((await visitor.peek()).isNew).toBe(true)
  })
})

/** Writes down which of a store's methods are called. */
function recordCalls(store: Store): Store & { calls: string[] } {
  const calls: string[] = []
  return new Proxy(Object.assign(store, { calls }), {
    get(target, name: keyof Store) {
      const method = target[name] as unknown
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        calls.push(name)
        return method.apply(target, args) as unknown
      }
    },
  })
}
