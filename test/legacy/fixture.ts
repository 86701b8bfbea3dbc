import { createRequire } from 'node:module'
import { Cookies as Cookies4 } from '@eggjs/cookies'
import OtherCookies from 'cookies'
import Keygrip from 'keygrip'
import { createSessionManager, type SessionManager, type SessionOptions } from '../../src/index.ts'
import { DAY } from '../fixtures/clock.ts'
import { onTrouble } from '../fixtures/events.ts'
import { SECRET } from '../fixtures/secrets.ts'

/** Egg's cookies, of Egg 3 and of Egg 4: all of their package that is used. */
export type EggCookies = new (
  ctx: unknown,
  keys: readonly string[],
) => {
  get(name: string, options: object): string | undefined
  set(name: string, value: string, options: object): unknown
}

export const Cookies3 = createRequire(import.meta.url)('egg-cookies') as EggCookies
export { Cookies4 }

/** The keys of an Egg application, short ones as many have. */
export const KEYS = ['my-app_1700000000000_4417', 'k2'] as const
export const UNTIL = Date.now() + 30 * DAY

/** A record as koa-session writes it. */
export function recordOf(data: object, now = Date.now(), maxAge = DAY): object {
  return { ...data, _expire: now + maxAge, _maxAge: maxAge }
}

/** What koa-session puts into a cookie. */
export function encode(record: unknown): string {
  return Buffer.from(JSON.stringify(record)).toString('base64')
}

/** A Cookie header with what Egg's own cookies make of a value. */
export function eggHeader(
  value: string,
  {
    keys = KEYS as readonly string[],
    encrypt = true,
    name = 'EGG_SESS',
    Cookies = Cookies4 as unknown as EggCookies,
  } = {},
): string {
  let lines: string[] = []
  const ctx = {
    get: () => '',
    set: (_: string, value: string[]) => void (lines = value),
    response: { get: () => undefined },
    app: { emit: () => {} },
  }
  new Cookies(ctx, keys).set(name, value, { encrypt })
  return headerOf(lines)
}

/** A Cookie header with what Koa's own cookies make of a value. */
export function koaHeader(
  value: string,
  { keys = KEYS as readonly string[], digest = 'sha1', name = 'koa.sess' } = {},
): string {
  let lines: string[] = []
  const response = {
    getHeader: () => lines,
    setHeader: (_: string, value: string[]) => void (lines = value),
  }
  const options = { keys: new Keygrip([...keys], digest), secure: false }
  new OtherCookies({ headers: {} } as never, response as never, options).set(name, value, {})
  return headerOf(lines)
}

function headerOf(lines: string[]): string {
  return lines.map((line) => line.slice(0, line.indexOf(';'))).join('; ')
}

/** An Egg-encrypted session of the core, and what happens to it. */
export interface Setting {
  manager: SessionManager<any, any>
  events: string[]
}

export function setUp(options: Partial<SessionOptions>): Setting {
  const events: string[] = []
  const on = onTrouble(({ type }) => events.push(type))
  const manager = createSessionManager<any, any>({
    secrets: SECRET,
    key: 'EGG_SESS',
    on,
    ...options,
  })
  return { manager, events }
}

/** Numbers that look random, and are the same in every run. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const WORDS = ['fred', 'Žluťoučký 🐎', '??>>~~', '', 'a\nb\u0000c', '</script>', '\ud800', '日本語']

/** Session data of many kinds. */
export function randomData(random: (below: number) => number): Record<string, unknown> {
  const value = (depth: number): unknown => {
    const kind = random(depth > 0 ? 8 : 6)
    if (kind === 0) return random(2 ** 31) - 2 ** 30
    if (kind === 1) return random(1e9) / 1024
    if (kind === 2) return [true, false, null][random(3)]
    if (kind < 6) return WORDS[random(WORDS.length)]! + random(1e6).toString(36)
    if (kind === 6) return Array.from({ length: random(4) }, () => value(depth - 1))
    return object(depth - 1)
  }
  const object = (depth: number): Record<string, unknown> =>
    Object.fromEntries(
      Array.from({ length: random(5) }, () => [`k${random(50)}${WORDS[random(3)]}`, value(depth)]),
    )
  return { user: random(1e6), ...object(3) }
}
