import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import {
  createSessionManager,
  withSession,
  type Session,
  type SessionError,
  type SessionEvent,
  type SessionOptions,
} from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock, DAY, HOUR, NOON, type Clock } from '../fixtures/clock.ts'
import { parseSetCookie } from '../fixtures/cookies.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

type Type = SessionEvent['type']
type Act = (session: Session) => unknown

const isTiming = (type: Type): boolean => /^(load|store|commit)$/.test(type)

interface Setting extends Visitor {
  clock: Clock
  options: SessionOptions
  /** The events since it was asked the last time. */
  all(): SessionEvent[]
  /** The types of those that are no timing. */
  types(): Type[]
  /** The same browser at a server with other options. */
  at(options: Partial<SessionOptions>): Visitor
}

async function setUp(kind: Partial<SessionOptions> = {}): Promise<Setting> {
  const clock = createClock()
  const events: SessionEvent[] = []
  const on = (event: SessionEvent): void => void events.push(event)
  const options = { secrets: SECRET, key: 'sid', now: clock.now, on, ...kind }
  const visitor = createVisitor(createSessionManager(options))
  await visitor.visit((session) => (session.user = 'fred'))
  const all = (): SessionEvent[] => events.splice(0)
  const types = (): Type[] =>
    all()
      .map(({ type }) => type)
      .filter((type) => !isTiming(type))
  const at = (more: Partial<SessionOptions>): Visitor =>
    createVisitor(createSessionManager({ ...options, ...more }), visitor.jar)
  return { ...visitor, clock, options, all, types, at }
}

const kinds: [string, () => Partial<SessionOptions>][] = [
  ['in a sealed cookie', () => ({})],
  ['in a signed cookie', () => ({ encrypt: false })],
  ['in a store that compares', () => ({ store: createMemoryStore({ now: () => NOON }) })],
  ['in a store with three methods', () => ({ store: createRecordingStore() })],
  ['in a store, by a signed cookie', () => ({ store: createRecordingStore(true), encrypt: false })],
]

describe.each(kinds)('a session %s tells that it', (_, options) => {
  it('was created, by its first commit', async () => {
    const { types } = await setUp(options())
    expect(types()).toEqual(['created'])
  })

  it.each<[string, Act, Type[]]>([
    ['was loaded', () => {}, ['loaded']],
    ['was loaded, and nothing more where it changed', (session) => (session.n = 1), ['loaded']],
    ['was renewed, by save()', (session) => session.save(), ['loaded', 'renewed']],
    ['was renewed, by a maxAge', (session) => (session.maxAge = HOUR), ['loaded', 'renewed']],
    ['has a new id', (session) => session.regenerate(), ['loaded', 'regenerated']],
    [
      'has a new id, and its change with it',
      async (session) => {
        session.n = 1
        await session.regenerate()
        await session.save()
      },
      ['loaded', 'regenerated'],
    ],
    ['was destroyed', (session) => session.destroy(), ['loaded', 'destroyed']],
    [
      'was destroyed, and another created',
      (session) => {
        session.destroy()
        session.user = 'flo'
      },
      ['loaded', 'destroyed', 'created'],
    ],
    [
      'was destroyed once',
      async (session) => {
        session.destroy()
        await session.manuallyCommit()
      },
      ['loaded', 'destroyed'],
    ],
  ])('%s', async (_, act, expected) => {
    const { visit, types } = await setUp(options())
    types()
    await visit(act)
    expect(types()).toEqual(expected)
  })

  it('was renewed, where it rolls', async () => {
    const { visit, types, clock } = await setUp({ ...options(), rolling: true })
    types()
    clock.pass(20 * HOUR)
    await visit()
    expect(types()).toEqual(['loaded', 'renewed'])
  })

  it('expired', async () => {
    const { visit, types, clock } = await setUp(options())
    types()
    clock.pass(2 * DAY)
    await visit()
    expect(types()).toEqual(['expired'])
  })

  it('is invalid', async () => {
    const { at, types } = await setUp(options())
    types()
    await at({ valid: () => false }).visit()
    expect(types()).toEqual(['invalid'])
  })

  it('was tampered with', async () => {
    const { jar, visit, types } = await setUp(options())
    types()
    jar.take(['sid=x; Path=/'])
    await visit()
    expect(types()).toEqual(['tampered'])
  })

  it('was rotated, once, where its secret is no longer the newest; whatever else is done', async () => {
    for (const [act, more] of [
      [() => {}, []],
      [(session: Session) => (session.n = 1), []],
      [(session: Session) => session.save(), ['renewed']],
      [(session: Session) => session.regenerate(), ['regenerated']],
    ] as const) {
      const { at, types } = await setUp(options())
      types()
      const rotated = at({ secrets: [SECRETS[1]!, SECRET] })
      await rotated.visit(act)
      expect(types()).toEqual(['loaded', ...more, 'rotated'])
      await rotated.visit()
      expect(types()).toEqual(['loaded'])
    }
  })

  it('took its bytes, names and values', async () => {
    const { all, visit } = await setUp(options())
    all()
    const { cookies } = await visit((session) => session.regenerate())
    const size = cookies
      .map(parseSetCookie)
      .reduce((sum, { name, value }) => sum + name.length + value.length, 0)
    const told = all().filter(({ type }) => /regenerated|commit/.test(type))
    expect(told.map((event) => 'bytes' in event && event.bytes)).toEqual([size, size])
  })
})

