/** The cookie by which the inspector knows a browser: no part of any session. */
export const BROWSER_COOKIE = 'session-inspector'

const encoder = new TextEncoder()

/** A new name for a browser: 32 random bytes. */
export function newBrowser(): string {
  return toBase64url(crypto.getRandomValues(new Uint8Array(32)))
}

/** Whether a value has the shape of `newBrowser`. */
export function isBrowser(value: string | undefined): value is string {
  return value !== undefined && /^[\w-]{43}$/.test(value)
}

/**
 * A token for the forms of a browser's page, another text at each call: HMAC-SHA-256 under what
 * its cookie holds, so that to look at a session writes nothing into it.
 */
export async function makeToken(browser: string): Promise<string> {
  const nonce = newBrowser()
  const mac = await crypto.subtle.sign('HMAC', await keyOf(browser), encoder.encode(nonce))
  return nonce + toBase64url(new Uint8Array(mac))
}

/** Whether a token was made for a browser; compared in constant time. */
export async function checkToken(browser: string | undefined, token: unknown): Promise<boolean> {
  if (!isBrowser(browser) || typeof token !== 'string' || !/^[\w-]{86}$/.test(token)) return false
  const mac = fromBase64url(token.slice(43))
  const nonce = encoder.encode(token.slice(0, 43))
  return crypto.subtle.verify('HMAC', await keyOf(browser), mac, nonce)
}

/** The start of a text's SHA-256: it tells one id from another and opens nothing. */
export async function fingerprint(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(text))
  return toBase64url(new Uint8Array(digest)).slice(0, 8)
}

function keyOf(browser: string): Promise<CryptoKey> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', encoder.encode(browser), hmac, false, ['sign', 'verify'])
}

function toBase64url(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes))
  return base64.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0))
}
