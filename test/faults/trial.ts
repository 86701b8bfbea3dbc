import { vi } from 'vitest'
import {
  createBrowser,
  createFaultyStore,
  type Browser,
  type FaultyStore,
} from '../../adapters/testing.ts'
import type { SessionEvent, SessionOptions, Store, StoreOperation } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock, MINUTE } from '../fixtures/clock.ts'
import { onTrouble } from '../fixtures/events.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { hosts, Planned, type Route } from './hosts.ts'
import { CANARY, type StoreFault } from './list.ts'
import type { Operation } from './operations.ts'

/** How closely time is looked at, in milliseconds. */
const STEP = 25

/** What a failing store means; by the best effort a logout ends in the browser, whatever else fails. */
export type Policy = 'throw' | 'anonymous' | 'best effort'
export type HostName = keyof typeof hosts
export type Kind = 'exact' | 'plain'

export interface Setting {
  host: HostName
  policy: Policy
  kind: Kind
}

/** What a request came to. */
export interface Result {
  response: Response
  body: string
  /** The Set-Cookie lines: those that set something, and those that remove it. */
  set: string[]
  cleared: string[]
  /** How long it took, in milliseconds of the clock that timers go by. */
  took: number
  events: SessionEvent[]
  heard: unknown[]
  calls: FaultyStore['calls']
  unhandled: unknown[]
  /** Timers that are left when all is over. */
  timers: number
}

/** A site with one visitor, on a store that can be made to fail. */
export interface Trial {
  store: FaultyStore
  browser: Browser
  /** Makes a request while the store is hit. */
  hit(path: string, operation: Operation, fault: StoreFault): Promise<Result>
  /** What a request with these cookies is told that the session holds, on a sound store. */
  look(cookie: string): Promise<{ user?: string; n?: number; role?: string }>
}

const routes: Record<string, Route> = {
  '/read': (session) => JSON.stringify(session),
  '/in': (session) => Object.assign(session, { user: `fred ${CANARY}`, n: 0 }) && 'in',
  '/count': (session) => (session.n = (session.n ?? 0) + 1) && 'counted',
  '/out': (session) => (session.destroy(), 'out'),
  async '/move'(session) {
    session.role = 'admin'
    await session.regenerate()
    return 'moved'
  },
}

/** The same, by a handler that fails afterwards. */
const failing = Object.entries(routes).map(([path, route]): [string, Route] => [
  `/failing${path}`,
  async (session) => {
    await route(session)
    throw new Planned('the application’s own')
  },
])

const allRoutes = { ...routes, ...Object.fromEntries(failing) }

export async function setUp(
  { host, policy, kind }: Setting,
  { rolling = false, isFirst = false }: Operation,
): Promise<Trial> {
  const clock = createClock()
  const memory = createMemoryStore(clock)
  const { get, set, destroy } = memory
  const sound: Store = kind === 'exact' ? memory : { get, set, destroy }
  const store = createFaultyStore(sound)
  let events: SessionEvent[] = []
  let heard: unknown[] = []
  const onStoreError =
    policy === 'best effort'
      ? (_: unknown, operation: StoreOperation) =>
          operation === 'destroy' ? ('anonymous' as const) : ('throw' as const)
      : policy
  const options = { secrets: SECRET, now: clock.now, onStoreError, rolling, touchAfter: 0 } as const
  const make = (own: Partial<SessionOptions>): ReturnType<(typeof hosts)[HostName]> =>
    hosts[host]({ ...options, ...own }, allRoutes, (error) => void heard.push(error))
  const handler = make({ store, on: onTrouble((event) => events.push(event)) })
  const calm = make({ store: sound, rolling: false })
  const browser = createBrowser(handler, { now: clock.now, origin: 'https://app.example' })
  await sound.set('mallory', { user: 'mallory', _expire: clock.now() + MINUTE }, MINUTE, {
    rolling: false,
    changed: true,
    ctx: undefined,
  })
  if (!isFirst) {
    await browser.fetch('/in')
    await browser.fetch('/count')
    // A rolling session that is touched in the same millisecond need not be.
    clock.pass(MINUTE / 2)
  }
  heard = []

  /** Hits the call that the operation is about, and others as the fault has it. */
  function plan(operation: Operation, fault: StoreFault): void {
    const method = operation.hit[kind]
    const nth = operation.nth?.[kind] ?? 1
    let since = -1
    const next = ({ method: called, nth: time }: { method: string; nth: number }) => {
      if (since >= 0) since++
      if (since < 0 && called === method && time === nth) since = 0
      if (since === 0 && fault.jump) clock.pass(fault.jump)
      const isHit =
        fault.spread === 'next'
          ? since === 1
          : fault.spread === 'every other'
            ? since >= 0 && since % 2 === 0
            : since === 0
      return isHit ? fault.hit(called as typeof method) : null
    }
    store.plan = { get: next, set: next, destroy: next, compareAndSet: next, touch: next }
  }

  return {
    store,
    browser,

    async hit(path, operation, fault) {
      events = []
      heard = []
      const unhandled: unknown[] = []
      const listen = (reason: unknown): void => void unhandled.push(reason)
      process.on('unhandledRejection', listen)
      const before = clock.now()
      plan(operation, fault)
      const fetching = browser.fetch(path)
      let isDone = false
      void fetching.finally(() => (isDone = true)).catch(() => {})
      let took = 0
      for (; ; took += STEP) {
        await vi.advanceTimersByTimeAsync(took && STEP)
        if (isDone || took > 60_000) break
      }
      const response = await fetching
      const { calls } = store
      const result = {
        response,
        body: await response.text(),
        set: response.headers.getSetCookie().filter((line) => !isClearing(line)),
        cleared: response.headers.getSetCookie().filter(isClearing),
        took,
        events: [...events],
        heard: [...heard],
        calls: [...calls],
      }
      // What comes too late, comes now.
      await vi.advanceTimersByTimeAsync(10_000)
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
      process.off('unhandledRejection', listen)
      store.plan = {}
      clock.set(before)
      return { ...result, unhandled, timers: vi.getTimerCount() }
    },

    async look(cookie) {
      const request = new Request('https://app.example/read', { headers: { cookie } })
      return JSON.parse(await (await calm(request)).text())
    },
  }
}

function isClearing(line: string): boolean {
  return /max-age=0|expires=thu, 01 jan 1970/i.test(line)
}

/** The Cookie header for Set-Cookie lines. */
export function cookiesOf(lines: readonly string[]): string {
  return lines.map((line) => line.slice(0, line.indexOf(';'))).join('; ')
}
