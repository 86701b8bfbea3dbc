/** The headers of a response that is being made: the web's own, or what a host has instead. */
export interface ResponseHeaders {
  get(name: string): string | null | undefined
  set(name: string, value: string): void
  delete(name: string): void
  /** Visits all that are set, by their names in lower case. */
  forEach(visit: (value: unknown, name: string) => void): void
}

/**
 * Keeps one visitor's page from being handed to another by a cache: tells that the response depends
 * on the cookie and, where the session's Set-Cookie goes along, that nobody may keep it. What else
 * the application has in these headers stays.
 *
 * @param isSent Whether the session's cookie goes along.
 */
export function tellCaches(headers: ResponseHeaders, isSent: boolean): void {
  const vary = headers.get('vary')
  if (!vary) headers.set('vary', 'Cookie')
  else if (!/(^|,)\s*(\*|cookie)\s*(,|$)/i.test(vary)) headers.set('vary', `${vary}, Cookie`)
  if (!isSent) return

  // These speak to caches between, louder than Cache-Control (RFC 9213).
  const loud: string[] = []
  headers.forEach((_, name) => {
    if (/(^|-)cdn-cache-control$|^surrogate-control$/.test(name)) loud.push(name)
  })
  for (const name of loud) headers.delete(name)
  if (!isPrivate(headers.get('cache-control'))) headers.set('cache-control', 'private, no-store')
}

/** Whether the application already keeps every cache away. */
function isPrivate(cacheControl: string | null | undefined): boolean {
  return /\bno-store\b/i.test(cacheControl ?? '') && !/\b(public|s-maxage)\b/i.test(cacheControl!)
}
