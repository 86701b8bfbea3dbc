import { expect } from 'vitest'
import { createSessionManager, type SessionManager, type SessionOptions } from '../../src/index.ts'
import type { Revocation } from '../../src/revocation.ts'
import { createClock, type Clock } from '../fixtures/clock.ts'
import { cookieHeader, Jar } from '../fixtures/cookies.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { commit, play, TOO_LARGE, type Act, type Pair } from './acts.ts'
import type { Mode } from './modes.ts'
import { Reference, type Cookie, type Limits } from './reference.ts'

/** The reference, and what browsers hold by it. */
export interface Model {
  reference: Reference
  cookies: (Cookie | 'garbage' | null)[]
}

/** The kit, and what browsers hold. */
export interface Real {
  clock: Clock
  manager: SessionManager<any>
  options: SessionOptions
  jars: Jar[]
  isListed: boolean
  revocation: Revocation | undefined
  /** What a user is called, so that no two histories in one store know each other. */
  nameOf(user: string): string
  login(): number
}

/** A day on which nothing happens, when those who measure by the real time are long behind. */
const START = Date.UTC(2100, 2, 3, 12)

export const BROWSERS = 3
let histories = 0

/** Begins a history. */
export function begin(
  { traits, open }: Mode,
  limits: Limits,
  spoil: (options: SessionOptions) => SessionOptions = (options) => options,
): { model: Model; real: Real } {
  const clock = createClock(START)
  const history = ++histories
  let logins = 0
  const nameOf = (user: string): string => `${user} ${history}`
  const { isListed = false, revocation, options } = open(clock)
  const principal = ({ user }: any): string | undefined => user && nameOf(user)
  // Nothing but a seal tells how long a session has lived in all.
  const absoluteMaxAge = options.encrypt === false ? undefined : limits.absoluteMaxAge
  const known = { ...limits, absoluteMaxAge }
  const given = spoil({ secrets: SECRET, now: clock.now, principal, ...known, ...options })
  const real = {
    clock,
    options: given,
    manager: createSessionManager<any>(given),
    jars: Array.from({ length: BROWSERS }, () => new Jar()),
    isListed,
    revocation,
    nameOf,
    login: () => ++logins,
  }
  return {
    model: { reference: new Reference(START, known, traits), cookies: real.jars.map(() => null) },
    real,
  }
}

/** Lets time pass on both sides. */
export function pass({ reference }: Model, { clock }: Real, ms: number): void {
  clock.pass(ms)
  reference.now += ms
}

/** Loads a browser's session on both sides, and holds the one against the other. */
export async function load(model: Model, real: Real, browser: number): Promise<Pair> {
  const { reference, cookies } = model
  const { manager, jars, revocation, login } = real
  const session = await manager.load(jars[browser]!.header)
  const view = reference.load(cookies[browser]!)
  const { isNew, maxAge } = session
  const { data, own = reference.limits.maxAge } = view
  const found = { isNew, maxAge, data: { ...session } }
  expect(found).toEqual({ isNew: view.isNew, maxAge: own, data })
  return { session, view, reference, revocation, login }
}

/** Commits on both sides, and gives the answers to the browser. */
async function answer(model: Model, real: Real, browser: number, pair: Pair): Promise<void> {
  const { session, view, reference } = pair
  const cookies = await commit(pair, () => real.manager.commit(session))
  const answered = cookies.length ? (cookieHeader(cookies) ? 'cookie' : 'no cookie') : 'nothing'
  expect(answered).toBe(view.answer)
  real.jars[browser]!.take(cookies)
  if (view.answer === 'nothing') return
  model.cookies[browser] = view.cookie
  if (view.answer === 'cookie' && reference.traits.keeps === 'either') {
    expect(session.externalKey === undefined).toBe(view.inCookie)
  }
}

/** Lets a request take its next step, of which the last is its answer. */
export async function step(
  model: Model,
  real: Real,
  { browser, pair, acts }: { browser: number; pair: Pair; acts: Act[] },
): Promise<'goes on' | 'is over'> {
  const act = acts.shift()
  try {
    await (act ? play(pair, act) : answer(model, real, browser, pair))
    return act ? 'goes on' : 'is over'
  } catch (error) {
    if (error !== TOO_LARGE) throw error
    return 'is over'
  }
}
