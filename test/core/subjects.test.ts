import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createMemoryStore } from '../../src/memory.ts'
import {
  createSessionManager,
  type SessionManager,
  type SessionOptions,
  type Store,
} from '../../src/index.ts'
import { createClock, DAY, HOUR, MINUTE, type Clock } from '../fixtures/clock.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

interface Visit {
  user?: string
  agent?: string
  n?: number
}

interface Setting {
  manager: SessionManager<Visit>
  store: Store
  clock: Clock
  login(user: string, agent?: string): Promise<Visitor>
}

function setUp(options: Partial<SessionOptions> = {}): Setting {
  const clock = createClock()
  const store = { ...createMemoryStore({ now: clock.now }), hashedKeys: true }
  const principal = (data: Visit): string | undefined => data.user
  const manager = createSessionManager<Visit>({
    secrets: SECRET,
    store,
    now: clock.now,
    principal,
    ...options,
  })
  return {
    manager,
    store,
    clock,
    async login(user, agent = 'Firefox') {
      const visitor = createVisitor(manager)
      await visitor.visit((session) => Object.assign(session, { user, agent }))
      return visitor
    },
  }
}

const userOf = async (visitor: Visitor): Promise<string | undefined> =>
  ((await visitor.peek()) as Visit).user

describe("a user's sessions", () => {
  it('are listed with their data, the newest login first, and nobody else’s', async () => {
    const { manager, clock, login } = setUp({ rolling: true, touchAfter: HOUR })
    const first = await login('ada', 'Firefox')
    clock.pass(HOUR)
    await login('ada', 'Safari')
    await login('bob')
    clock.pass(HOUR)
    await first.visit()

    const list = await manager.list('ada')
    expect(list.map(({ data }) => data.agent)).toEqual(['Safari', 'Firefox'])
    expect(list.map(({ created }) => clock.now() - created)).toEqual([HOUR, 2 * HOUR])
    expect(list.map(({ seen }) => clock.now() - seen!)).toEqual([HOUR, 0])
    expect(await manager.list('carol')).toEqual([])
  })

  it('end one by one, wherever they are', async () => {
    const { manager, login } = setUp()
    const [phone, laptop] = [await login('ada', 'phone'), await login('ada', 'laptop')]
    const lost = (await manager.list('ada')).find(({ data }) => data.agent === 'phone')!

    await manager.destroy(lost.id)
    expect(await userOf(phone)).toBe(undefined)
    expect(await userOf(laptop)).toBe('ada')
    expect(await manager.list('ada')).toHaveLength(1)
  })

  it('end all but the one at hand', async () => {
    const { manager, login } = setUp()
    const [phone, laptop, other] = [await login('ada'), await login('ada'), await login('bob')]

    expect(await manager.destroyAll('ada', { except: (await laptop.peek()) as never })).toBe(1)
    expect(await Promise.all([phone, laptop, other].map(userOf))).toEqual([undefined, 'ada', 'bob'])
    expect(await manager.destroyAll('ada')).toBe(1)
    expect(await userOf(laptop)).toBe(undefined)
    expect(await manager.destroyAll('ada')).toBe(0)
  })

  describe('that began when they held something else', () => {
    /** Sessions of an older version, whose users were under another name. */
    async function setUpOld(): Promise<Setting & { old: Visitor; odd: Visitor }> {
      const setting = setUp({ principal: (data) => data.name ?? data.user })
      const old = createVisitor(setting.manager)
      await old.visit((session) => (session.name = 'ada'))
      const odd = createVisitor(setting.manager)
      await odd.visit((session) => Object.assign(session, { user: 'ada', n: 'many' }))
      const manager = createSessionManager<Visit>({
        secrets: SECRET,
        store: setting.store,
        now: setting.clock.now,
        principal: (data) => data.user,
        schema: z.strictObject({ user: z.string().optional(), n: z.number().default(0) }),
        migrate: ({ name, ...rest }) => ({ ...rest, ...(name && { user: name }) }),
      })
      return { ...setting, manager, old, odd }
    }

    it('are listed as the schema has them, and those that it refuses are not', async () => {
      const { manager } = await setUpOld()
      expect((await manager.list('ada')).map(({ data }) => data)).toEqual([{ user: 'ada', n: 0 }])
    })

    it('end all the same', async () => {
      const { manager, old, odd } = await setUpOld()
      await manager.destroyAll('ada')
      expect([(await old.peek()).isNew, (await odd.peek()).isNew]).toEqual([true, true])
    })
  })

  it('have the label that the application gives them, and one is that of the request', async () => {
    const { manager, login } = setUp({ label: ({ agent }) => (agent === 'none' ? null : agent) })
    const [phone] = [await login('ada', 'phone'), await login('ada', 'none')]
    const current = (await phone!.peek()) as never
    const seen = (list: { label: unknown; current: boolean }[]): unknown =>
      list.map(({ label, current }) => [label, current])

    expect(seen(await manager.list('ada', { current }))).toEqual([
      ['phone', true],
      [undefined, false],
    ])
    expect(seen(await manager.list('ada'))).toEqual([
      ['phone', false],
      [undefined, false],
    ])
  })

  it('end all but the one at hand, though it is just about to get a new id', async () => {
    const { manager, login } = setUp()
    const [here, there] = [await login('ada'), await login('ada')]
    await here!.visit(async (session) => {
      await session.regenerate()
      const list = await manager.list('ada', { current: session as never })
      expect(list.filter(({ current }) => current)).toHaveLength(1)
      expect(await manager.destroyAll('ada', { except: session as never })).toBe(1)
    })
    expect(await Promise.all([here!, there!].map(userOf))).toEqual(['ada', undefined])
    expect(await manager.list('ada')).toHaveLength(1)
  })

  it('are put on the list once, however often the record has to be written', async () => {
    const { manager, store, login } = setUp()
    const visitor = createVisitor(manager)
    await visitor.visit((session) => ((session as Visit).n = 0))
    const others = await Promise.all([1, 2, 3].map(() => visitor.peek()))
    const lists: string[] = []
    const { compareAndSet } = store
    store.compareAndSet = async (key, record, ...rest) => {
      if ('sessions' in record) lists.push(key)
      else if ('user' in record) {
        // Another request is first, three times.
        const other = others.pop()
        if (other) {
          other[`key${others.length}`] = 1
          store.compareAndSet = compareAndSet!
          await manager.commit(other as never)
          store.compareAndSet = counting
        }
      }
      return compareAndSet!(key, record, ...rest)
    }
    const counting = store.compareAndSet
    await visitor.visit((session) => ((session as Visit).user = 'ada'))
    expect(await userOf(visitor)).toBe('ada')
    expect(others).toEqual([])
    expect(lists).toHaveLength(1)
    store.compareAndSet = compareAndSet!
    await login('ada')
    expect(await manager.list('ada')).toHaveLength(2)
  })

  it('are all listed, though they began at once', async () => {
    const { manager, login } = setUp()
    const visitors = await Promise.all(Array.from({ length: 12 }, () => login('ada')))
    expect(await manager.list('ada')).toHaveLength(12)
    expect(await manager.destroyAll('ada')).toBe(12)
    expect(await Promise.all(visitors.map(userOf))).toEqual(visitors.map(() => undefined))
  })

  it('leave the list with their logout, or when their time is over', async () => {
    const { manager, store, clock, login } = setUp()
    for (let i = 0; i < 30; i++) {
      const visitor = await login('ada')
      if (i % 2) await visitor.visit((session) => session.destroy())
    }
    expect(await manager.list('ada')).toHaveLength(15)
    clock.pass(DAY + HOUR)
    expect(await manager.list('ada')).toEqual([])

    const written: unknown[] = []
    const { compareAndSet } = store
    store.compareAndSet = (key, record, ...rest) => {
      written.push(record)
      return compareAndSet!(key, record, ...rest)
    }
    await login('ada')
    expect(Object.keys((written[0] as { sessions: object }).sessions)).toHaveLength(1)
  })

  it('leave the list when a lower absoluteMaxAge has ended them, as their cookies tell, too', async () => {
    const { store, clock, login } = setUp()
    const visitor = await login('ada')
    clock.pass(2 * HOUR)
    const { manager } = setUp({ store, now: clock.now, absoluteMaxAge: HOUR })

    expect((await manager.load(visitor.jar.header)).isNew).toBe(true)
    expect(await manager.list('ada')).toEqual([])
  })

  describe('under a lower maxAge than they were saved with', () => {
    const lower = { maxAge: HOUR, rolling: true, touchAfter: 0 }

    it('leave the list when it has ended them, as their cookies tell, too', async () => {
      const { store, clock, login } = setUp()
      const visitor = await login('ada')
      const { manager } = setUp({ store, now: clock.now, ...lower })
      clock.pass(HOUR - MINUTE)
      expect(await manager.list('ada')).toHaveLength(1)
      clock.pass(MINUTE)

      expect((await manager.load(visitor.jar.header)).isNew).toBe(true)
      expect(await manager.list('ada')).toEqual([])
    })

    it('stay on it with a maxAge of their own', async () => {
      const { store, clock, login } = setUp()
      const visitor = await login('ada')
      await visitor.visit((session) => (session.maxAge = 2 * DAY))
      const { manager } = setUp({ store, now: clock.now, ...lower })
      clock.pass(DAY)

      expect(await manager.load(visitor.jar.header)).toMatchObject({ user: 'ada' })
      expect(await manager.list('ada')).toHaveLength(1)
    })

    it('stay on it as long as they are used, and tell when that was', async () => {
      const { store, clock, login } = setUp()
      const { jar } = await login('ada')
      const { manager } = setUp({ store, now: clock.now, ...lower })
      const { visit } = createVisitor(manager, jar)
      for (let time = 0; time < 3; time++) {
        clock.pass(HOUR / 2)
        await visit()
      }
      clock.pass(HOUR / 2)

      const used = clock.now() - HOUR / 2
      expect(await manager.list('ada')).toMatchObject([{ seen: used }])
    })

    it('were not seen later than now, though one request shortens its time and another lets it live on', async () => {
      const { store, clock, login } = setUp()
      const { jar } = await login('ada')
      const { manager } = setUp({ store, now: clock.now, rolling: true, touchAfter: 0 })
      const [one, other] = [await manager.load(jar.header), await manager.load(jar.header)]
      one.maxAge = HOUR
      await manager.commit(one)
      await manager.commit(other)

      expect(await manager.list('ada')).toMatchObject([{ seen: clock.now() }])
    })

    it('stay on it where absoluteMaxAge may have cut short the time they were saved for', async () => {
      const common = { absoluteMaxAge: DAY, rolling: true }
      const { store, clock, login } = setUp({ ...common, maxAge: 20 * HOUR })
      const visitor = await login('ada')
      clock.pass(19 * HOUR)
      await visitor.visit()
      const { manager } = setUp({ store, now: clock.now, ...common, maxAge: 2 * HOUR })
      clock.pass(HOUR)

      expect(await manager.load(visitor.jar.header)).toMatchObject({ user: 'ada' })
      expect(await manager.list('ada')).toHaveLength(1)
    })

    it('are ended with the others, lest a higher one bring them back', async () => {
      const { store, clock, login, manager: before } = setUp()
      const visitor = await login('ada')
      clock.pass(2 * HOUR)
      for (const limits of [{ maxAge: HOUR }, { absoluteMaxAge: HOUR }]) {
        const { manager } = setUp({ store, now: clock.now, ...limits })
        expect(await manager.destroyAll('ada')).toBe(0)
        expect((await before.load(visitor.jar.header)).isNew).toBe(true)
        await visitor.visit((session) => Object.assign(session, { user: 'ada' }))
        clock.pass(2 * HOUR)
      }
    })

    it('stay on it under a signed id, which keeps the time that they were saved for', async () => {
      const { store, clock, login } = setUp({ encrypt: false })
      const visitor = await login('ada')
      const { manager } = setUp({ store, now: clock.now, encrypt: false, ...lower })
      clock.pass(2 * HOUR)

      expect(await manager.load(visitor.jar.header)).toMatchObject({ user: 'ada' })
      expect(await manager.list('ada')).toHaveLength(1)
    })
  })

  it('show to who reads the store neither whose they are nor an id', async () => {
    const { manager, store, login } = setUp()
    const seen: unknown[] = []
    const { compareAndSet } = store
    store.compareAndSet = (...args) => {
      seen.push(args.slice(0, 4))
      return compareAndSet!(...args)
    }
    const visitor = await login('canary-ada')
    const [index] = seen
    expect(JSON.stringify(index)).not.toContain('canary-ada')
    expect(JSON.stringify(seen)).not.toContain((await visitor.peek()).externalKey!)
    expect(JSON.stringify(await manager.list('canary-ada'))).not.toContain(
      (await visitor.peek()).externalKey!,
    )
  })

  it.each([
    ['without "principal"', { principal: null }],
    ['without a store', { store: null }],
    ['with a store of three methods', { store: { get() {}, set() {}, destroy() {} } }],
  ])('cannot be listed %s', async (_, options) => {
    const { manager } = setUp(options)
    for (const call of [manager.list('a'), manager.destroyAll('a'), manager.destroy('a')]) {
      expect(await rejectionOf(call)).toMatchObject({
        code: 'ERR_SESSION_OPTIONS',
        message: 'Listing sessions needs the option "principal" and a store with compareAndSet.',
      })
    }
  })

  it('are not said to be none where the store fails', async () => {
    const { manager, store, login } = setUp({ onStoreError: 'anonymous' })
    await login('ada')
    store.get = () => Promise.reject(new Error('down'))
    expect((await rejectionOf(manager.list('ada'))).code).toBe('ERR_SESSION_STORE')
    expect((await rejectionOf(manager.destroyAll('ada'))).code).toBe('ERR_SESSION_STORE')
  })
})

