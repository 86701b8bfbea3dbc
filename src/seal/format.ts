import type { Awaitable } from '../awaitable.ts'
import type { Json, Life, SessionRecord } from '../record.ts'
import { attributesOf, type CookieOptions } from '../cookie-options.ts'
import { clearCookie, setCookie } from '../set-cookie.ts'

/** What a cookie brought, once it has proved genuine: a store's key or a record. */
export interface Carried {
  /** The session's identity; of a signed cookie its value. */
  id: string
  key?: string | undefined
  record?: SessionRecord | undefined
  flash?: Json | undefined
  /** Which write of the record it was sealed with; `record` is a snapshot of that one then. */
  version?: number | undefined
  life: Life
  /** Whether `life` comes from the cookie; else the record alone knows it. */
  isTimed: boolean
  /** Whether it was made with a secret that is no longer the newest. */
  stale: boolean
  /** Whether a reader of another format brought it. */
  isAdopted?: boolean
}

/** Why a cookie was set aside; `'unknown'` if its keys are out of reach. */
export type Refusal = 'tampered' | 'expired' | 'invalid' | 'unknown'

/** What a cookie is to carry: the key, where there is one, or else the data. */
export interface Cargo {
  id: string
  key: string | undefined
  /** The data and flash, as `takeSnapshot` writes them; empty where a key with a version has to do. */
  snapshot: string
  life: Life
  /** The limit in force: the session's own `maxAge` or the configured one. */
  maxAge: number | 'session'
  /** Which write of the session this is, where that is counted. */
  version?: number | undefined
}

/** A cookie format: how a session's cookie is read, and what it is written as. */
export interface Format<ctx> {
  /** The names of its cookies, the one with the value first. */
  readonly names: readonly string[]

  /** Whether a session without a store has the same id as long as nobody changes it. */
  readonly keepsId?: true

  /** Whether whoever has its cookie can read the data, though its id keeps. */
  readonly isReadable?: boolean | undefined

  /** Throws, in place of `seal` and `clear`, where there is no key to seal with. */
  refuse?: (() => never) | undefined

  /** Reads the session's cookie; `null` if there is none. Never throws on what a client sent. */
  open(
    header: string | readonly string[] | null | undefined,
    ctx: ctx,
  ): Awaitable<Carried | Refusal | null>

  /** The values for `names`, in the same order; none if its keys are out of reach. */
  seal(cargo: Cargo, ctx: ctx): Awaitable<string[]>

  /**
   * The attributes that its cookies have in this request, as text: what a function among the
   * options throws is heard before anything is written.
   */
  attributes?(ctx: ctx): string

  /**
   * Sends sealed values off: the Set-Cookie values to be sent with the response, none where the
   * host has taken care of them.
   *
   * @param maxAge Milliseconds to live; `undefined` for as long as the browser is open.
   */
  write(values: string[], maxAge: number | undefined, ctx: ctx): string[]

  /**
   * Removes cookies, in the same way.
   *
   * @param names Those of another format; without them its own.
   */
  clear(ctx: ctx, names?: readonly string[]): string[]
}

/** Writes and clears the cookies of a format that nobody else takes care of. */
export function plainCookies(
  names: readonly string[],
  options: CookieOptions,
): Pick<Format<unknown>, 'names' | 'attributes' | 'write' | 'clear'> {
  const attributes = attributesOf(options)
  return {
    names,
    attributes,
    write: (values, maxAge, ctx) =>
      names.map((name, index) => setCookie(name, values[index]!, attributes(ctx), maxAge)),
    clear: (ctx, cleared = names) => cleared.map((name) => clearCookie(name, attributes(ctx))),
  }
}

/**
 * Settles on one of several cookies of one name (a browser sends all that match, in an order that
 * a sibling domain can influence): the one that opens, or nothing if two are good and differ.
 */
export function pick(opened: (Carried | Refusal)[]): Carried | Refusal | null {
  const good = opened.filter((one) => typeof one === 'object')
  good.sort((a, b) => b.life.issued - a.life.issued)
  if (good.some(({ id }) => id !== good[0]!.id)) return 'tampered'
  return good[0] ?? opened[0] ?? null
}
