import type { Awaitable } from './awaitable.ts'
import { refuse } from './fetch-protocol.ts'

/** Anything that answers requests: a service binding, a Durable Object's stub, a Hono app. */
export interface Fetcher {
  fetch(request: Request): Awaitable<Response>
}

/** Where the other half is: a URL, something with `fetch`, or one of those for each key. */
export type FetchTarget = string | URL | Fetcher | ((key: string) => Fetcher)

/** How long a key may be in a path. */
export const LONGEST_KEY = 1024

/** Where requests go. */
export interface Place {
  /** What every URL begins with. */
  base: string
  send(key: string, url: string, init: RequestInit): Awaitable<Response>
}

/**
 * Makes a place of what an application gave.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`.
 */
export function locate(target: FetchTarget, path: string | undefined): Place {
  if (path !== undefined && !/^\/[^?#]*$/.test(path)) refuse('"path" must begin with /')
  // A binding may look like a function.
  const isOne = typeof (target as Partial<Fetcher> | null)?.fetch === 'function'
  if (isOne || typeof target === 'function') {
    const fetcherFor = isOne ? () => target as Fetcher : (target as (key: string) => Fetcher)
    return {
      base: NOWHERE + directory(path),
      send: (key, url, init) => fetcherFor(key).fetch(new Request(url, init)),
    }
  }
  if (path !== undefined) refuse('"path" belongs into the URL')
  const { origin, pathname } = checkUrl(target as string | URL)
  // Given a Request, Node forgets its signal once that is garbage collected.
  return { base: origin + directory(pathname), send: (_, url, init) => fetch(url, init) }
}

/** No such host can exist (RFC 6761): a binding does not ask for it. */
const NOWHERE = 'https://session.invalid'

function directory(path = '/'): string {
  return path.endsWith('/') ? path : `${path}/`
}

function checkUrl(target: string | URL): URL {
  let url: URL
  try {
    url = new URL(target)
  } catch {
    return refuse('"target" must be a URL, or something with fetch')
  }
  const { protocol, hostname, username, password, search, hash } = url
  const isHere = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)
  if (protocol !== 'https:' && !(protocol === 'http:' && isHere)) refuse('"target" must be https')
  // URLs end up in logs.
  if (username || password) refuse('"target" must have no credentials: give "token" or "secret"')
  if (search || hash) refuse('"target" must have no query and no fragment')
  return url
}

/** Whether a key can be part of a path; if not, nothing can be stored under it. */
export function isAddressable(key: string): boolean {
  try {
    return !/^\.{0,2}$/.test(key) && encodeURIComponent(key).length <= LONGEST_KEY
  } catch {
    return false
  }
}
