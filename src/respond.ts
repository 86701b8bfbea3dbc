import { tellCaches } from './caches.ts'
import type { Outcome } from './lazy-session.ts'

/**
 * Gives a response what the session has to say: its cookies, and headers that keep one visitor's
 * page from being handed to another by a cache. A session that was not used changes nothing.
 *
 * @returns The response itself, or a copy where its headers cannot be changed, as with redirects
 *   and fetched responses.
 */
export function respond(response: Response, outcome: Outcome): Response {
  // No browser sees the headers of a protocol upgrade (101) or of a network error (0).
  if (!outcome.used || response.status < 200) return response
  try {
    writeHeaders(response.headers, outcome)
    return response
  } catch {
    const copy = new Response(response.body, response)
    writeHeaders(copy.headers, outcome)
    return copy
  }
}

function writeHeaders(headers: Headers, { cookies, passedOn }: Outcome): void {
  if (cookies.length) {
    const before = headers.getSetCookie()
    const names = cookies.map(nameOf)
    const others = before.filter((cookie) => !names.includes(nameOf(cookie)))
    if (others.length < before.length) {
      headers.delete('set-cookie')
      for (const cookie of others) headers.append('set-cookie', cookie)
    }
    for (const cookie of cookies) headers.append('set-cookie', cookie)
  }
  tellCaches(headers, Boolean(cookies.length || passedOn))
}

function nameOf(cookie: string): string {
  return cookie.slice(0, cookie.indexOf('='))
}