describe('a login that cannot be listed', () => {
  it.each(['get', 'compareAndSet'] as const)('is not kept where %s fails', async (operation) => {
    const { manager, store } = setUp({ onStoreError: 'anonymous' })
    store[operation] = () => Promise.reject(new Error('down'))
    const visitor = createVisitor(manager)
    const { cookies } = await visitor.visit((session) => (session.user = 'ada'))
    expect(cookies).toEqual([])
  })
})

describe('another principal', () => {
  it.each(['store', 'cookie'])('gets another id, in a %s', async (kind) => {
    const { manager } = setUp(kind === 'cookie' ? { store: null } : {})
    const visitor = createVisitor(manager)
    await visitor.visit((session) => (session.n = 1))
    const before = visitor.jar.header
    const { externalKey } = await visitor.peek()
    await visitor.visit((session) => (session.user = 'ada'))

    expect(await visitor.peek()).toMatchObject({ n: 1, user: 'ada' })
    if (kind === 'cookie') return
    expect((await visitor.peek()).externalKey).not.toBe(externalKey)
    expect(await manager.load(before)).toMatchObject({ isNew: true })
  })

  it('is no reason to change the id of a session whose user stays', async () => {
    const { login } = setUp()
    const visitor = await login('ada')
    const { externalKey } = await visitor.peek()
    await visitor.visit((session) => (session.n = 5))
    expect((await visitor.peek()).externalKey).toBe(externalKey)
  })

  it('is listed under its new name alone', async () => {
    const { manager, login } = setUp()
    const visitor = await login('ada')
    await visitor.visit((session) => (session.user = 'bob'))
    expect(await manager.list('ada')).toEqual([])
    expect(await manager.list('bob')).toHaveLength(1)
  })

  it('gets nothing that was meant for the one before', async () => {
    const { manager, login } = setUp()
    const visitor = await login('ada')
    const slow = await manager.load(visitor.jar.header)
    slow.n = 99
    await visitor.visit((session) => (session.user = 'bob'))

    expect(await manager.commit(slow)).toEqual([])
    expect(await visitor.peek()).toMatchObject({ user: 'bob' })
    expect(((await visitor.peek()) as Visit).n).toBe(undefined)
  })

  it('gets nothing of it where a server that knows no principals has kept the id, either', async () => {
    const { manager, store, clock, login } = setUp()
    const visitor = await login('ada')
    const [slow, other] = [await manager.load(visitor.jar.header), await visitor.peek()]
    slow.n = 99
    const plain = createSessionManager<Visit>({ secrets: SECRET, store, now: clock.now })
    const there = await plain.load(visitor.jar.header)
    there.user = 'bob'
    await plain.commit(there)

    expect(await manager.commit(slow)).toEqual([])
    expect(await visitor.peek()).toMatchObject({ user: 'bob', agent: 'Firefox' })
    expect(((await visitor.peek()) as Visit).n).toBe(undefined)
    expect((await visitor.peek()).externalKey).toBe(other.externalKey)
  })
})
