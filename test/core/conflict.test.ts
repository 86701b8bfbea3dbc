import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import {
  createSessionManager,
  type Session,
  type SessionManager,
  type SessionOptions,
  type Store,
} from '../../src/index.ts'
import { createClock, MINUTE, SECOND, type Clock } from '../fixtures/clock.ts'
import { Jar } from '../fixtures/cookies.ts'
import { isOnWebCrypto } from '../fixtures/engine.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'

interface Race {
  manager: SessionManager<any, any>
  clock: Clock
  events: string[]
  header: string
  /** Two sessions of one visitor, loaded before either is committed. */
  a: Session
  b: Session
  now(): Promise<Session>
}

async function race(options: Partial<SessionOptions> = {}): Promise<Race> {
  const clock = createClock()
  const events: string[] = []
  const on = onTrouble(({ type }) => events.push(type))
  const store = createMemoryStore(clock)
  const manager = createSessionManager({ secrets: SECRET, store, now: clock.now, on, ...options })
  const { jar, visit } = createVisitor(manager)
  await visit((session) => Object.assign(session, { user: 'fred', n: 0 }))
  const [a, b] = [await manager.load(jar.header), await manager.load(jar.header)]
  return { manager, clock, events, header: jar.header, a, b, now: () => manager.load(jar.header) }
}

