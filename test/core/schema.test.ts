import { type } from 'arktype'
import * as fc from 'fast-check'
import * as v from 'valibot'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { z } from 'zod'
import {
  createSessionManager,
  withSession,
  type LazySession,
  type SchemaData,
  type Session,
  type SessionData,
  type SessionEvent,
  type SessionManager,
  type SessionOptions,
  type StandardSchema,
} from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import type { Json } from '../../src/record.ts'
import { createRevocation } from '../../src/revocation.ts'
import { assignData, SessionObject } from '../../src/session.ts'
import { createClock, DAY, HOUR, MINUTE } from '../fixtures/clock.ts'
import { copyCookies, Jar } from '../fixtures/cookies.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

const clock = createClock()
const events: SessionEvent[] = []
const errorOf = (event: SessionEvent): Error =>
  ('error' in event && event.error) || new Error('none')

afterEach(() => void events.splice(0))

type Options = Partial<SessionOptions<any, any>>

function managerOf(options: Options = {}): SessionManager<any, any> {
  return createSessionManager<any, any>({
    secrets: SECRET,
    now: clock.now,
    on: onTrouble((event) => events.push(event)),
    ...options,
  })
}

/** A visitor whose session an earlier version of the application has made, without a schema. */
async function visitorOf(data: object, options: Options, earlier: Options = {}): Promise<Visitor> {
  const { store, encrypt } = options
  const before = createVisitor(managerOf({ store, encrypt, ...earlier }))
  await before.visit((session) => assignData(session, data as Json))
  const visitor = createVisitor(managerOf(options))
  copyCookies(before.jar, visitor.jar)
  return visitor
}

/** One schema, in the words of three libraries: text that is trimmed, and a default. */
const schemas: [string, StandardSchema<any, { user?: string; views: number }>][] = [
  ['zod', z.object({ user: z.string().trim().optional(), views: z.number().default(0) })],
  [
    'valibot',
    v.object({
      user: v.optional(v.pipe(v.string(), v.trim())),
      views: v.optional(v.number(), 0),
    }),
  ],
  ['arktype', type({ 'user?': 'string.trim', views: 'number = 0' })],
]

const places: [string, () => Options][] = [
  ['in its cookie', () => ({})],
  ['in a signed cookie', () => ({ encrypt: false })],
  ['in a store', () => ({ store: createMemoryStore(clock) })],
  ['in a store of three methods', () => ({ store: createRecordingStore() })],
]

