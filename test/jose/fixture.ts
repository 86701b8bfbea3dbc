import { CompactEncrypt, CompactSign, importJWK, type JWK } from 'jose'
import { createSessionManager, type SessionFormat, type SessionManager } from '../../src/index.ts'
import type { FormatOptions } from '../../src/options.ts'
import { createClock, DAY, NOON, type Clock } from '../fixtures/clock.ts'
import { cookieHeader } from '../fixtures/cookies.ts'
import { onTrouble } from '../fixtures/events.ts'

export interface Setting {
  manager: SessionManager
  clock: Clock
  events: string[]
  /** The token of a new session with these data. */
  write(data: object): Promise<string>
  /** The session that a token brings. */
  read(token: string): ReturnType<SessionManager['load']>
}

/** A manager of a cookie `sid` with its own clock, and what it says of the cookies that come. */
export function setUp(format: SessionFormat, options: Partial<FormatOptions> = {}): Setting {
  const clock = createClock()
  const events: string[] = []
  const on = onTrouble(({ type }) => events.push(type))
  const all = { key: 'sid', secure: false, now: clock.now, on, ...options, format }
  const manager = createSessionManager(all)
  return {
    manager,
    clock,
    events,
    read: (token) => manager.load(`${all.key}=${token}`),
    async write(data) {
      const session = Object.assign(await manager.load(null), data)
      return tokenOf(await manager.commit(session))
    },
  }
}

/** The value of a cookie that was set. */
export function tokenOf(cookies: readonly string[]): string {
  return cookieHeader(cookies).replace(/^[^=]*=/, '')
}

/** A session id like any other. */
export const ID = 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE'

const now = NOON / 1000

/** The claims of a session that was saved at noon, as docs/jose.md has them. */
export function claimsOf(more: object = {}): Record<string, unknown> {
  const times = { iat: now, exp: now + DAY / 1000, ct: now }
  return { aud: 'session-kit/sid', sid: ID, ...times, d: { user: 'ada' }, ...more }
}

/** Claims as a holder of the key can have them signed by plain `jose`, under any header. */
export async function sign(
  payload: unknown,
  jwk: JWK,
  header: Record<string, unknown> = {},
  alg: string = jwk.kty === 'EC' ? 'ES256' : 'EdDSA',
): Promise<string> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader({ alg, kid: jwk.kid!, typ: 'session-kit1+jws', ...header })
    .sign(await importJWK(jwk, alg))
}

/** The same, encrypted. */
export async function encrypt(
  payload: unknown,
  jwk: JWK,
  header: Record<string, unknown> = {},
): Promise<string> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const all = { alg: 'dir', enc: 'A256GCM', kid: jwk.kid!, typ: 'session-kit1+jwe', ...header }
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader(all as never)
    .encrypt(Buffer.from((jwk as { k: string }).k, 'base64url'))
}

/** What the header of a sealed token has besides that holds a signed one. */
export const NESTED = { cty: 'session-kit1+jws' }
