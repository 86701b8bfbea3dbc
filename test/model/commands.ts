import * as fc from 'fast-check'
import { expect } from 'vitest'
import { createSessionManager, type SessionOptions } from '../../src/index.ts'
import { HOUR, MINUTE, SECOND } from '../fixtures/clock.ts'
import { copyCookies, Jar } from '../fixtures/cookies.ts'
import { act, type Act, type Pair } from './acts.ts'
import type { Mode } from './modes.ts'
import type { Kept, Limits } from './reference.ts'
import { begin, BROWSERS, load, pass, step, type Model, type Real } from './world.ts'

type Command = fc.AsyncCommand<Model, Real>

/** A command, and the second that it takes: whole seconds are all that cookies know. */
function command(name: string, run: (model: Model, real: Real) => unknown): Command {
  return {
    check: () => true,
    async run(model, real) {
      await run(model, real)
      pass(model, real, SECOND)
    },
    toString: () => name,
  }
}

const describe = (value: unknown): string => JSON.stringify(value)?.replace(/x{99,}/g, 'x…') ?? ''

type Wish = 'look' | 'end one' | 'end the others' | 'end all'

function request(browser: number, acts: Act[]): Command {
  return command(`request(${browser}, ${describe(acts)})`, async (model, real) => {
    const under = { browser, pair: await load(model, real, browser), acts: [...acts] }
    while ((await step(model, real, under)) === 'goes on');
  })
}

/** Requests that were sent at once, with one cookie; each time the one that is named goes on. */
function requestsAtOnce(browser: number, both: [Act[], Act[]], order: number[]): Command {
  const name = `requestsAtOnce(${browser}, ${describe(both)}, ${describe(order)})`
  return command(name, async (model, real) => {
    const pairs = [await load(model, real, browser), await load(model, real, browser)]
    const under = pairs.map((pair, index) => ({ browser, pair, acts: [...both[index]!] }))
    const turns = [...order]
    while (under.length) {
      const index = (turns.shift() ?? 0) % under.length
      if ((await step(model, real, under[index]!)) === 'is over') under.splice(index, 1)
    }
  })
}

const newBrowser = (browser: number): Command =>
  command(`newBrowser(${browser})`, ({ cookies }, { jars }) => {
    jars[browser] = new Jar()
    cookies[browser] = null
  })

/** A copy of a browser's cookies, wherever they are used, and however much later. */
const copyBrowser = (from: number, to: number): Command =>
  command(`copyBrowser(${from}, ${to})`, ({ cookies }, { jars }) => {
    const copied = new Jar()
    if (jars[from]!.size) copyCookies(jars[from]!, copied)
    jars[to] = copied
    cookies[to] = cookies[from]!
  })

/** A cookie that nobody has made, or that was changed on its way. */
const garbage = (browser: number, kind: 'cut' | 'twice' | 'junk' | ''): Command =>
  command(`garbage(${browser}, ${kind})`, ({ cookies }, { jars, manager }) => {
    const [, value = ''] = /^[^=]*=([^;]*)/.exec(jars[browser]!.header) ?? []
    const made = { cut: value.slice(0, -3), twice: `${value}.${value}`, junk: 'junk', '': '' }
    jars[browser] = new Jar()
    jars[browser].take([`${manager.key}=${made[kind]}; Path=/`])
    cookies[browser] = 'garbage'
  })

const wait = (ms: number): Command =>
  command(`wait(${ms / MINUTE} min)`, (model, real) => pass(model, real, ms))

/** A deployment with a lower limit. */
const lower = (limit: 'maxAge' | 'absoluteMaxAge', to: number): Command =>
  command(`lower(${limit}, ${to / MINUTE} min)`, ({ reference: { limits } }, real) => {
    if (!(to < (limits[limit] ?? Infinity))) return
    if (limit === 'absoluteMaxAge' && real.options.encrypt === false) return
    limits[limit] = to
    real.options = { ...real.options, [limit]: to }
    real.manager = createSessionManager<any>(real.options)
  })

