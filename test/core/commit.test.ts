import { describe, expect, it, vi } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import { createSessionManager, type SessionFormat, type SessionOptions } from '../../src/index.ts'
import { createClock, HOUR } from '../fixtures/clock.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'

const clock = createClock()
const managerOf = (options: Partial<SessionOptions> = {}): any =>
  createSessionManager({ secrets: SECRET, now: clock.now, maxAge: HOUR, ...options })

describe('what an application makes of a session', () => {
  it.each([undefined, null, '', 5, {}])('may be no id but text: %j', async (id) => {
    const manager = managerOf({ store: createMemoryStore(clock), genid: () => id as never })
    const session = Object.assign(await manager.load(null), { user: 'fred' })
    expect(await rejectionOf(manager.commit(session))).toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: 'Session option "genid" or "encode" must make text.',
    })
  })

  it.each(['a;b', 'a\n', 'é', '\u007f', '\u0000'])('may be no cookie like %j', async (text) => {
    const manager = managerOf({ encrypt: false, encode: () => text })
    const session = Object.assign(await manager.load(null), { user: 'fred' })
    expect(await rejectionOf(manager.commit(session))).toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: 'Session option "genid" or "encode" must make printable ASCII without ;.',
    })
  })
})

describe('a session that others change at the same time', () => {
  it('is given up after so many rounds, and the error says so', async () => {
    const memory = createMemoryStore(clock)
    const compareAndSet = vi.fn<() => boolean>(() => false)
    const visitor = createVisitor(managerOf({ store: memory }))
    await visitor.visit((session) => (session.user = 'fred'))
    const manager = managerOf({ store: { ...memory, compareAndSet } })
    const session = await manager.load(visitor.jar.header)
    session.n = 1
    // Of all that is waited for, the pauses between the rounds are over at once.
    const later = setTimeout
    const timers = vi.spyOn(globalThis, 'setTimeout')
    timers.mockImplementation(((call: () => void, ms: number) =>
      later(call, ms > 100 ? ms : 0)) as typeof setTimeout)
    const error = await rejectionOf(manager.commit(session))
    timers.mockRestore()
    expect(error).toMatchObject({
      code: 'ERR_SESSION_CONFLICT',
      message: 'Other requests kept changing the session.',
    })
    expect(compareAndSet).toHaveBeenCalledTimes(32)
  })

  it('is merged where nobody listens, too, and loses what another has taken out', async () => {
    const manager = managerOf({ store: createMemoryStore(clock) })
    const visitor = createVisitor(manager)
    await visitor.visit((session) => Object.assign(session, { a: 1, b: 1 }))
    const [first, second] = [await visitor.peek(), await visitor.peek()]
    delete first.b
    first.a = 2
    second.a = 3
    await manager.commit(first)
    await manager.commit(second)
    expect(second.toJSON()).toEqual({ a: 2 })
    expect((await visitor.peek()).toJSON()).toEqual({ a: 2 })
  })

  it('is an error where that is asked for, in these words', async () => {
    const manager = managerOf({ store: createMemoryStore(clock), conflict: 'error' })
    const visitor = createVisitor(manager)
    await visitor.visit((session) => (session.a = 1))
    const [first, second] = [await visitor.peek(), await visitor.peek()]
    first.a = 2
    second.a = 3
    await manager.commit(first)
    expect((await rejectionOf(manager.commit(second))).message).toBe(
      'Another request has changed the session meanwhile (option "conflict").',
    )
  })
})

describe('a session whose keys are out of reach', () => {
  it('is left as it is, whatever the handler does', async () => {
    const format = (() => ({
      open: () => 'unknown',
      seal: (text: string) => encodeURIComponent(text),
    })) as unknown as SessionFormat
    const events: string[] = []
    const manager = createSessionManager<any>({ format, on: ({ type }) => events.push(type) })
    const session = await manager.load('__Host-sid=token')
    session.user = 'mallory'
    expect(await manager.commit(session)).toEqual([])
    expect(session.isNew).toBe(true)
    expect(events).not.toContain('created')
  })
})

describe('a record', () => {
  it('is good in the very millisecond of its end, and not after it', async () => {
    const manager = managerOf({ store: createMemoryStore(clock), encrypt: false })
    const visitor = createVisitor(manager)
    await visitor.visit((session) => (session.user = 'fred'))
    clock.pass(HOUR)
    expect((await visitor.peek()).isNew).toBe(false)
    clock.pass(1)
    expect((await visitor.peek()).isNew).toBe(true)
  })

  it('that a cookie names is none where there is no store, though the cookie has a copy', async () => {
    const store = { ...createMemoryStore(clock), consistency: 'eventual' as const }
    const visitor = createVisitor(managerOf({ store }))
    await visitor.visit((session) => (session.user = 'fred'))
    expect((await managerOf({ store }).load(visitor.jar.header)).user).toBe('fred')
    expect((await managerOf().load(visitor.jar.header)).populated).toBe(false)
  })

  it('is not asked about where a list of revoked sessions fails: the error says what was asked', async () => {
    const isRevoked = (): never => {
      throw new TypeError('down')
    }
    const visitor = createVisitor(managerOf())
    await visitor.visit((session) => (session.user = 'fred'))
    const error = await rejectionOf(
      (async () => managerOf({ isRevoked }).load(visitor.jar.header))(),
    )
    expect(error.message).toBe('The session store failed to get (TypeError).')
  })
})
