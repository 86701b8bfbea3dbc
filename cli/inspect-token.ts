/// <reference types="node" />
import type { Json } from '../src/record.ts'
import { claimsOf, isOver, tellClaims } from './claims.ts'
import type { Finding } from './finding.ts'

const KID = String.raw`"kid":"([ !#-[\]-~]{1,128})"`
const JWS = new RegExp(
  String.raw`^\{"alg":"(EdDSA|Ed25519|ES256)",${KID},"typ":"session-kit1\+jws"\}$`,
)
const JWE = new RegExp(
  String.raw`^\{"alg":"dir","enc":"A256GCM",${KID},"typ":"session-kit1\+jwe"(,"cty":"session-kit1\+jws")?\}$`,
)

const AUDIENCE = 'session-kit/'

/** Whether a value is what `session-kit/jose` writes under JSON Web Keys, by its shape. */
export function isToken(value: string): boolean {
  return (jwsHeader(value) ?? jweHeader(value)) !== null
}

/**
 * The name of the cookie that a signed token is for, which anybody can read in it: it tells where a
 * value belongs that comes alone.
 */
export function nameInToken(value: string): string | undefined {
  const { aud } = (jwsHeader(value) && payloadOf(value)) ?? {}
  if (typeof aud !== 'string' || !aud.startsWith(AUDIENCE)) return undefined
  return aud.slice(AUDIENCE.length)
}

/**
 * Tells what a token says of its key, and what anybody can read in a signed one. No key is asked
 * for, so that whether it is genuine stays open.
 */
export function inspectToken(name: string, value: string): Finding {
  if (jwsHeader(value)) return inspectJws(name, value, { format: 'jws', verdict: 'unchecked' })
  const [, keyId, isNested] = jweHeader(value)!
  const holds = isNested ? { holds: 'a signed token' } : {}
  return { format: 'jwe', verdict: 'unchecked', alg: 'dir', keyId: keyId!, ...holds }
}

/**
 * Adds what a signed token says.
 *
 * @param seen What is known of the cookie that it came in.
 */
export function inspectJws(name: string, token: string, seen: Finding): Finding {
  const [, alg, kid] = jwsHeader(token) ?? []
  if (!alg) return { ...seen, verdict: 'not-genuine' }
  const signed = { ...seen, alg, [seen.format === 'jws' ? 'keyId' : 'signedBy']: kid }
  const claims = payloadOf(token)
  if (claims?.['aud'] !== AUDIENCE + name) return { ...signed, verdict: 'not-genuine' }
  return { ...signed, ...tellClaims(claims), verdict: isOver(claims) ? 'expired' : 'unchecked' }
}

function jwsHeader(value: string): RegExpExecArray | null {
  const parts = value.split('.')
  return parts.length === 3 ? JWS.exec(textOf(parts[0]!)) : null
}

function jweHeader(value: string): RegExpExecArray | null {
  const parts = value.split('.')
  return parts.length === 5 && parts[1] === '' ? JWE.exec(textOf(parts[0]!)) : null
}

function payloadOf(token: string): Json | undefined {
  return claimsOf(textOf(token.split('.')[1] ?? ''))
}

function textOf(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString()
}
