import { inspect } from 'node:util'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CANARY, DEADLINE, faults, type StoreFault } from './faults/list.ts'
import { operations, type Operation } from './faults/operations.ts'
import { cookiesOf, setUp, type Result, type Setting, type Trial } from './faults/trial.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const settings = (['core', 'Hono', 'Koa', 'Egg'] as const).flatMap((host) =>
  (['exact', 'plain'] as const).flatMap((kind) =>
    (['throw', 'anonymous', 'best effort'] as const).map((policy): Setting => ({
      host,
      kind,
      policy,
    })),
  ),
)
const cases = Object.entries(operations).flatMap(([name, operation]) =>
  Object.entries(faults).map(([fault, what]) => ({ name, operation, fault, what })),
)

let count = 0
afterAll(() => console.log(`${count} faults, each with all that has to hold`))

describe.each(settings)('$host, a store of the $kind kind, onStoreError $policy', (setting) => {
  it.each(cases)('to $name, the store $fault', async ({ operation, what }) => {
    count++
    const trial = await setUp(setting, operation)
    const before = trial.browser.cookieHeader()
    const result = await trial.hit(operation.path, operation, what)
    const fails = doesFail(setting, operation, what)

    expect(result.unhandled).toEqual([])
    checkTime(result, operation)
    checkEvents(result, setting, fails)
    await checkCookies(result, trial, setting, operation, what)
    checkAnswer(result, setting, operation, what, fails)
    await checkVisitor(trial, setting, operation, what, result)
    await checkCopy(trial, before, setting, operation, what, result)
  })

  it.each(cases)(
    'to $name, the store $fault, and the handler throws',
    async ({ operation, what }) => {
      count++
      const trial = await setUp(setting, operation)
      const result = await trial.hit(`/failing${operation.path}`, operation, what)
      const fails = doesThrow(setting, operation, what) && doesFail(setting, operation, what)
      // What fails before the handler or within it, as Koa's regenerate() does, is its own error.
      const isBefore = operation.path === '/read' && operation.hit[setting.kind] === 'get'
      const isWithin = operation.path === '/move' && isKoa(setting)

      expect(result.unhandled).toEqual([])
      checkTime(result, operation)
      await checkCookies(result, trial, setting, operation, what)
      expect(result.response.status).toBeGreaterThan(400)
      expect(namesOf(result.heard).includes('Planned')).toBe(!(fails && (isBefore || isWithin)))
    },
  )
})

describe('a store that answers with another session’s record', () => {
  it('is believed, since a record does not tell whose it is, until it compares', async () => {
    const setting: Setting = { host: 'core', kind: 'exact', policy: 'throw' }
    const { read, change } = operations as { read: Operation; change: Operation }
    const another = faults['has another session’s record there']!
    const trial = await setUp(setting, read)
    const own = trial.browser.cookieHeader()

    expect(JSON.parse((await trial.hit('/read', read, another)).body).user).toBe('mallory')
    await trial.hit('/count', { ...change, hit: read.hit }, another)
    expect((await trial.look(own)).user).toMatch('fred')
    expect(await trial.store.get('mallory', 0, { rolling: false, ctx: undefined })).toMatchObject({
      user: 'mallory',
    })
  })
})

const namesOf = (heard: unknown[]): string[] => heard.map((error) => (error as Error).name)

/** Whether it is Koa underneath: its regenerate() commits, and its own store's errors pass as they are. */
const isKoa = ({ host }: Pick<Setting, 'host'>): boolean => host === 'Koa' || host === 'Egg'

/** Whether what fails then is an error for the visitor, too. */
function doesThrow({ policy, kind }: Setting, { hit }: Operation, { spread }: StoreFault): boolean {
  // What comes after a record is stored under its new id is the end of the old one.
  const isEnd = hit[kind] === 'destroy' || (spread === 'next' && kind === 'plain')
  return policy === 'throw' || (policy === 'best effort' && !isEnd)
}

/** Whether the core has to notice. */
function doesFail({ kind }: Setting, { hit, path, nth }: Operation, fault: StoreFault): boolean {
  const method = hit[kind]
  if (fault.spread === 'next') return path === '/move' && !nth
  if (fault.effect === 'answers') return method === 'compareAndSet' || method === 'touch'
  return fault.effect === 'fails'
}