describe.each(places)('a session %s', (_, place) => {
  describe.each(schemas)('with a schema of %s', (library, schema) => {
    it('is as the schema has it, and what the schema did to it is no change', async () => {
      const visitor = await visitorOf({ user: ' ada ' }, { ...place(), schema })
      for (let request = 0; request < 3; request++) {
        const { session, cookies } = await visitor.visit()
        expect({ ...session }).toEqual({ user: 'ada', views: 0 })
        expect(session.isNew).toBe(false)
        expect(cookies).toEqual([])
      }
      await visitor.visit((session) => void session.views++)
      expect({ ...(await visitor.peek()) }).toEqual({ user: 'ada', views: 1 })
      expect(events).toEqual([])
    })

    it('is a new one where the schema refuses what is there', async () => {
      const visitor = await visitorOf({ user: 7, views: 'many' }, { ...place(), schema })
      const { session, cookies } = await visitor.visit()
      expect([session.isNew, { ...session }]).toEqual([true, { views: 0 }])
      expect(cookies).toEqual([])
      expect(events).toMatchObject([{ type: 'invalid' }])
      expect(events[0]).not.toHaveProperty('error')
    })

    it('begins with the defaults, and is not kept for them', async () => {
      const visitor = createVisitor(managerOf({ ...place(), schema }))
      const { session, cookies } = await visitor.visit()
      expect([{ ...session }, cookies]).toEqual([{ views: 0 }, []])
      const next = await visitor.visit((session) => void session.views++)
      expect(next.cookies.length).toBeGreaterThan(0)
      expect({ ...(await visitor.peek()) }).toEqual({ views: 1 })
    })

    it('is kept with the defaults where that is asked for', async () => {
      const visitor = createVisitor(managerOf({ ...place(), schema }))
      expect((await visitor.visit((session) => session.save())).cookies).not.toEqual([])
      expect({ ...(await visitor.peek()) }).toEqual({ views: 0 })
    })

    it('keeps or loses what the schema does not know, as its library does, and that is no change', async () => {
      const visitor = await visitorOf({ user: 'ada', theme: 'dark' }, { ...place(), schema })
      const { session, cookies } = await visitor.visit()
      const kept = library === 'arktype' ? { theme: 'dark' } : {}
      expect({ ...session }).toEqual({ user: 'ada', views: 0, ...kept })
      expect(cookies).toEqual([])
    })

    it('is migrated once, and saved in that response', async () => {
      const migrate = vi.fn<(old: any, ctx: unknown) => unknown>(({ name }) => ({
        user: name.first,
      }))
      const options = { ...place(), schema, migrate }
      const visitor = await visitorOf({ name: { first: 'ada' }, views: '5' }, options)
      const { session, cookies } = await visitor.visit()
      expect([session.isNew, { ...session }]).toEqual([false, { user: 'ada', views: 0 }])
      expect(cookies.length).toBeGreaterThan(0)
      expect(migrate).toHaveBeenCalledExactlyOnceWith(
        { name: { first: 'ada' }, views: '5' },
        undefined,
      )
      const again = await visitor.visit()
      expect([{ ...again.session }, again.cookies]).toEqual([{ user: 'ada', views: 0 }, []])
      expect(migrate).toHaveBeenCalledTimes(1)
      expect(events).toEqual([])
    })
  })

  it('holds dates, where the schema makes them', async () => {
    const schema = z.object({ at: z.coerce.date() })
    const visitor = await visitorOf({ at: new Date(clock.now()) }, { ...place(), schema })
    for (let request = 0; request < 2; request++) {
      const { session, cookies } = await visitor.visit()
      expect([session.at, cookies]).toEqual([new Date(clock.now()), []])
    }
  })

  it('may have a schema that takes its time', async () => {
    const known = z.object({
      user: z.string().refine(async (user) => Promise.resolve(user === 'ada')),
    })
    for (const [user, isNew] of [
      ['ada', false],
      ['eve', true],
    ] as const) {
      const visitor = await visitorOf({ user }, { ...place(), schema: known })
      expect((await visitor.visit()).session.isNew).toBe(isNew)
    }
    expect(events).toMatchObject([{ type: 'invalid' }])
  })

  it('may be migrated by what takes its time, with the context', async () => {
    const schema = z.object({ user: z.string() })
    const migrate = async (old: any, ctx: unknown): Promise<object> => ({
      user: `${old.id}@${ctx}`,
    })
    const { jar } = await visitorOf({ id: 7 }, {}, place())
    const options = place()
    const stored = await visitorOf({ id: 7 }, { ...options, schema, migrate })
    const manager = managerOf({ ...options, schema, migrate })
    const session = await manager.load(stored.jar.header, 'shop')
    expect({ ...session }).toEqual({ user: '7@shop' })
    expect(jar.size).toBeGreaterThan(0)
  })

  const oops = new TypeError('ada has no name')
  it.each<[string, NonNullable<SessionOptions['migrate']>, string]>([
    ['throws', () => Promise.reject(oops), '"migrate" threw (TypeError)'],
    [
      'throws at once',
      () => {
        throw oops
      },
      '"migrate" threw (TypeError)',
    ],
    [
      'throws text',
      () => {
        throw 'ada'
      },
      '"migrate" threw ()',
    ],
    ['gives nothing', () => undefined, '"migrate" gave what "schema" refuses'],
    ['gives text', () => 'ada', '"migrate" gave what "schema" refuses'],
    ['gives other data', async () => ({ user: 7 }), '"migrate" gave what "schema" refuses'],
  ])('is a new one where migrate %s; an event tells, without data', async (_, migrate, what) => {
    const schema = z.object({ user: z.string() })
    const visitor = await visitorOf({ name: 'ada' }, { ...place(), schema, migrate })
    const { session } = await visitor.visit()
    expect([session.isNew, { ...session }]).toEqual([true, {}])
    expect(events).toMatchObject([
      { type: 'invalid', error: { name: 'SessionError', code: 'ERR_SESSION_SCHEMA' } },
    ])
    expect(errorOf(events[0]!).message).toBe(`Session option ${what}.`)
    expect(JSON.stringify([events, errorOf(events[0]!).stack])).not.toContain('ada')
  })

  it.each([
    ['throws', () => Promise.reject(oops)],
    [
      'throws at once',
      () => {
        throw oops
      },
    ],
  ])('is a new one where the schema %s', async (_, validate) => {
    const schema = { '~standard': { version: 1, vendor: 'own', validate } } as const
    const visitor = await visitorOf({ user: 'ada' }, { ...place(), schema })
    const { session } = await visitor.visit((session) => void (session.user = 'eve'))
    expect(session.isNew).toBe(false)
    expect(events).toMatchObject([{ type: 'invalid', error: { code: 'ERR_SESSION_SCHEMA' } }])
  })

  it('has its messages, whatever the schema asks for', async () => {
    const schema = z.object({ user: z.string() })
    const visitor = createVisitor(managerOf({ ...place(), schema }))
    await visitor.visit((session) => session.flash('notice', 'Welcome'))
    const { session } = await visitor.visit()
    expect(session.flash('notice')).toBe('Welcome')
    expect(events).toEqual([])
  })

  it('is over when it is over: nobody migrates it then', async () => {
    const migrate = vi.fn<() => object>(() => ({}))
    const schema = z.object({ user: z.string() })
    const visitor = await visitorOf({ name: 'ada' }, { ...place(), schema, migrate })
    clock.pass(2 * DAY)
    await visitor.visit()
    expect(events[0]?.type).toMatch(/expired|missed/)
    expect(migrate).not.toHaveBeenCalled()
  })

  it('lives no longer for being migrated', async () => {
    const schema = z.object({ user: z.string() })
    const migrate = ({ name }: any): object => ({ user: name })
    const visitor = await visitorOf({ name: 'ada' }, { ...place(), schema, migrate })
    clock.pass(23 * HOUR)
    await visitor.visit()
    clock.pass(HOUR - MINUTE)
    expect({ ...(await visitor.peek()) }).toEqual({ user: 'ada' })
    clock.pass(2 * MINUTE)
    expect({ ...(await visitor.peek()) }).toEqual({})
  })

  it('is shown to `valid` as the schema has it', async () => {
    const schema = z.object({ user: z.object({ id: z.number() }) })
    const migrate = ({ user }: any): object => ({ user: { id: user } })
    const valid = vi.fn<(ctx: unknown, record: any) => boolean>((_, { user }) => user.id === 7)
    const visitor = await visitorOf({ user: 7, old: 1 }, { ...place(), schema, migrate, valid })
    expect((await visitor.visit()).session.isNew).toBe(false)
    const [[, seen]] = valid.mock.calls as [[unknown, object]]
    const own = Object.keys(seen).filter((key) => !key.startsWith('_'))
    expect(own).toEqual(['user'])
  })

  it('is any record at all, and no error: 200 of them', async () => {
    const schema = z.object({ user: z.string(), cart: z.array(z.string()).max(3).optional() })
    const options = place()
    const strict = managerOf({ ...options, schema })
    const anything = fc.object({ maxDepth: 3 })
    const near = fc.record(
      { user: fc.oneof(fc.string(), fc.integer()), cart: fc.array(fc.string()) },
      { requiredKeys: ['user'] },
    )
    let good = 0
    await fc.assert(
      fc.asyncProperty(fc.oneof(anything, near, fc.constant({ user: 'ada' })), async (data) => {
        const plain = JSON.parse(JSON.stringify(data)) as object
        const visitor = await visitorOf({ some: 1, ...plain }, options)
        const session = await strict.load(visitor.jar.header)
        expect(SessionObject.stateOf(session).isNew).toBe(!schema.safeParse(plain).success)
        if (schema.safeParse({ ...session }).success) good++
        expect(await strict.commit(session)).toEqual([])
      }),
      // However long it takes: enough of them have to be good.
      { numRuns: 200, interruptAfterTimeLimit: 60_000 },
    )
    expect(good).toBeGreaterThan(20)
  })
})

