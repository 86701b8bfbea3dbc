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