/** I2 and I7: nobody waits longer than `storeTimeout`, and the store is not asked for ever. */
function checkTime(result: Result, { most }: Operation): void {
  expect(result.took).toBeLessThanOrEqual(DEADLINE + 50)
  expect(result.calls.length).toBeLessThanOrEqual(most)
  expect(result.timers).toBe(0)
}

/** I8: one event tells of a failure, and neither it nor the error tells too much. */
function checkEvents(result: Result, { host, kind }: Setting, fails: boolean): void {
  const failures = result.events.filter(({ type }) => type === 'store-error')
  expect(failures.length > 0).toBe(fails)
  // Koa's regenerate() commits, and what it could not is tried again in the end.
  expect(failures.length).toBeLessThanOrEqual(isKoa({ host }) ? 2 : 1)
  // The errors of a Koa application's own store are that application's, and pass as they are.
  if (isKoa({ host }) && kind === 'plain') return
  const told = [...result.events, ...result.heard].flatMap((thing) => {
    const { message, stack, cause } = Object(thing) as Partial<Error>
    return [inspect(thing, { depth: 9, showHidden: true }), message, stack, inspect(cause)]
  })
  expect(told.join('\n')).not.toContain(CANARY)
}

/** One that says it has set or destroyed, and has not, cannot be told from others. */
const isLie = ({ kind }: Setting, { hit }: Operation, { effect }: StoreFault): boolean =>
  effect === 'answers' && /^(set|destroy)$/.test(hit[kind])

/** I3: a cookie names what is stored. */
async function checkCookies(
  { set }: Result,
  { look }: Trial,
  setting: Setting,
  operation: Operation,
  fault: StoreFault,
): Promise<void> {
  const found = set.length > 0 && !isLie(setting, operation, fault) && (await look(cookiesOf(set)))
  expect(found && Object.keys(found)).not.toEqual([])
}

/** I4, I5, I6: what the visitor gets. */
function checkAnswer(
  result: Result,
  setting: Setting,
  operation: Operation,
  fault: StoreFault,
  fails: boolean,
): void {
  const { kind } = setting
  const { hit, path } = operation
  const { response, body, set, cleared } = result
  const mayFail = fails && doesThrow(setting, operation, fault)
  // Koa answers with the status that an application's error brings.
  expect(response.status >= 400).toBe(mayFail)
  // What cannot be read is nobody.
  const isKnown = hit[kind] !== 'get' || fault.effect === 'works' || fault.spread === 'next'
  const user = path === '/read' && !mayFail && (JSON.parse(body) as { user?: string }).user
  expect(typeof user).toBe(
    path !== '/read' || mayFail ? 'boolean' : isKnown ? 'string' : 'undefined',
  )
  const isOut = path === '/out'
  expect(cleared.length > 0).toBe(isOut)
  // A store of three methods may keep the old record, with nothing new in it; and Koa tries again.
  const mayStay =
    !doesThrow(setting, operation, fault) &&
    path === '/move' &&
    (kind === 'plain' || isKoa(setting))
  expect(fails && !mayStay ? set : []).toEqual([])
}

/** What is left for the visitor: a failing store logs nobody out, and a logout is one. */
async function checkVisitor(
  { browser, look }: Trial,
  setting: Setting,
  operation: Operation,
  fault: StoreFault,
  { set }: Result,
): Promise<void> {
  const { path } = operation
  const { user } = await look(browser.cookieHeader())
  // Done, and not known to be, or done twice: the new id was stored or the old given up in vain.
  const isLost = path === '/move' && (fault.isApplied || fault.isTwice || fault.spread === 'next')
  if (isLie(setting, operation, fault) || isLost) return
  const isIn = path === '/in' ? set.length > 0 : path !== '/out'
  expect(user ?? 'nobody').toMatch(isIn ? 'fred' : /fred|nobody/)
}

/** What is left for one who has copied the cookie before. */
async function checkCopy(
  { look }: Trial,
  before: string,
  setting: Setting,
  operation: Operation,
  fault: StoreFault,
  { set, events }: Result,
): Promise<void> {
  const { path } = operation
  const { user, role } = await look(before)
  const isTold = events.some(({ type }) => type === 'store-error')
  const isOver = (path === '/out' && !isTold) || (path === '/move' && set.length > 0 && !isTold)
  expect(role).toBe(undefined)
  expect(isOver && !isLie(setting, operation, fault) ? user : undefined).toBe(undefined)
}
