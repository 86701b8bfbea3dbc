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

/**
 * The beginning of every URL, and what to fetch it with.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`.
 */
export function locate(
  target: FetchTarget,
  path: string | undefined,
): [base: string, fetcherFor: (key: string) => Fetcher] {
  if (path !== undefined && !/^\/[^?#]*$/.test(path)) refuse('"path" must begin with /')
  // A binding may look like a function.
  if (typeof (target as Partial<Fetcher> | null)?.fetch === 'function') {
    return [`${NOWHERE}${directory(path)}`, () => target as Fetcher]
  }
  if (typeof target === 'function') return [`${NOWHERE}${directory(path)}`, target]
  if (path !== undefined) refuse('"path" belongs into the URL')
  const { origin, pathname } = checkUrl(target as string | URL)
  return [origin + directory(pathname), () => ({ fetch: (request) => fetch(request) })]
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