/** Looks at a user's sessions, and ends some of them from elsewhere. */
function devices(user: string, browser: number, wish: Wish): Command {
  return command(`devices(${user}, ${browser}, ${wish})`, async (model, real) => {
    const { reference } = model
    const { manager, nameOf, isListed, revocation } = real
    const pair = await load(model, real, browser)
    const { session, view } = pair
    const isSpared = wish === 'end the others'
    if (isListed) {
      const theirs = await list(user, real, pair)
      const ended = theirs.filter((_, index) => wish !== 'end one' || index === 0)
      if (wish === 'look') return
      if (wish === 'end one') {
        for (const { id } of ended) await manager.destroy(id)
      } else {
        const others = theirs.filter(({ current }) => !(isSpared && current))
        const except = isSpared ? session : null
        expect(await manager.destroyAll(nameOf(user), { except })).toBe(others.length)
      }
      for (const { kept, current } of ended) if (!(isSpared && current)) reference.destroy(kept.id)
    } else if (revocation && wish !== 'look') {
      await revocation.revokeAll(nameOf(user), isSpared ? { except: session } : {})
      reference.revokeAll(user, isSpared ? view : undefined)
    }
  })
}

/** A user's sessions as the kit lists them, beside those that the reference has. */
async function list(
  user: string,
  { manager, nameOf }: Real,
  { session, view, reference }: Pair,
): Promise<{ id: string; current: boolean; kept: Kept }[]> {
  const listed = await manager.list(nameOf(user), { current: session })
  const theirs = reference.list(user)
  expect(listed.length).toBe(theirs.length)
  return listed.map(({ id, data, created, seen = created, current }) => {
    const kept = theirs.find((one) => one.data['mark'] === data.mark)!
    expect({ data, created, seen, current }).toEqual({
      data: kept.data,
      created: kept.created,
      seen: reference.seen(kept),
      current: kept.id === view.id,
    })
    return { id, current, kept }
  })
}

/** What everybody has at the end is as the reference has it. */
const lookAround: Command = command('lookAround()', async (model, real) => {
  for (let browser = 0; browser < BROWSERS; browser++) await load(model, real, browser)
})

const browser = fc.nat(BROWSERS - 1)
const acts = (maxLength: number): fc.Arbitrary<Act[]> => fc.array(act, { maxLength, size: 'max' })
const order = fc.array(fc.nat(1), { maxLength: 8, size: 'max' })
const waits = fc.constantFrom(SECOND, MINUTE, HOUR / 2, HOUR - SECOND, HOUR, 2 * HOUR)
const wishes = fc.constantFrom<Wish[]>('look', 'end one', 'end the others', 'end all')

/** Commands by how often they are wanted: the first are drawn more often. */
const kinds: [weight: number, commands: fc.Arbitrary<Command>][] = [
  [8, fc.tuple(browser, acts(4)).map((args) => request(...args))],
  [4, fc.tuple(browser, fc.tuple(acts(3), acts(3)), order).map((args) => requestsAtOnce(...args))],
  [3, waits.map(wait)],
  [2, fc.tuple(browser, browser).map((args) => copyBrowser(...args))],
  [2, fc.tuple(fc.constantFrom('ada', 'bob'), browser, wishes).map((args) => devices(...args))],
  [1, browser.map(newBrowser)],
  [
    1,
    fc.tuple(browser, fc.constantFrom('cut', 'twice', 'junk', '')).map((args) => garbage(...args)),
  ],
  [
    1,
    fc
      .tuple(fc.constantFrom('maxAge', 'absoluteMaxAge'), fc.constantFrom(HOUR / 4, HOUR, 2 * HOUR))
      .map((args) => lower(...args)),
  ],
]

const limits: fc.Arbitrary<Limits> = fc.record({
  maxAge: fc.constantFrom(HOUR, 2 * HOUR),
  absoluteMaxAge: fc.constantFrom(undefined, 3 * HOUR),
  rolling: fc.boolean(),
  renew: fc.boolean(),
  touchAfter: fc.constantFrom(undefined, 0, MINUTE, HOUR),
})

/** That histories of up to fifty steps go as the reference says. */
export function historiesOf(
  mode: Mode,
  spoil?: (options: SessionOptions) => SessionOptions,
): fc.IAsyncPropertyWithHooks<[Limits, Iterable<Command>]> {
  const weighted = kinds.flatMap(([weight, commands]) =>
    Array<typeof commands>(weight).fill(commands),
  )
  const commands = fc.commands(weighted, { maxCommands: 50, size: 'max' })
  return fc.asyncProperty(limits, commands, async (limits, commands) => {
    const both = begin(mode, limits, spoil)
    await fc.asyncModelRun(() => both, commands)
    await lookAround.run(both.model, both.real)
  })
}
