import { toBase64url } from './seal/base64url.ts'

/** A new session id: 32 random bytes in base64url, 43 characters. */
export function randomId(): string {
  return toBase64url(crypto.getRandomValues(new Uint8Array(32)))
}

/** Whether a value has the shape of `randomId`. */
export function isSessionId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{43}$/.test(value)
}
