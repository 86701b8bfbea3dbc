import { createHash } from 'node:crypto'
import type { Scheduler } from 'fast-check'
import { viewOf } from '../../adapters/testing/store-view.ts'
import {
  createSessionManager,
  type Session,
  type SessionOptions,
  type SessionRecord,
  type Store,
} from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock } from '../fixtures/clock.ts'
import { cookieHeader } from '../fixtures/cookies.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { acts, type ActName } from './acts.ts'

/** A write that took effect. */
interface Write {
  request: number
  key: string
  record: SessionRecord | null
}

/** What became of a request. */
export interface Outcome {
  request: number
  name: ActName
  /** What it is known by in the data. */
  own: string
  /** The store's key of the session that it found; `null` if it began one. */
  found: string | null
  /** The store's key that its cookie names; `null` if it sent none that names any. */
  named: string | null
  /** Whether the browser was told to forget its cookie. */
  cleared: boolean
  error: { code: string } | null
  /** Whether it did what it was to do, and there was anything to be done. */
  hasActed: boolean
  /** How many writes there were when it was done. */
  at: number
}

/** One session, several requests with its cookie, and everything that was written. */
export interface World {
  /** The store's key of the session that all requests bring the cookie of. */
  start: string
  writes: readonly Write[]
  outcomes: readonly Outcome[]
  /** What the store has under a key, if it is good. */
  recordOf(key: string): SessionRecord | null
}

export interface Plan {
  names: ActName[]
  rolling: boolean
  conflict: 'merge' | 'error'
}

export const data = { user: 'fred', n: 10, same: 'start', cart: { items: [] as string[] } }

/**
 * Plays requests in an order that the scheduler decides.
 *
 * @param tamper Breaks the store, to see whether anybody notices.
 */
export async function play(
  scheduler: Scheduler,
  plan: Plan,
  tamper: (store: Store) => Store = (store) => store,
): Promise<World> {
  const { rolling, conflict } = plan
  const clock = createClock()
  const memory = createMemoryStore(clock)
  const writes: Write[] = []
  const options = { secrets: SECRET, now: clock.now, conflict } satisfies SessionOptions
  const calm = createSessionManager({ ...options, store: memory })
  const first = await calm.load(null)
  Object.assign(first, structuredClone(data))
  first.flash('note', 'hello')
  const cookie = cookieHeader(await calm.commit(first))
  // From here on calls take a way to the store and a way back, and others overtake them.
  const manager = createSessionManager<any, number>({
    ...options,
    rolling,
    touchAfter: 0,
    store: viewOf(tamper(memory), async (method, values, proceed) => {
      const request = (values.at(-1) as { ctx: number }).ctx
      await scheduler.schedule(Promise.resolve(), `${request} asks to ${method}`)
      clock.pass(1)
      const answer = proceed()
      if (method !== 'get' && answer !== false) writes.push(writeOf(method, request, values))
      await scheduler.schedule(Promise.resolve(), `${request} hears of its ${method}: ${answer}`)
      return answer
    }),
  })

  function writeOf(method: string, request: number, values: unknown[]): Write {
    const key = values[0] as string
    return { request, key, record: method === 'destroy' ? null : memoryGet(key) }
  }

  function memoryGet(key: string): SessionRecord | null {
    return memory.get(key, undefined, { rolling: false, ctx: undefined }) as SessionRecord | null
  }

  async function request(name: ActName, index: number): Promise<Outcome> {
    const own = `own${index}`
    const session = (await manager.load(cookie, index)) as Session
    const found = session.isNew ? null : keyOf(session)
    let cookies: string[] = []
    let error: Outcome['error'] = null
    let hasActed = false
    try {
      hasActed = (await acts[name].run(session, own)) !== 'nothing'
      cookies = await manager.commit(session)
    } catch (reason) {
      error = reason as { code: string }
    }
    const cleared = cookies.length > 0 && cookieHeader(cookies) === ''
    const named = cookies.length && !cleared ? keyOf(session) : null
    return { request: index, name, own, found, named, cleared, error, hasActed, at: writes.length }
  }

  const outcomes = await scheduler.waitFor(Promise.all(plan.names.map(request)))
  return {
    start: keyOf(first),
    writes,
    outcomes,
    recordOf(key) {
      const record = memoryGet(key)
      return record && !isOver(record) ? record : null
    },
  }
}

/** Whether a write ended what was there. */
export function isOver(record: SessionRecord | null): boolean {
  return record === null || record._expire === 1
}

/** The store's key of a session: its id's hash. */
function keyOf({ externalKey }: Session): string {
  return createHash('sha256').update(externalKey!).digest('base64url')
}

/**
 * Lets the scheduler decide when the core goes on that waits before another try; no store is ever
 * too late.
 */
export async function withScheduledPauses<result>(
  scheduler: Scheduler,
  run: () => Promise<result>,
): Promise<result> {
  const { setTimeout: real } = globalThis
  const pause = (go: () => void, ms: number): number => {
    if (ms < 1000) void scheduler.schedule(Promise.resolve(), 'a pause').then(go)
    return 0
  }
  globalThis.setTimeout = pause as unknown as typeof setTimeout
  try {
    return await run()
  } finally {
    globalThis.setTimeout = real
  }
}
