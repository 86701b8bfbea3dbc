import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createSessionManager,
  SessionError,
  type SessionEvent,
  type SessionOptions,
  type StoreOperation,
} from '../../src/index.ts'
import { createClock, DAY } from '../fixtures/clock.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore, type RecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { hearUnhandled } from '../fixtures/unhandled.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

const CANARY = 'canary-4417'

/** A failing client's error: it tells too much. */
class ClientError extends Error {
  override name = 'ClientError'
  code = 'ECONNRESET'
  command = `SET ${CANARY}`
}

const faults: [string, () => unknown][] = [
  ['rejects', async () => Promise.reject(new ClientError(CANARY))],
  [
    'throws at once',
    () => {
      throw new ClientError(CANARY, { cause: CANARY })
    },
  ],
  ['rejects with text', async () => Promise.reject(CANARY)],
  ['rejects with nothing', async () => Promise.reject()],
  ['rejects with null', async () => Promise.reject(null)],
  ['rejects with a symbol', async () => Promise.reject(Symbol(CANARY))],
  ['rejects with an odd name', async () => Promise.reject({ name: `a ${CANARY}`, code: [CANARY] })],
  [
    'rejects after a while',
    async () => Promise.resolve().then(() => Promise.reject(new ClientError())),
  ],
]

interface Setting extends Visitor {
  store: RecordingStore
  events: SessionEvent[]
}

async function setUp(options: Partial<SessionOptions> = {}): Promise<Setting> {
  const store = createRecordingStore()
  const events: SessionEvent[] = []
  const manager = createSessionManager({
    secrets: SECRET,
    store,
    now: createClock().now,
    on: onTrouble((event) => events.push(event)),
    ...options,
  })
  const visitor = createVisitor(manager)
  await visitor.visit((session) => (session.user = 'fred'))
  store.calls.length = 0
  return { ...visitor, store, events }
}

const acts: Record<StoreOperation, (session: any) => unknown> = {
  get: () => {},
  set: (session) => (session.user = 'flo'),
  destroy: (session) => session.destroy(),
}
const event = { type: 'store-error', key: '__Host-sid', place: 'store', now: expect.any(Number) }
const operations = Object.keys(acts) as StoreOperation[]

describe.each(operations)('a store that fails to %s', (operation) => {
  it.each(faults)('%s: the error tells no more than what failed', async (_, fault) => {
    const { visit, store, events } = await setUp()
    store.instead[operation] = fault
    const error = await rejectionOf(visit(acts[operation]))
    expect(error).toBeInstanceOf(SessionError)
    expect(error.code).toBe('ERR_SESSION_STORE')
    expect(error.message).toMatch(
      new RegExp(`^The session store failed to ${operation} \\([a-zA-Z_ ]*\\)\\.$`),
    )
    expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(CANARY)
    expect(events).toEqual([{ ...event, operation, error }])
    expect(store.operations().filter((one) => one === operation)).toHaveLength(1)
  })

  it('is named by its kind', async () => {
    const { visit, store } = await setUp()
    store.instead[operation] = faults[0]![1]
    const { message } = await rejectionOf(visit(acts[operation]))
    expect(message).toContain('(ClientError ECONNRESET)')
  })

  it('asks a function what to do', async () => {
    for (const policy of ['throw', 'anonymous'] as const) {
      const onStoreError = vi.fn<() => typeof policy>(() => policy)
      const { visit, store } = await setUp({ onStoreError })
      store.instead[operation] = faults[0]![1]
      const [{ status }] = (await Promise.allSettled([visit(acts[operation])])) as [
        { status: string },
      ]
      expect(status).toBe(policy === 'throw' ? 'rejected' : 'fulfilled')
      const error = expect.objectContaining({ code: 'ERR_SESSION_STORE' })
      expect(onStoreError.mock.calls).toEqual([[error, operation]])
    }
  })

  it('works again once the store does', async () => {
    const { visit, peek, store } = await setUp()
    store.instead[operation] = faults[0]![1]
    await rejectionOf(visit(acts[operation]))
    delete store.instead[operation]
    await visit((session) => (session.n = 1))
    expect(await peek()).toMatchObject({ user: 'fred', n: 1 })
  })

  it('may be committed again by the same request', async () => {
    const { visit, jar, store } = await setUp()
    const manager = createSessionManager({ secrets: SECRET, store, now: createClock().now })
    const session = await manager.load(jar.header)
    await acts[operation](session)
    store.instead[operation] = faults[0]![1]
    if (operation !== 'get') await rejectionOf(manager.commit(session))
    delete store.instead[operation]
    const cookies = await manager.commit(session)
    expect(cookies).toHaveLength(operation === 'get' ? 0 : 1)
    jar.take(cookies)
    const { session: next } = await visit()
    expect(next.user).toBe({ get: 'fred', set: 'flo', destroy: undefined }[operation])
  })
})

