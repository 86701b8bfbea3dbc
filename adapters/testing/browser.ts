import type { Awaitable } from '../../src/index.ts'
import { createCookieJar, type StoredCookie } from './cookie-jar.ts'

/** An application as a function from request to response. */
export type FetchHandler = (request: Request) => Awaitable<Response>

export interface BrowserOptions {
  /** The time, in milliseconds since the epoch (default `Date.now`). */
  now?: () => number
  /** Where the browser is to begin with (default `'https://app.example'`). */
  origin?: string
}

/** A browser at a fetch handler, without any network. */
export interface Browser {
  /**
   * Makes a request with the cookies that belong to it, and keeps those of the answer.
   *
   * @param path A path, or an address of any host: the handler answers for all.
   * @param init As for `fetch`; redirects are followed where `redirect: 'follow'` asks for it,
   *   and else handed back. A Cookie header in it goes in place of the browser's.
   */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** The Cookie header that a request would carry; empty if there are no cookies for it. */
  cookieHeader(path?: string): string
  /** All cookies, or those that a request would carry. */
  cookies(path?: string): StoredCookie[]
  /** Keeps a cookie, as if an answer of that path had set it, and tells whether it did. */
  setCookie(line: string, path?: string): boolean
  /** Forgets what lives as long as the browser. */
  restart(): void
}

const MOST_REDIRECTS = 20

/**
 * Makes a browser: a cookie jar that keeps the rules of RFC 6265bis, in front of a fetch handler.
 * Secure cookies come and go over HTTPS and to localhost, those with the prefix `__Host-` keep its
 * rules, and everything ends by the given clock.
 *
 * ```js
 * const browser = createBrowser(app.fetch, { now: () => time })
 * await browser.fetch('/login', { method: 'POST', redirect: 'follow' })
 * ```
 */
export function createBrowser(handler: FetchHandler, options: BrowserOptions = {}): Browser {
  const { now = Date.now, origin = 'https://app.example' } = options
  const jar = createCookieJar(now)
  const resolve = (path: string): URL => new URL(path, origin)
  const headerFor = (url: URL): string =>
    jar
      .sent(url)
      .map(({ name, value }) => (name ? `${name}=${value}` : value))
      .join('; ')

  async function send(url: URL, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    const cookies = headerFor(url)
    if (cookies && !headers.has('cookie')) headers.set('cookie', cookies)
    const response = await handler(new Request(url, { ...init, headers, redirect: 'manual' }))
    for (const line of response.headers.getSetCookie()) jar.take(line, url)
    return response
  }

  return {
    async fetch(path, init = {}) {
      let url = resolve(path)
      let request = init
      for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
        const response = await send(url, request)
        const next = init.redirect === 'follow' && redirectOf(response)
        if (!next) return response
        url = new URL(next, url)
        request = followed(request, response.status)
      }
      throw new TypeError(`The browser was redirected more than ${MOST_REDIRECTS} times.`)
    },
    cookieHeader: (path = '/') => headerFor(resolve(path)),
    cookies: (path) => (path === undefined ? jar.all() : jar.sent(resolve(path))),
    setCookie: (line, path = '/') => jar.take(line, resolve(path)),
    restart: () => jar.close(),
  }
}

function redirectOf(response: Response): string | null {
  return [301, 302, 303, 307, 308].includes(response.status)
    ? response.headers.get('location')
    : null
}

/** The request after a redirect: a POST that was answered becomes a GET, as in all browsers. */
function followed(init: RequestInit, status: number): RequestInit {
  const method = (init.method ?? 'GET').toUpperCase()
  const becomesGet = (status === 303 && method !== 'HEAD') || (status < 303 && method === 'POST')
  if (!becomesGet) return init
  const headers = new Headers(init.headers)
  for (const name of ['content-type', 'content-length']) headers.delete(name)
  const { body: _, ...rest } = init
  return { ...rest, method: 'GET', headers }
}
