/** The largest name and value that browsers keep, in bytes together (RFC 6265bis section 5.7). */
export const LARGEST_COOKIE = 4096

/** The longest life that browsers grant, in seconds: 400 days (RFC 6265bis section 5.5). */
export const LONGEST_MAX_AGE: number = 400 * 86_400

/** The attributes of a session cookie, all checked. */
export interface CookieAttributes {
  path?: string
  domain?: string
  secure?: boolean
  httpOnly?: boolean
  sameSite?: 'strict' | 'lax' | 'none' | boolean
  priority?: 'low' | 'medium' | 'high'
  partitioned?: boolean
}

/** Writes the attributes once for all cookies of a manager: `; Path=/; HttpOnly` and so on. */
export function attributeText(attributes: CookieAttributes): string {
  const { path, domain, secure, httpOnly, sameSite, priority, partitioned } = attributes
  const parts = [
    `Path=${path}`,
    domain && `Domain=${domain}`,
    secure && 'Secure',
    httpOnly && 'HttpOnly',
    sameSite && `SameSite=${capitalized(sameSite === true ? 'strict' : sameSite)}`,
    priority && `Priority=${capitalized(priority)}`,
    partitioned && 'Partitioned',
  ]
  return parts
    .filter(Boolean)
    .map((part) => `; ${part}`)
    .join('')
}

/**
 * Writes a Set-Cookie value.
 *
 * @param maxAge Milliseconds to live; without it the browser drops the cookie when it closes.
 */
export function setCookie(
  name: string,
  value: string,
  attributes: string,
  maxAge: number | undefined,
): string {
  const seconds = Math.min(Math.ceil((maxAge ?? 0) / 1000), LONGEST_MAX_AGE)
  return `${name}=${value}${attributes}${maxAge === undefined ? '' : `; Max-Age=${seconds}`}`
}

/** Writes the Set-Cookie value that removes a cookie set with the same attributes. */
export function clearCookie(name: string, attributes: string): string {
  return `${name}=${attributes}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT`
}

function capitalized(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1).toLowerCase()
}
