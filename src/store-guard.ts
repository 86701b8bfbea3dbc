import { engine } from '#engine'
import type { Awaitable } from './awaitable.ts'
import { checkCommon, credentials, refuse, SIGNATURE_LIFE, signedText } from './fetch-protocol.ts'
import type { Secret } from './secrets.ts'

/** Who may come in. One of the first three is required, and all that are given must agree. */
export interface GuardOptions {
  /**
   * Answers `true` for a request that may go on. It must leave the body alone. `() => true` is for
   * a Worker that nothing but a service binding reaches.
   */
  authorize?: (request: Request) => Awaitable<boolean>
  /** The bearer token that clients send, or several: 32 or more random characters each. */
  token?: string | readonly string[]
  /**
   * What clients sign their requests with (HMAC-SHA-256), or several: 32 or more random characters
   * or bytes each. A signature covers the method, the path, the body and the time and is good for
   * 60 seconds, in which the very same request may be made again. It does not cover the host: give
   * every store a secret of its own.
   */
  secret?: Secret | readonly Secret[]
  /** The time, in milliseconds since the epoch (default `Date.now`). */
  now?: () => number
}

/** Tells whether a request may go on. */
export interface Guard {
  /** What can be told before the body is read. */
  mayCome(request: Request): Awaitable<boolean>
  isSigned(request: Request, body: string): Awaitable<boolean>
}

/**
 * Makes the guard of a store handler.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS` or `ERR_SESSION_SECRET`.
 */
export function createGuard(options: GuardOptions): Guard {
  const { authorize, token, secret, now = Date.now } = Object(options) as GuardOptions
  if (!authorize && !token && !secret) {
    refuse('"authorize" is missing: give createStoreHandler() a function, or "token" or "secret"')
  }
  if (authorize && typeof authorize !== 'function') refuse('"authorize" must be a function')
  checkCommon(options)
  const tokens = token && keysOf(credentials('token', token))
  const secrets = secret && keysOf(credentials('secret', secret))

  return {
    async mayCome(request) {
      if (authorize && (await authorize(request)) !== true) return false
      if (!tokens) return true
      const given = credentialOf(request, 'Bearer')
      if (!given) return false
      // Two MACs of one text can be compared in constant time, as two tokens cannot.
      const key = await engine.macKey(new TextEncoder().encode(given), 'sha256')
      return fits(await tokens(), 'token', await engine.sign(key, 'token'))
    },

    async isSigned(request, body) {
      if (!secrets) return true
      const time = Number(request.headers.get('x-timestamp') || Number.NaN)
      if (!(Math.abs(now() - time) <= SIGNATURE_LIFE)) return false
      const mac = credentialOf(request, 'HMAC-SHA-256')
      const { method, url, headers } = request
      return fits(await secrets(), signedText(method, url, headers, body), mac)
    },
  }
}

/** Makes keys at the first request: a Worker's start-up takes no waiting. */
function keysOf(secrets: Uint8Array[]): () => Promise<unknown[]> {
  let keys: Promise<unknown[]> | undefined
  return () => (keys ??= Promise.all(secrets.map((secret) => engine.macKey(secret, 'sha256'))))
}

async function fits(keys: unknown[], text: string, mac: string): Promise<boolean> {
  const verdicts = await Promise.all(keys.map((key) => engine.verify(key, text, mac)))
  return verdicts.includes(true)
}

function credentialOf(request: Request, scheme: string): string {
  const [given, value, ...rest] = (request.headers.get('authorization') ?? '').split(' ')
  return given?.toLowerCase() === scheme.toLowerCase() && !rest.length ? (value ?? '') : ''
}