describe('with onStoreError "anonymous"', () => {
  it('a session that cannot be read is a new one, of which nothing is saved', async () => {
    const { visit, peek, store, jar } = await setUp({ onStoreError: 'anonymous' })
    store.instead.get = faults[0]![1]
    const before = jar.header
    const { session, cookies } = await visit(async (session) => {
      expect(session.toJSON()).toEqual({})
      expect(session.isNew).toBe(true)
      session.user = 'mallory'
      session.flash('note', 'hi')
      await session.save()
      await session.regenerate()
      session.maxAge = DAY
    })
    expect(cookies).toEqual([])
    expect(jar.header).toBe(before)
    expect(session.user).toBe('mallory')
    expect(store.operations()).toEqual(['get'])
    delete store.instead.get
    expect((await peek()).toJSON()).toEqual({ user: 'fred' })
  })

  it('a session that cannot be read can be ended all the same', async () => {
    const { visit, store, jar } = await setUp({ onStoreError: 'anonymous' })
    store.instead.get = faults[0]![1]
    const { cookies } = await visit((session) => session.destroy())
    expect(cookies[0]).toMatch(/Max-Age=0/)
    expect(jar.size).toBe(0)
    expect(store.records.size).toBe(0)
  })

  it('what is put into it after that goes nowhere', async () => {
    const { visit, store } = await setUp({ onStoreError: 'anonymous' })
    store.instead.get = faults[0]![1]
    const { cookies } = await visit((session) => {
      session.destroy()
      session.user = 'mallory'
    })
    expect(cookies[0]).toMatch(/Max-Age=0/)
    expect(store.operations()).toEqual(['get', 'destroy'])
  })

  it('a session that cannot be stored sends no cookie', async () => {
    const { visit, store } = await setUp({ onStoreError: 'anonymous', rolling: true })
    store.instead.set = faults[0]![1]
    for (const act of [acts.get, acts.set, (session: any) => session.regenerate()]) {
      expect((await visit(act)).cookies).toEqual([])
    }
    expect(store.records.size).toBe(1)
  })

  it('a logout clears the cookie though the record stays, and says so', async () => {
    const { visit, store, events } = await setUp({ onStoreError: 'anonymous' })
    store.instead.destroy = faults[0]![1]
    const { cookies } = await visit((session) => session.destroy())
    expect(cookies[0]).toMatch(/Max-Age=0/)
    expect(events.map(({ type }) => type)).toEqual(['store-error'])
  })
})

describe('a Set-Cookie', () => {
  it.each(faults)('never names a record that was not stored: the store %s', async (_, fault) => {
    for (const onStoreError of ['throw', 'anonymous'] as const) {
      for (const operation of ['set', 'destroy'] as const) {
        const { visit, store } = await setUp({ onStoreError })
        store.instead[operation] = fault
        const [outcome] = await Promise.allSettled([visit((session) => session.regenerate())])
        const cookies = outcome!.status === 'fulfilled' ? outcome!.value.cookies : []
        const manager = createSessionManager({ secrets: SECRET, store, now: createClock().now })
        for (const cookie of cookies) {
          expect(await manager.load(cookie.split(';')[0])).toMatchObject({ user: 'fred' })
        }
      }
    }
  })
})

describe('storeTimeout', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  /** Makes a method answer after so many milliseconds, and tells when it was called. */
  function delay(
    store: RecordingStore,
    operation: StoreOperation,
    ms: number,
    fails = false,
  ): Promise<void> {
    return new Promise((called) => {
      store.instead[operation] = () => {
        called()
        return new Promise((resolve, reject) => {
          setTimeout(() => (fails ? reject(new Error('late')) : resolve(null)), ms)
        })
      }
    })
  }

  it.each(operations)('ends the wait for a store that hangs: %s', async (operation) => {
    const { visit, store, events } = await setUp()
    const called = delay(store, operation, 1e9)
    const failing = rejectionOf(visit(acts[operation]))
    await called
    await vi.advanceTimersByTimeAsync(1999)
    expect(events).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    const error = await failing
    expect(error).toMatchObject({ name: 'SessionError', code: 'ERR_SESSION_TIMEOUT' })
    expect(error.message).toBe(`The session store took longer than 2000 ms to ${operation}.`)
    expect(events).toEqual([{ ...event, operation, error }])
  })

  it.each(operations)('does not end it earlier: %s', async (operation) => {
    const { visit, store, events } = await setUp({ storeTimeout: 500 })
    const called = delay(store, operation, 499)
    const visiting = visit(acts[operation])
    await called
    await vi.advanceTimersByTimeAsync(499)
    await visiting
    expect(events.filter(({ type }) => type === 'store-error')).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each(operations)('leaves a failure that comes too late unheard: %s', async (operation) => {
    const unhandled = hearUnhandled()
    const { visit, store } = await setUp({ storeTimeout: 500 })
    const called = delay(store, operation, 600, true)
    const failing = rejectionOf(visit(acts[operation]))
    await called
    await vi.advanceTimersByTimeAsync(1000)
    expect(await failing).toMatchObject({ code: 'ERR_SESSION_TIMEOUT' })
    expect(unhandled).toEqual([])
  })

  it.each([30 * DAY, 400 * DAY])(
    'may be as long as %d ms, and is not over at once',
    async (storeTimeout) => {
      vi.useRealTimers()
      const { visit, store, events } = await setUp({ storeTimeout })
      store.instead.get = () => new Promise((resolve) => void setTimeout(resolve, 20))
      await visit()
      expect(events.map(({ type }) => type)).toEqual(['missed'])
    },
  )
})