describe('two requests of one session, with a store that compares', () => {
  it('lose no key that one of them changed', async () => {
    const { manager, a, b, now, events } = await race()
    a.left = 1
    b.right = 2
    delete b.n
    expect(await manager.commit(a)).toHaveLength(1)
    expect(await manager.commit(b)).toHaveLength(1)
    expect((await now()).toJSON()).toEqual({ user: 'fred', left: 1, right: 2 })
    expect(b.toJSON()).toEqual({ user: 'fred', left: 1, right: 2 })
    expect(events).toEqual([])
  })

  it('keep the stored value where both changed a key, and say so', async () => {
    const { manager, a, b, now, events } = await race()
    a.n = 1
    b.n = 2
    await manager.commit(a)
    await manager.commit(b)
    expect((await now()).n).toBe(1)
    expect(events).toEqual(['conflict'])
  })

  it('do not merge where conflict is "error"', async () => {
    const { manager, a, b, now } = await race({ conflict: 'error' })
    a.left = 1
    b.right = 2
    await manager.commit(a)
    const error = await rejectionOf(manager.commit(b))
    expect(error).toMatchObject({ name: 'SessionError', code: 'ERR_SESSION_CONFLICT' })
    expect((await now()).toJSON()).toEqual({ user: 'fred', n: 0, left: 1 })
  })

  it('count every update', async () => {
    const { manager, header, now } = await race()
    const sessions = await Promise.all(Array.from({ length: 12 }, () => manager.load(header)))
    await Promise.all(sessions.map((session) => session.update((one: any) => one.n++)))
    expect((await now()).n).toBe(12)
  })

  it('count every update of a list that is in the session', async () => {
    const { manager, header, now } = await race()
    const first = await manager.load(header)
    first.items = []
    await manager.commit(first)
    const sessions = await Promise.all(Array.from({ length: 6 }, () => manager.load(header)))
    await Promise.all(
      sessions.map((session, i) => session.update((one: any) => void one.items.push(i))),
    )
    expect((await now()).items.toSorted()).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('keep what a session does to others’ changes in a second commit', async () => {
    const { manager, a, b, now, events } = await race()
    a.items = ['a']
    b.right = 2
    await manager.commit(a)
    await manager.commit(b)
    b.items.push('b')
    await manager.commit(b)
    expect((await now()).items).toEqual(['a', 'b'])
    expect(events).toEqual([])
  })

  it('make an update again on what others stored, round after round', async () => {
    const { manager, header, b, now } = await race()
    const others = [await manager.load(header), await manager.load(header)]
    await b.update(async (one: any) => {
      one.n++
      const other = others.pop()
      if (!other) return
      other[`key${others.length}`] = 1
      await manager.commit(other)
    })
    expect((await now()).toJSON()).toEqual({ user: 'fred', n: 1, key1: 1, key0: 1 })
    expect(b.n).toBe(1)
  })

  it('take along to a new id what another request changed meanwhile', async () => {
    const { manager, a, b, now } = await race()
    a.left = 1
    b.right = 2
    await b.regenerate()
    await manager.commit(a)
    const [cookie] = await manager.commit(b)
    const moved = await manager.load(cookie!.split(';')[0])
    expect(moved.toJSON()).toEqual({ user: 'fred', n: 0, left: 1, right: 2 })
    expect((await now()).isNew).toBe(true)
  })

  it.each([
    ['changes it', (session: any) => (session.late = 1)],
    ['saves it', (session: any) => (session.maxAge = MINUTE)],
    ['gives it a new id', (session: any) => session.regenerate()],
    ['leaves a flash', (session: any) => session.flash('note', 'hi')],
  ])('leave it ended, though a slow one %s', async (_, act) => {
    const { manager, a, b, now } = await race()
    a.destroy()
    await act(b)
    await manager.commit(a)
    expect(await manager.commit(b)).toEqual([])
    expect((await now()).toJSON()).toEqual({})
    expect(b.toJSON()).toEqual({})
    expect(await manager.commit(b)).toEqual([])
  })

  it.each([{ rolling: true, touchAfter: 0 }, { renew: true }])(
    'leave it ended, with %j',
    async (options) => {
      const { manager, clock, a, b, now } = await race({ ...options, maxAge: 2 * MINUTE })
      clock.pass(1.5 * MINUTE)
      a.destroy()
      await manager.commit(a)
      expect(await manager.commit(b)).toEqual([])
      expect((await now()).toJSON()).toEqual({})
    },
  )

  it('leave nothing of it to the one that hears of its end: no data, and no message', async () => {
    const { manager, header, a } = await race()
    a.flash('notice', 'for fred')
    await manager.commit(a)
    const late = await manager.load(header)
    const logout = await manager.load(header)
    logout.destroy()
    await manager.commit(logout)
    await late.save()

    expect({ ...late }).toEqual({})
    expect(late.flash('notice')).toBeUndefined()
  })

  it('give one new id where both ask for one', async () => {
    const { manager, a, b, now } = await race()
    await a.regenerate()
    await b.regenerate()
    const won = await manager.commit(a)
    expect(won).toHaveLength(1)
    expect(await manager.commit(b)).toEqual([])
    expect((await now()).isNew).toBe(true)
    expect((await manager.load(won[0]!.split(';')[0])).user).toBe('fred')
  })

  it('never take the place of a record with the same new id', async () => {
    const ids = ['same', 'same', 'other']
    const store = createMemoryStore()
    const genid = (): string => ids.shift()!
    const manager = createSessionManager({ secrets: SECRET, store, genid })
    const [a, b] = [await manager.load(null), await manager.load(null)]
    a.user = 'fred'
    b.user = 'flo'
    const cookies = [...(await manager.commit(a)), ...(await manager.commit(b))]
    const [first, second] = await Promise.all(
      cookies.map((cookie) => manager.load(cookie.split(';')[0])),
    )
    expect([first!.user, second!.user]).toEqual(['fred', 'flo'])
  })
})

describe('a session that only lives on', () => {
  it.each([{ rolling: true, touchAfter: 0 }, { renew: true }])(
    'is touched where the store can: %j',
    async (options) => {
      const clock = createClock()
      const store = createMemoryStore(clock)
      const touch = vi.spyOn(store, 'touch')
      const set = vi.spyOn(store, 'compareAndSet')
      const config = { ...options, store, now: clock.now, maxAge: 2 * MINUTE }
      const { manager, a, b, header } = await race(config)
      clock.pass(1.5 * MINUTE)
      set.mockClear()
      expect(await manager.commit(a)).toHaveLength(1)
      const expire = clock.now() + 2 * MINUTE
      const keep = 2 * MINUTE + 10 * SECOND
      expect(touch.mock.calls).toEqual([[expect.any(String), keep, { expire, ctx: undefined }]])
      expect(set).not.toHaveBeenCalled()
      b.n = 1
      await manager.commit(b)
      expect((await manager.load(header)).toJSON()).toEqual({ user: 'fred', n: 1 })
    },
  )
})

describe('two requests of one session, with a store of three methods', () => {
  it('keep what the last one wrote', async () => {
    const { manager, a, b, now } = await race({ store: createRecordingStore() })
    a.left = 1
    b.right = 2
    await manager.commit(a)
    await manager.commit(b)
    expect((await now()).toJSON()).toEqual({ user: 'fred', n: 0, right: 2 })
  })
})

/** A store whose answers come when the scheduler says. */
function scheduled(scheduler: fc.Scheduler, store: Store): Store {
  const later = (name: keyof Store): any =>
    scheduler.scheduleFunction(async (...args: unknown[]) => (store[name] as any)(...args))
  const { consistency, hashedKeys } = store
  const methods = ['get', 'set', 'destroy', 'compareAndSet', 'touch'] as const
  const slow = Object.fromEntries(methods.map((name) => [name, later(name)]))
  return { ...slow, consistency, hashedKeys } as Store
}

describe('up to three requests at once, in every order of store operations', () => {
  const act = fc.constantFrom('read', 'add', 'add', 'update', 'regenerate', 'destroy')

  it('lose nothing, bring nothing back, and leave one session', async () => {
    const acts = fc.array(act, { minLength: 2, maxLength: 3 })
    const check = fc.asyncProperty(
      fc.scheduler(),
      acts,
      fc.boolean(),
      async (scheduler, acts, rolling) => {
        const inner = createMemoryStore()
        const base = { secrets: SECRET, storeTimeout: MINUTE, rolling, touchAfter: 0 }
        const direct = createSessionManager({ ...base, store: inner })
        const { jar, visit } = createVisitor(direct)
        await visit((session) => Object.assign(session, { user: 'fred', n: 0 }))
        const manager = createSessionManager({ ...base, store: scheduled(scheduler, inner) })

        const request = async (act: string, index: number): Promise<string[]> => {
          const session = await manager.load(jar.header)
          // A request that came after the session ended has nothing to do.
          if (session.isNew) return []
          if (act === 'add') session[`key${index}`] = index
          if (act === 'update') await session.update((one) => one.n++)
          if (act === 'regenerate') await session.regenerate()
          if (act === 'destroy') session.destroy()
          return manager.commit(session)
        }
        const answers = await scheduler.waitFor(Promise.all(acts.map(request)))

        const headers = [jar.header]
        for (const cookies of answers) {
          const own = new Jar()
          own.take(cookies)
          headers.push(own.header)
        }
        const sessions = await Promise.all(headers.map((header) => direct.load(header)))
        const live = sessions.filter((session) => !session.isNew)
        expect(new Set(live.map((session) => session.externalKey)).size).toBeLessThan(2)

        const isEnded = acts.includes('destroy') || acts.includes('regenerate')
        expect(sessions[0]!.isNew).toBe(isEnded)
        const keys = acts.flatMap((act, index) => (act === 'add' ? [[`key${index}`, index]] : []))
        const n = acts.filter((act) => act === 'update').length
        const all = { user: 'fred', n, ...Object.fromEntries(keys) }
        expect(isEnded ? all : sessions[0]!.toJSON()).toEqual(all)
      },
    )
    await fc.assert(check, { numRuns: isOnWebCrypto ? 200 : 600 })
  }, 60_000)
})