describe('what every event tells', () => {
  it('is the cookie, the time, the place; and to whom, apart', async () => {
    const clock = createClock()
    const on = vi.fn<(event: SessionEvent, ctx: unknown) => void>()
    const options = { secrets: SECRET, now: clock.now, on, key: 'sid' }
    for (const [place, store] of [
      ['cookie', null],
      ['store', createMemoryStore({ now: () => NOON })],
    ] as const) {
      on.mockReset()
      const manager = createSessionManager({ ...options, store })
      const session = await manager.load(null, 'ctx')
      session.user = 'fred'
      clock.pass(1)
      await manager.commit(session)
      expect(on.mock.calls.length).toBeGreaterThan(2)
      for (const [event, ctx] of on.mock.calls) {
        const now = event.type === 'load' ? clock.now() - 1 : clock.now()
        expect(event).toMatchObject({ key: 'sid', now, place })
        expect(ctx).toBe('ctx')
      }
    }
  })

  it('can be told apart by its type', () => {
    const tellApart = (event: SessionEvent): void => {
      if (event.type === 'store-error') expectTypeOf(event.error).toEqualTypeOf<SessionError>()
      if (event.type === 'created') expectTypeOf(event.bytes).toBeNumber()
      if (event.type === 'missed') expectTypeOf(event).not.toHaveProperty('bytes')
      if (event.type === 'load') expectTypeOf(event).not.toHaveProperty('bytes')
      if (event.type === 'commit') expectTypeOf(event.duration).toBeNumber()
    }
    expectTypeOf(tellApart).toBeFunction()
    const rest: Exclude<
      Type,
      | 'created'
      | 'loaded'
      | 'missed'
      | 'expired'
      | 'invalid'
      | 'tampered'
      | 'renewed'
      | 'regenerated'
      | 'destroyed'
      | 'conflict'
      | 'store-error'
      | 'revoked'
      | 'rotated'
    > = 'load' as 'load' | 'store' | 'commit'
    expect(isTiming(rest)).toBe(true)
  })
})

describe('a session', () => {
  it('that nobody has tells nothing, ended or not', async () => {
    const { all, types, options } = await setUp()
    all()
    const { visit } = createVisitor(createSessionManager(options))
    await visit()
    await visit((session) => session.destroy())
    expect(types()).toEqual([])
  })

  it('is missed where its record is gone', async () => {
    const store = createMemoryStore({ now: () => NOON })
    const { visit, types, peek } = await setUp({ store })
    const stolen = (await peek()) as Session
    await visit((session) => session.destroy())
    types()
    expect((await peek()).isNew).toBe(true)
    expect(types()).toEqual([])
    stolen.n = 1
    const manager = createSessionManager({ secrets: SECRET, store })
    await manager.commit(stolen)
    expect(types()).toEqual(['missed'])
  })

  it('that is revoked says so', async () => {
    const { at, types } = await setUp()
    types()
    await at({ isRevoked: () => true }).visit()
    expect(types()).toEqual(['revoked'])
  })

  it.each([
    ['in its cookie', null],
    ['in a store', createMemoryStore({ now: () => NOON })],
  ])('that is ended without being loaded tells of that: %s', async (_, store) => {
    const { options, jar, types } = await setUp({ store })
    types()
    const logout = withSession(options, (_, session) => {
      session.destroy()
      return new Response('bye')
    })
    await logout(new Request('https://a.example/', { headers: { cookie: jar.header } }))
    expect(types()).toEqual(['destroyed'])
    await logout(new Request('https://a.example/'))
    expect(types()).toEqual([])
  })

  it('that is ended from elsewhere tells of that, without a context', async () => {
    const on = vi.fn<(event: SessionEvent, ctx: unknown) => void>()
    const principal = (data: { user?: string }): string | undefined => data.user
    const store = createMemoryStore({ now: () => NOON })
    const manager = createSessionManager<{ user?: string }, string>({
      secrets: SECRET,
      store,
      principal,
      on,
    })
    for (let count = 0; count < 3; count++) {
      const session = await manager.load(null, 'ctx')
      session.user = 'ada'
      await manager.commit(session)
    }
    on.mockReset()
    await manager.destroy((await manager.list('ada'))[0]!.id)
    await manager.destroyAll('ada')
    expect(on.mock.calls.filter(([{ type }]) => type === 'destroyed')).toHaveLength(3)
    expect(on.mock.calls.every(([, ctx]) => ctx === undefined)).toBe(true)
  })
})