describe('a record that the schema refuses', () => {
  const schema = z.object({ user: z.string() })

  it('stays in the store, for a version that takes it', async () => {
    const store = createRecordingStore()
    const visitor = await visitorOf({ name: 'ada' }, { store, schema })
    await visitor.visit()
    expect(store.operations()).toEqual(['set', 'get'])
    const before = createVisitor(managerOf({ store }))
    before.jar.take([`${visitor.jar.header}; Path=/`])
    expect({ ...(await before.peek()) }).toEqual({ name: 'ada' })
  })

  it('goes with a logout', async () => {
    const store = createMemoryStore(clock)
    const visitor = await visitorOf({ name: 'ada' }, { store, schema })
    const { header } = visitor.jar
    await visitor.visit((session) => session.destroy())
    expect((await managerOf({ store }).load(header)).isNew).toBe(true)
    expect(visitor.jar.size).toBe(0)
  })

  it('is not what a new session is written over', async () => {
    const store = createMemoryStore(clock)
    const visitor = await visitorOf({ name: 'ada' }, { store, schema })
    const { header } = visitor.jar
    await visitor.visit((session) => void (session.user = 'eve'))
    expect({ ...(await managerOf({ store }).load(header)) }).toEqual({ name: 'ada' })
    expect({ ...(await visitor.peek()) }).toEqual({ user: 'eve' })
  })
})

