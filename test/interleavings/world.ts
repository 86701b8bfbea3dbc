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
import { createClock } from '../fixtures/clock.ts'
import { cookieHeader } from '../fixtures/cookies.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { acts, type ActName } from './acts.ts'
import type { Kind } from './kinds.ts'

/** A write that took effect. */
export interface Write {
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
  /** How many writes there were when it first asked the store, and when it was done. */
  began: number
  at: number
}

/** One session, several requests with its cookie, and everything that was written. */
export interface World {
  kind: Kind
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
  kind: Kind,
  tamper: (store: Store) => Store = (store) => store,
): Promise<World> {
  const { rolling, conflict } = plan
  const clock = createClock()
  const { store, look } = kind.open(clock)
  const writes: Write[] = []
  const begun: number[] = []
  const options = { secrets: SECRET, now: clock.now, conflict } satisfies SessionOptions
  const calm = createSessionManager({ ...options, store })
  const first = await calm.load(null)
  Object.assign(first, structuredClone(data))
  first.flash('note', 'hello')
  const cookie = cookieHeader(await calm.commit(first))
  // From here on calls take a way to the store and a way back, and others overtake them.
  const manager = createSessionManager<any, number>({
    ...options,
    rolling,
    touchAfter: 0,
    storeTimeout: 30_000,
    store: viewOf(tamper(store), async (method, values, proceed) => {
      const request = (values.at(-1) as { ctx: number }).ctx
      let done: Promise<unknown> | undefined
      // While a store is at it nobody else is: whoever asks first is first.
      const act = async (go: () => Promise<void>): Promise<void> => {
        clock.pass(1)
        begun[request] ??= writes.length
        done = answer(method, request, values, proceed)
        await done.catch(() => {})
        await go()
      }
      await scheduler.schedule(Promise.resolve(), `${request} asks to ${method}`, undefined, act)
      await scheduler.schedule(Promise.resolve(), `${request} hears of its ${method}`)
      return done
    }),
  })

  async function answer(
    method: string,
    request: number,
    values: unknown[],
    proceed: () => unknown,
  ): Promise<unknown> {
    const answered = await proceed()
    if (method === 'get' || answered === false) return answered
    const key = values[0] as string
    // What a touch has left there only the store knows.
    const record = method === 'destroy' ? null : method === 'touch' ? await look(key) : values[1]
    writes.push({ request, key, record: structuredClone(record) as SessionRecord | null })
    return answered
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
    const span = { began: begun[index]!, at: writes.length }
    return { request: index, name, own, found, named, cleared, error, hasActed, ...span }
  }

  const outcomes = await scheduler.waitFor(Promise.all(plan.names.map(request)))
  const start = keyOf(first)
  const left = new Map<string, SessionRecord | null>()
  for (const key of [start, ...writes.map(({ key }) => key)]) {
    const record = (await look(key)) as SessionRecord | null
    left.set(key, record && !isOver(record) ? record : null)
  }
  return { kind, start, writes, outcomes, recordOf: (key) => left.get(key) ?? null }

  /** The store's key of a session: its id, or that one's hash. */
  function keyOf({ externalKey }: Session): string {
    if (!store.hashedKeys) return externalKey!
    return createHash('sha256').update(externalKey!).digest('base64url')
  }
}

/** Whether a write ended what was there. */
export function isOver(record: SessionRecord | null): boolean {
  return record === null || record._expire === 1
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
