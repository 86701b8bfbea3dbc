import { parseCookieDate } from './cookie-date.ts'

/** A cookie as a browser keeps it. */
export interface StoredCookie {
  readonly name: string
  readonly value: string
  /** The host that set it, or the domain whose hosts all get it. */
  readonly domain: string
  /** Whether that host alone gets it. */
  readonly hostOnly: boolean
  readonly path: string
  /** When it ends, in milliseconds since the epoch; `undefined` with the browser. */
  readonly expires: number | undefined
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: 'strict' | 'lax' | 'none' | undefined
  readonly partitioned: boolean
}

/** A browser's cookies, kept by the rules of RFC 6265bis and CHIPS. */
export interface CookieJar {
  /** Takes a Set-Cookie line from an answer of a page, and tells whether it was kept. */
  take(line: string, url: URL): boolean
  /** The cookies that a request of a page carries, in order. */
  sent(url: URL): StoredCookie[]
  /** All cookies that have not ended. */
  all(): StoredCookie[]
  /** Drops the cookies that live as long as the browser. */
  close(): void
}

const LARGEST_COOKIE = 4096
const LONGEST_ATTRIBUTE = 1024
const LONGEST_LIFE = 400 * 86_400_000

/** Makes a jar with nothing in it. */
export function createCookieJar(now: () => number): CookieJar {
  // A Map keeps a replaced cookie at its place: the order of creation is what is asked for.
  const cookies = new Map<string, StoredCookie>()

  function all(): StoredCookie[] {
    for (const [id, { expires = Infinity }] of cookies) if (expires <= now()) cookies.delete(id)
    return [...cookies.values()]
  }

  return {
    all,

    take(line, url) {
      const cookie = readCookie(line, url, now())
      if (!cookie || !isAllowed(cookie, url, all())) return false
      const { name, domain, hostOnly, path, partitioned, expires = Infinity } = cookie
      const id = JSON.stringify([name, domain, hostOnly, path, partitioned])
      if (expires <= now()) return cookies.delete(id)
      cookies.set(id, cookie)
      return true
    },

    sent(url) {
      return all()
        .filter(
          ({ domain, hostOnly, path, secure }) =>
            (hostOnly ? url.hostname === domain : matchesDomain(url.hostname, domain)) &&
            matchesPath(url.pathname, path) &&
            (!secure || isSecure(url)),
        )
        .toSorted((a, b) => b.path.length - a.path.length)
    },

    close() {
      for (const [id, { expires }] of cookies) if (expires === undefined) cookies.delete(id)
    },
  }
}

/** Reads a Set-Cookie line (sections 5.6 and 5.7); `null` if it sets nothing. */
function readCookie(line: string, url: URL, now: number): StoredCookie | null {
  // oxlint-disable-next-line no-control-regex -- these are what the RFC forbids
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(line)) return null
  const [pair, ...rest] = line.split(';')
  const [name, value] = pair!.includes('=') ? cut(pair!) : (['', trim(pair!)] as const)
  if ((!name && !value) || sizeOf(name + value) > LARGEST_COOKIE) return null

  const attributes = new Map<string, string>()
  for (const [attribute, text] of rest.map(cut)) {
    if (sizeOf(text) <= LONGEST_ATTRIBUTE) readAttribute(attributes, attribute.toLowerCase(), text)
  }
  const domain = attributes.get('domain')
  const path = attributes.get('path')
  const [maxAge, date] = [attributes.get('max-age'), attributes.get('expires')]
  const expires = maxAge === undefined ? date && Number(date) : now + Number(maxAge) * 1000
  const sameSite = /^(strict|lax|none)$/i.exec(attributes.get('samesite') ?? '')?.[0]
  return {
    name,
    value,
    domain: domain || url.hostname,
    // A name of one label has no hosts below it.
    hostOnly: !domain || (domain === url.hostname && !domain.includes('.')),
    path: path?.startsWith('/') ? path : defaultPath(url.pathname),
    expires: expires === undefined ? undefined : Math.min(Number(expires), now + LONGEST_LIFE),
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: sameSite?.toLowerCase() as StoredCookie['sameSite'],
    partitioned: attributes.has('partitioned'),
  }
}

/** Of an attribute that comes twice the last one counts; one that makes no sense does not. */
function readAttribute(attributes: Map<string, string>, name: string, text: string): void {
  if (name === 'expires') {
    const date = parseCookieDate(text)
    if (date !== undefined) attributes.set(name, String(date))
  } else if (name === 'max-age') {
    if (/^-?\d+$/.test(text)) attributes.set(name, text.startsWith('-') ? '0' : text)
  } else if (name === 'domain') attributes.set(name, text.replace(/^\./, '').toLowerCase())
  else attributes.set(name, text)
}

/** Whether a page may set a cookie. */
function isAllowed(cookie: StoredCookie, url: URL, others: StoredCookie[]): boolean {
  const { name, value, domain, hostOnly, path, secure, httpOnly, sameSite, partitioned } = cookie
  // A domain of one label belongs to nobody. The list of the others that do is left out here.
  if (!hostOnly && !(matchesDomain(url.hostname, domain) && domain.includes('.'))) return false
  if (secure && !isSecure(url)) return false
  if (!secure && (sameSite === 'none' || partitioned)) return false
  // A nameless cookie could pass for one with a prefix.
  const prefix = /^__(host-http|host|http|secure)-/i.exec(name || value)?.[1]?.toLowerCase()
  if (prefix && (!name || !secure)) return false
  if (prefix?.startsWith('host') && !(hostOnly && path === '/')) return false
  if (prefix?.endsWith('http') && !httpOnly) return false
  // What came over plain HTTP must not hide what came over HTTPS.
  return (
    secure ||
    isSecure(url) ||
    !others.some(
      (other) =>
        other.secure &&
        other.name === name &&
        (matchesDomain(domain, other.domain) || matchesDomain(other.domain, domain)) &&
        matchesPath(path, other.path),
    )
  )
}

/** Whether a browser trusts the way to a page: HTTPS, or its own machine. */
function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || /^(.+\.)?localhost$|^127\.|^\[::1\]$/.test(hostname)
}

function matchesDomain(host: string, domain: string): boolean {
  if (host === domain) return true
  const isAddress = /^[\d.]+$/.test(host) || host.startsWith('[')
  return !isAddress && host.endsWith(`.${domain}`)
}

function matchesPath(path: string, of: string): boolean {
  return path === of || (path.startsWith(of) && (of.endsWith('/') || path[of.length] === '/'))
}

/** The folder of a page (section 5.1.4). */
function defaultPath(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function cut(text: string): [name: string, value: string] {
  const equals = text.indexOf('=')
  return equals < 0 ? [trim(text), ''] : [trim(text.slice(0, equals)), trim(text.slice(equals + 1))]
}

function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length
}