describe('how long it took', () => {
  const durations = (events: SessionEvent[]): [Type, string, number][] =>
    events.flatMap((event) =>
      'duration' in event ? [[event.type, event.outcome, event.duration]] : [],
    )

  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('is told of each load, each store operation and each commit', async () => {
    const store = createRecordingStore()
    const { visit, all } = await setUp({ store })
    expect(durations(all())).toEqual([
      ['load', 'none', 0],
      ['store', 'done', 0],
      ['commit', 'create', 0],
    ])
    let took = 1
    for (const method of ['get', 'set', 'destroy'] as const) {
      const plain = store[method] as (...args: any[]) => unknown
      Object.assign(store, {
        [method](...args: unknown[]) {
          vi.advanceTimersByTime((took *= 2))
          return plain(...args)
        },
      })
    }
    await visit((session) => (session.n = 1))
    expect(durations(all())).toEqual([
      ['store', 'done', 2],
      ['load', 'loaded', 2],
      ['store', 'done', 4],
      ['commit', 'changed', 4],
    ])
    await visit((session) => session.destroy())
    expect(durations(all())).toEqual([
      ['store', 'done', 8],
      ['load', 'loaded', 8],
      ['store', 'done', 16],
      ['commit', 'destroy', 16],
    ])
  })

  it('names the operation', async () => {
    const { visit, all } = await setUp({ store: createRecordingStore() })
    await visit((session) => session.regenerate())
    const operations = all().flatMap((event) => (event.type === 'store' ? [event.operation] : []))
    expect(operations).toEqual(['set', 'get', 'set', 'destroy'])
  })

  it.each([
    ['throw', 'failed'],
    ['anonymous', 'failed'],
  ] as const)('is told of what failed, too: %s', async (onStoreError, outcome) => {
    const store = createRecordingStore()
    const { visit, all } = await setUp({ store, onStoreError })
    all()
    store.instead.get = () => Promise.reject(new Error('down'))
    await visit().catch(() => {})
    const told = all()
    expect(told.map(({ type }) => type).slice(0, 3)).toEqual(['store-error', 'store', 'load'])
    expect(durations(told).slice(0, 2)).toEqual([
      ['store', outcome, 0],
      ['load', outcome, 0],
    ])
    delete store.instead.get
    store.instead.set = () => Promise.reject(new Error('down'))
    await visit((session) => (session.n = 1)).catch(() => {})
    expect(durations(all()).at(-1)).toEqual(['commit', 'failed', 0])
  })

  it('is told of a commit that has nothing to do, and of one that finds its session ended', async () => {
    const { visit, peek, all, options } = await setUp({
      store: createMemoryStore({ now: () => NOON }),
    })
    const late = await peek()
    await visit()
    expect(durations(all()).at(-1)).toEqual(['commit', 'nothing', 0])
    await visit((session) => session.destroy())
    late.n = 1
    await createSessionManager(options).commit(late)
    expect(durations(all()).at(-1)).toEqual(['commit', 'dropped', 0])
  })

  it('costs nothing where nobody listens', async () => {
    const clock = vi.spyOn(performance, 'now')
    for (const store of [null, createMemoryStore({ now: () => NOON })]) {
      const { visit } = await setUp({ on: null, store })
      await visit((session) => (session.n = 1))
      await visit((session) => session.destroy())
    }
    expect(clock).not.toHaveBeenCalled()
  })
})

describe('a listener', () => {
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
    ['rejects late', async () => Promise.resolve().then(() => Promise.reject(new Error('mine')))],
  ])('that %s changes nothing, and is reported by the console', async (_, on) => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { visit, peek } = await setUp({ on, store: createMemoryStore({ now: () => NOON }) })
    await visit((session) => (session.n = 1))
    expect(await peek()).toMatchObject({ user: 'fred', n: 1 })
    for (let turn = 0; turn < 9; turn++) await Promise.resolve()
    expect(error.mock.calls.length).toBeGreaterThan(5)
    for (const call of error.mock.calls) expect(call).toEqual([new Error('mine')])
    error.mockRestore()
  })

  it('hears beside others, in order, whatever they do', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const heard: string[] = []
    const note = (name: string) => (event: SessionEvent) => {
      heard.push(`${name} ${event.type}`)
      throw new Error(name)
    }
    await setUp({ on: [note('a'), note('b')] })
    expect(heard).toEqual(
      ['load', 'created', 'commit'].flatMap((type) => [`a ${type}`, `b ${type}`]),
    )
    error.mockRestore()
  })
})
