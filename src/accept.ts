import { chain, type Awaitable } from './awaitable.ts'
import { cookieValues } from './cookie-header.ts'
import type { Kit, Reason } from './kit.ts'
import { idleLimit } from './life.ts'
import type { CookieHeader } from './load.ts'
import type { SessionRecord } from './record.ts'
import type { Carried } from './seal/format.ts'

/** What a reader is told of a request. */
export interface ReaderRequest<ctx = any> {
  header: CookieHeader
  /** The name of the session's own cookie. */
  key: string
  /** The time, in milliseconds since the epoch. */
  now: number
  /** How long a session may go without being saved, in milliseconds. */
  limit: number
  /** Whether sessions are kept in a store. */
  hasStore: boolean
  ctx: ctx
}

/**
 * Reads the cookies of another library, or of another time, so that visitors stay logged in while
 * an application moves; made by a factory of `session-kit/legacy`. What is secret about it is in
 * closures, out of reach of a configuration that is written to a file.
 */
export interface Reader<ctx = any> {
  /** The cookies that it reads, given the name of the session's own. */
  names(key: string): string[]

  /**
   * A record that may be trusted, or the key of one in the store; `'tampered'` if none of the
   * cookies proves genuine, `'invalid'` if the application refuses what one says, `null` if there
   * is none.
   */
  read(
    request: ReaderRequest<ctx>,
  ): Awaitable<{ record: SessionRecord } | { key: string } | 'tampered' | 'invalid' | null>
}

/**
 * Opens the session's cookie, or asks the readers that the application named. Formats are told
 * apart by their shape, before any crypto: no reader is asked where a value looks sealed, whatever
 * became of it.
 */
export function openCookie(
  kit: Kit,
  header: CookieHeader,
  ctx: unknown,
  hasStore: boolean,
): Awaitable<Carried | Reason | null> {
  const { key, accept } = kit
  return chain(kit.format.open(header, ctx), (opened) =>
    !accept || Object(opened) === opened || cookieValues(header, key).some(looksSealed)
      ? opened
      : ask(accept, opened as Reason | null),
  )

  async function ask(
    readers: readonly Reader[],
    refusal: Reason | null,
  ): Promise<Carried | Reason | null> {
    const request = { header, key, now: kit.now(), limit: idleLimit(kit, undefined), hasStore, ctx }
    for (const reader of readers) {
      const found = await reader.read(request)
      if (Object(found) === found) {
        const life = { created: 0, issued: 0, expires: undefined, maxAge: undefined }
        return { ...(found as object), id: '', life, isTimed: false, stale: true, isAdopted: true }
      }
      if (found === 'invalid') return found
      refusal = (found as 'tampered' | null) ?? refusal
    }
    return refusal
  }
}

/** The cookies of readers that came with a request, other than the session's own. */
export function foreignNames({ accept = [], key, format }: Kit, header: CookieHeader): string[] {
  return accept
    .flatMap((reader) => reader.names(key))
    .filter((name) => !format.names.includes(name) && cookieValues(header, name).length)
}

/** Whether a value is sealed or was once: a damaged one has lost a dot, or got one, or its end. */
function looksSealed(value: string): boolean {
  return value.split('.').length > 3 || value.startsWith('eyJhbGciOiJkaXIi')
}
