import { chain, type Awaitable } from './awaitable.ts'
import type { Kit } from './kit.ts'
import { load, type CookieHeader } from './load.ts'
import { dataOf, stateOf } from './session.ts'

/**
 * What tells of a request's cookies: the request itself, web-standard or Node's, its headers, or
 * the Cookie header.
 */
export type ReadSource =
  | CookieHeader
  | { readonly headers: ReadHeaders }
  | { get(name: string): string | null }

type ReadHeaders =
  | { get(name: string): string | null }
  | { readonly cookie?: string | undefined; readonly get?: never }

/**
 * Reads the session of a request and leaves everything as it is: no cookie is made, and no record
 * written, extended or destroyed.
 *
 * @returns A frozen copy of the data; `null` where there is no session.
 */
export function read<data extends object>(
  kit: Kit,
  source: ReadSource,
  ctx: unknown,
): Awaitable<Readonly<data> | null> {
  // A store may take a read of a rolling session for a sign of life.
  const reading = { __proto__: null, ...kit, rolling: false, isReading: true } as Kit
  return chain(load<data>(reading, cookiesOf(source), ctx), (session) => {
    const { isNew, stale } = stateOf(session)
    // What a reader of other formats has found is to become a new session, and is stale till then.
    return isNew && !stale ? null : Object.freeze(dataOf(session) as data)
  })
}

function cookiesOf(source: ReadSource): CookieHeader {
  if (!source || typeof source === 'string' || Array.isArray(source)) return source as CookieHeader
  const headers = ('headers' in source ? source.headers : source) as ReadHeaders
  return headers.get ? headers.get('cookie') : headers.cookie
}