describe('requests that overlap', () => {
  const schema = z.object({
    at: z.coerce.date().optional(),
    theme: z.string().default('light'),
    items: z.array(z.string()).max(2).default([]),
    count: z.number().optional(),
  })

  async function race(data: object, options: Options = {}) {
    const store = createMemoryStore(clock)
    const { jar } = await visitorOf(data, { store })
    const manager = managerOf({ store, schema, ...options })
    const load = () => manager.load(jar.header)
    return { manager, store, load, jar, a: await load(), b: await load() }
  }

  it('are merged, and have what the schema makes', async () => {
    const { manager, a, b, load } = await race({ count: 1 })
    const at = new Date(clock.now())
    a.at = at
    await manager.commit(a)
    b.count = 2
    await manager.commit(b)
    expect(b.at).toEqual(at)
    expect({ ...(await load()) }).toEqual({ at, theme: 'light', items: [], count: 2 })
    expect(events).toEqual([])
  })

  it('make an update again on data as the schema has them', async () => {
    const { manager, a, b, load } = await race({ at: new Date(clock.now()) })
    a.theme = 'dark'
    await manager.commit(a)
    await b.update((session: any) => (session.at = new Date(session.at.getTime() + 1000)))
    expect({ ...(await load()) }).toMatchObject({
      at: new Date(clock.now() + 1000),
      theme: 'dark',
    })
  })

  it('lose a change that the schema refuses beside the other, as an event tells', async () => {
    const both = schema.refine(({ theme, count }) => theme !== 'dark' || count !== 2)
    const { manager, a, b, load } = await race({ count: 1 }, { schema: both })
    a.theme = 'dark'
    b.count = 2
    await manager.commit(a)
    await manager.commit(b)
    expect(await load()).toMatchObject({ theme: 'dark', count: 1 })
    expect(b).toMatchObject({ theme: 'dark', count: 1 })
    expect(events).toMatchObject([{ type: 'conflict' }])
  })

  it('are migrated, each of them, and merged', async () => {
    const migrate = ({ list, ...rest }: any): object => ({ ...rest, items: list?.split(',') })
    const options = { schema: schema.strict(), migrate }
    const { manager, a, b, load } = await race({ list: 'tea,milk' }, options)
    a.count = 1
    await manager.commit(a)
    await manager.commit(b)
    expect({ ...(await load()) }).toEqual({ theme: 'light', items: ['tea', 'milk'], count: 1 })
  })

  it('give up where the other has made a session that the schema refuses', async () => {
    const { manager, store, jar, b, load } = await race({ count: 1 })
    const other = managerOf({ store })
    const session = await other.load(jar.header)
    session.count = 'many'
    await other.commit(session)
    b.theme = 'dark'
    expect(await manager.commit(b)).toEqual([])
    expect(events).toMatchObject([{ type: 'missed' }])
    expect((await load()).isNew).toBe(true)
  })
})

