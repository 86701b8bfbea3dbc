import { inspect } from 'node:util'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createBrowser, createFaultyStore } from '../adapters/testing.ts'
import { type SessionEvent, type SessionOptions, type StoreOperation } from '../src/index.ts'
import { createMemoryStore } from '../src/memory.ts'
import { createRevocation } from '../src/revocation.ts'
import { CANARY, DEADLINE, faults, type StoreFault } from './faults/list.ts'
import { hosts, type Route } from './faults/hosts.ts'
import { createClock, DAY, MINUTE } from './fixtures/clock.ts'
import { onTrouble } from './fixtures/events.ts'
import { SECRET } from './fixtures/secrets.ts'

const STEP = 25

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

type Policy = 'throw' | 'anonymous' | 'best effort'
interface Setting {
  host: keyof typeof hosts
  policy: Policy
}

const settings = (['core', 'Hono', 'Koa', 'Egg'] as const).flatMap((host) =>
  (['throw', 'anonymous', 'best effort'] as const).map((policy): Setting => ({ host, policy })),
)
// The store of a list answers for one entry; that another's is there is what it would be told of.
const cases = Object.entries(faults).map(([fault, what]) => ({ fault, what }))

let count = 0
afterAll(() => console.log(`${count} faults of a list of revoked sessions`))

interface Result {
  status: number
  body: string
  set: string[]
  took: number
  told: SessionEvent[]
  heard: unknown[]
  unhandled: unknown[]
}

interface Trial {
  /** Makes a request whose first call of that method is hit. */
  hit(path: string, method: 'get' | 'set', fault: StoreFault): Promise<Result>
  /** What a request with this cookie is told, when the list works. */
  look(cookie?: string): Promise<{ user?: string }>
  cookie(): string
}

async function setUp({ host, policy }: Setting): Promise<Trial> {
  const clock = createClock()
  const memory = createMemoryStore(clock)
  const store = createFaultyStore(memory)
  const { isRevoked, revoke } = createRevocation(store, { maxAge: DAY, now: clock.now })
  let told: SessionEvent[] = []
  let heard: unknown[] = []
  const onStoreError: SessionOptions['onStoreError'] =
    policy === 'best effort'
      ? (_, operation: StoreOperation) => (operation === 'destroy' ? 'anonymous' : 'throw')
      : policy
  const routes: Record<string, Route> = {
    '/read': (session) => JSON.stringify(session),
    '/in': (session) => Object.assign(session, { user: `fred ${CANARY}` }) && 'in',
    async '/out'(session) {
      await revoke(session)
      session.destroy()
      return 'out'
    },
  }
  const handler = hosts[host](
    {
      secrets: SECRET,
      encrypt: true,
      now: clock.now,
      isRevoked,
      onStoreError,
      on: onTrouble((event) => told.push(event)),
    },
    routes,
    (error) => void heard.push(error),
  )
  const options = { now: clock.now, origin: 'https://app.example' }
  const browser = createBrowser(handler, options)
  await browser.fetch('/in')
  clock.pass(MINUTE)
  // Something else is in the same store, and one that is revoked.
  await memory.set('mallory', { revoked: true, _expire: clock.now() + DAY }, DAY, {
    rolling: false,
    changed: true,
    ctx: undefined,
  })

  return {
    cookie: () => browser.cookieHeader(),

    async look(cookie = browser.cookieHeader()) {
      const request = new Request('https://app.example/read', { headers: { cookie } })
      return JSON.parse(await (await handler(request)).text())
    },

    async hit(path, method, fault) {
      told = []
      heard = []
      const unhandled: unknown[] = []
      const listen = (reason: unknown): void => void unhandled.push(reason)
      process.on('unhandledRejection', listen)
      const before = clock.now()
      store.plan = {
        [method]({ nth }: { nth: number }) {
          const isHit = fault.spread === 'next' ? nth === 2 : nth === 1
          if (nth === 1 && fault.jump) clock.pass(fault.jump)
          return isHit ? fault.hit(method) : null
        },
      }
      const fetching = browser.fetch(path)
      let isDone = false
      void fetching.finally(() => (isDone = true)).catch(() => {})
      let took = 0
      for (; !isDone && took < 60_000; took += STEP) await vi.advanceTimersByTimeAsync(took && STEP)
      const response = await fetching
      const body = await response.text()
      await vi.advanceTimersByTimeAsync(10_000)
      await new Promise((resolve) => void setImmediate(resolve))
      process.off('unhandledRejection', listen)
      store.plan = {}
      clock.set(before)
      const set = response.headers.getSetCookie()
      return { status: response.status, body, set, took, told, heard, unhandled }
    },
  }
}

/** What holds whatever was hit: nobody waits, nothing is told, nothing goes on by itself. */
function checkQuiet({ took, told, heard, unhandled }: Result): void {
  expect(unhandled).toEqual([])
  expect(took).toBeLessThanOrEqual(DEADLINE + 50)
  const texts = [...told, ...heard].flatMap((thing) => {
    const { message, stack, cause } = Object(thing) as Partial<Error>
    return [inspect(thing, { depth: 9, showHidden: true }), message, stack, inspect(cause)]
  })
  expect(texts.join('\n')).not.toContain(CANARY)
}

describe.each(settings)('$host, a list of revoked sessions, onStoreError $policy', (setting) => {
  it.each(cases)('to ask for a session, the list $fault', async ({ fault, what }) => {
    count++
    const trial = await setUp(setting)
    const result = await trial.hit('/read', 'get', what)

    checkQuiet(result)
    const isHit = what.spread !== 'next'
    const fails = isHit && what.effect === 'fails'
    // That something is there, be it what it may, is that the session is revoked.
    const isThere = isHit && (what.effect === 'answers' || /another session/.test(fault))
    const isError = fails && setting.policy !== 'anonymous'
    expect(result.status >= 400).toBe(isError)
    const { user } = isError ? ({} as { user?: string }) : JSON.parse(result.body)
    expect(user === undefined).toBe(fails || isThere)
    const failures = result.told.filter(({ type }) => type === 'store-error')
    expect(failures.length > 0).toBe(fails)
    expect(result.told.some(({ type }) => type === 'revoked')).toBe(isThere)
    // A list that fails logs nobody out.
    expect(result.set).toEqual([])
    expect((await trial.look()).user).toMatch('fred')
  })

  it.each(cases)('to revoke a session, the list $fault', async ({ fault, what }) => {
    count++
    const trial = await setUp(setting)
    const before = trial.cookie()
    const result = await trial.hit('/out', 'set', what)

    checkQuiet(result)
    const isHit = what.spread !== 'next'
    const fails = isHit && what.effect === 'fails'
    // Who logs out hears of it, whatever the policy is for requests: the copies are still good.
    expect(result.status >= 400).toBe(fails)
    if (fails) {
      expect(trial.cookie()).toBe(before)
      expect((await trial.look()).user ?? 'nobody').toMatch(what.isApplied ? /fred|nobody/ : 'fred')
      return
    }
    expect(trial.cookie()).toBe('')
    // One that says it has written, and has not, cannot be told from others.
    const isLie = isHit && (what.effect === 'answers' || /another session/.test(fault))
    if (!isLie) expect((await trial.look(before)).user).toBe(undefined)
  })
})
