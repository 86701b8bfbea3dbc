import { clock, start } from '../clock.ts'
import { pack, pair } from '../stage.ts'
import type { Loose, PairOptions, Stage } from '../stage.ts'
import type { Case, Request, Subject } from '../run.ts'

export const hour = 3_600_000
export const day = 86_400_000
export { clock, start }

export type Handler = NonNullable<Request['handler']>
export type More = Partial<Omit<Case, 'name' | 'subject' | 'requests'>>

type Maker = (name: string, requests: Request[], more?: More) => void

export interface Makers {
  /** The cases made so far. */
  found: Case[]
  /** A case with options of its own. */
  plain: Maker
  /** A case whose session is in the cookie. */
  cookie: Maker
  /** A case whose session is in a store. */
  store: Maker
  /** A case of either kind. */
  both: Maker
}

/** Makes the cases of one subject: `cookie: …`, `store: …`, or both from the same requests. */
export function casesOf(subject: Subject): Makers {
  const found: Case[] = []

  function plain(name: string, requests: Request[], more: More = {}): void {
    found.push({ name, subject, requests, ...more })
  }
  function cookie(name: string, requests: Request[], more: More = {}): void {
    const options = (stage: Stage) => ({ maxAge: hour, ...more.options?.(stage) })
    plain(`cookie: ${name}`, requests, { ...more, options })
  }
  function store(name: string, requests: Request[], more: More = {}): void {
    const options = (stage: Stage) => ({
      maxAge: hour,
      store: stage.store(),
      genid: stage.genid,
      ...more.options?.(stage),
    })
    plain(`store: ${name}`, requests, { ...more, options })
  }
  function both(name: string, requests: Request[], more: More = {}): void {
    cookie(name, requests, more)
    store(name, requests, more)
  }
  return { found, plain, cookie, store, both }
}

/** A request that fills the session. */
export function begin(data: Record<string, unknown> = { a: 1 }): Request {
  return { handler: (ctx) => void Object.assign(ctx.session, data) }
}

/** A request with a handler. */
export function act(handler: Handler, more: Partial<Request> = {}): Request {
  return { handler, ...more }
}

/** A request that answers with the session. */
export function read(more: Partial<Request> = {}): Request {
  return { handler: (ctx) => ({ session: ctx.session }), ...more }
}

/** A request that leaves the session alone. */
export function leave(more: Partial<Request> = {}): Request {
  return { ...more }
}

/** A request that calls `setting` with a value, for one line of a table. */
export function assign(value: unknown): Request {
  return { handler: (ctx) => void (ctx.session = value) }
}

/** A signed cookie that holds data until `expire`. */
export function held(
  data: unknown,
  end: { expire?: number; maxAge?: number } = {},
  options?: PairOptions,
): string {
  const { expire = start + hour, maxAge = hour } = end
  return pair(pack({ ...(data as object), _expire: expire, _maxAge: maxAge }), options)
}

/** A record for a store. */
export function stored(data: object, end: { expire?: number; maxAge?: number } = {}): object {
  const { expire = start + hour, maxAge = hour } = end
  return { ...data, _expire: expire, _maxAge: maxAge }
}

/** The middleware of an application that answers errors itself. */
export async function catching(ctx: Loose, next: () => Promise<void>): Promise<void> {
  try {
    await next()
  } catch (error) {
    ctx.status = 200
    ctx.body = `caught: ${(error as Error).message}`
  }
}

/** Options with a store that holds a record already. */
export const holding =
  (key: string, record: unknown, more: Record<string, unknown> = {}) =>
  (stage: Stage): Loose => {
    stage.records.set(key, record)
    return more
  }