it('a session that is migrated is revoked for the user that it then has', async () => {
  const schema = z.object({ user: z.object({ id: z.string() }) })
  const migrate = ({ user }: any): object => ({ user: { id: user } })
  const principal = ({ user }: any): string | undefined => user?.id
  const { isRevoked, revokeAll } = createRevocation(createMemoryStore(clock), { now: clock.now })
  const visitor = await visitorOf({ user: 'ada' }, { schema, migrate, principal, isRevoked })
  expect((await visitor.peek()).isNew).toBe(false)
  clock.pass(HOUR)
  await revokeAll('ada')
  expect((await visitor.peek()).isNew).toBe(true)
})

it('a stored object is not what validators and migrations work on', async () => {
  const records = new Map<string, any>()
  const store = {
    get: (key: string) => records.get(key),
    set: (key: string, record: object) => void records.set(key, record),
    destroy: (key: string) => void records.delete(key),
  }
  const schema = z.object({ cart: z.object({ items: z.array(z.string()) }) })
  const migrate = (old: any): object => {
    old.cart.items = old.cart.items.split(',')
    throw new Error('half-way')
  }
  const visitor = await visitorOf({ cart: { items: 'a,b' } }, { store, schema, migrate })
  await visitor.peek()
  expect([...records.values()]).toMatchObject([{ cart: { items: 'a,b' } }])
})

it('a session that has ended is empty, and is not kept for the defaults', async () => {
  const [, [, schema]] = schemas as [unknown, [string, StandardSchema<any, any>]]
  const visitor = await visitorOf({ user: 'ada' }, { schema })
  const { session, cookies } = await visitor.visit((session) => session.destroy())
  expect({ ...session }).toEqual({})
  expect(cookies[0]).toContain('Max-Age=0')
  expect(new Jar().header).toBe(visitor.jar.header)
})

describe('the type of a session', () => {
  const schema = z.object({ views: z.number().default(0), at: z.coerce.date().optional() })
  type Known = { views: number; at?: Date | undefined }

  it('is told by the schema', async () => {
    const manager = createSessionManager({ secrets: SECRET, schema })
    expectTypeOf(manager).toEqualTypeOf<SessionManager<Known>>()
    const session = await manager.load(null)
    expectTypeOf(session).toEqualTypeOf<Session<Known>>()
    expectTypeOf<SchemaData<typeof schema>>().toEqualTypeOf<Known>()
    expect(session.views + 1).toBe(1)
  })

  it('is told to the handler of withSession, too', async () => {
    const handler = withSession({ secrets: SECRET, schema }, async (_, lazy) => {
      expectTypeOf(lazy).toEqualTypeOf<LazySession<Known>>()
      return new Response(`${(await lazy).views}`)
    })
    expect(await (await handler(new Request('https://shop.example/'))).text()).toBe('0')
  })

  it('is any JSON without, or what is given', () => {
    const any = createSessionManager({ secrets: SECRET })
    const given = createSessionManager<{ cart?: string[] }>({ secrets: SECRET })
    expectTypeOf(any.load).returns.resolves.toEqualTypeOf<Session<SessionData>>()
    expectTypeOf(given.load).returns.resolves.toEqualTypeOf<Session<{ cart?: string[] }>>()
    createSessionManager<Known>({ secrets: SECRET, schema })
    // @ts-expect-error the schema has no cart
    createSessionManager<{ cart?: string[] }>({ secrets: SECRET, schema })
  })
})
