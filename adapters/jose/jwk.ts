import type { JWK } from 'jose'
import { fromBase64url, isBase64url, secretBytes } from '../../src/host.ts'
import { SessionError } from '../../src/index.ts'

/** A JSON Web Key, several, the newest first, or a JSON Web Key Set (RFC 7517). */
export type Jwks = JWK | readonly JWK[] | { readonly keys: readonly JWK[] }

/** A checked key that signs or verifies. */
export interface SignatureKey {
  /** Names it in errors. */
  place: string
  kid: string
  alg: SignatureAlgorithm
  /** The public half alone, with nothing in it but the key. */
  publicJwk: JWK
  /** The whole, where it may sign. */
  privateJwk?: JWK
}

/** A checked key that encrypts. */
export interface ContentKey {
  kid: string
  bytes: Uint8Array<ArrayBuffer>
  /** Whether it seals; else it opens alone. */
  seals: boolean
}

/** All that signatures are ever made with; no token chooses among them, its key does. */
export type SignatureAlgorithm = 'EdDSA' | 'Ed25519' | 'ES256'

/** The algorithms a kind of key can have, the one of a key that names none first. */
const ALGORITHMS: Record<string, readonly SignatureAlgorithm[]> = {
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
  'EC P-256': ['ES256'],
}

/** All of them. */
export const ANY_ALGORITHM: readonly SignatureAlgorithm[] = Object.values(ALGORITHMS).flat()

/** Key ids that stand in a JSON text as they are. */
const KEY_ID = /^[ !#-[\]-~]{1,128}$/

/** What only a private or a secret key has (RFC 7518 section 6, RFC 8037, RFC 9964). */
const PRIVATE = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'] as const

const MOST_KEYS = 10

/**
 * The keys that sign, the one that does first.
 *
 * @param option Names the option in errors: `jwsFormat(): "sign"`.
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function signingKeys(given: unknown, option: string): SignatureKey[] {
  return listKeys(given, option, (jwk, place) => {
    const { alg, publicJwk } = readSignatureKey(jwk, place, 'sign')
    if (jwk.d === undefined) {
      refuse(place, 'is a public key, which signs nothing: to read alone, use jwsReadOnly().')
    }
    if (!isNumber(jwk.d)) refuse(place, 'has no "d" of 32 bytes in base64url.')
    const privateJwk = { ...publicJwk, d: jwk.d as string }
    return { place, kid: jwk.kid!, alg, publicJwk, privateJwk }
  })
}

/**
 * The public keys that verify.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`, too, for private ones: who verifies has no need of
 *   them.
 */
export function verifyingKeys(given: unknown, option: string): SignatureKey[] {
  return listKeys(given, option, (jwk, place) => {
    const { alg, publicJwk } = readSignatureKey(jwk, place, 'verify')
    const secret = PRIVATE.find((name) => jwk[name] !== undefined)
    if (secret) {
      refuse(place, `is a private key (it has "${secret}"): give its public half, without that.`)
    }
    return { place, kid: jwk.kid!, alg, publicJwk }
  })
}

/**
 * The keys that seal, newest first; the first that may encrypt does.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function contentKeys(given: unknown, option: string): ContentKey[] {
  const keys = listKeys(given, option, (jwk, place) => {
    if (jwk.kty !== 'oct') {
      const fault = 'is no symmetric key ("kty" is not "oct"): what is encrypted to a public key'
      refuse(place, `${fault} anybody can have made. Sign it, with jwsFormat().`)
    }
    const bytes = typeof jwk['k'] === 'string' ? fromBase64url(jwk['k']) : null
    if (bytes?.length !== 32) {
      refuse(place, 'must have 32 bytes, for A256GCM, in base64url as "k".')
    }
    checkUse(jwk, place, ['dir', 'A256GCM'], 'enc', 'decrypt')
    secretBytes([bytes], () => refuse(place, 'is too regular: use 32 random bytes.'))
    const operations = jwk.key_ops as string[] | undefined
    return { kid: jwk.kid!, bytes, seals: operations?.includes('encrypt') ?? true }
  })
  if (new Set(keys.map(({ bytes }) => String(bytes))).size < keys.length) {
    refuse(option, 'has one key twice.')
  }
  if (!keys.some(({ seals }) => seals)) {
    refuse(option, 'has no key that may encrypt, by its "key_ops".')
  }
  return keys
}

/** What a key is for: the algorithm, and nothing of it but the public half. */
function readSignatureKey(
  jwk: JWK,
  place: string,
  operation: 'sign' | 'verify',
): { alg: SignatureAlgorithm; publicJwk: JWK } {
  const { kty, crv, x, y } = jwk
  if (kty === 'oct') {
    const fault = 'is a symmetric key: whoever could verify with it could sign, too.'
    refuse(place, `${fault} Take "secrets", or jweFormat().`)
  }
  const algorithms = ALGORITHMS[`${kty} ${crv}`]
  if (!algorithms)
    refuse(place, 'must be of Ed25519 (EdDSA) or P-256 (ES256), and of no other kind.')
  if (!isNumber(x) || (kty === 'EC') !== isNumber(y)) {
    refuse(place, 'is no point of its curve: coordinates have 32 bytes in base64url.')
  }
  checkUse(jwk, place, algorithms, 'sig', operation)
  const publicJwk = { kty, crv, x, ...(kty === 'EC' && { y }) } as JWK
  return { alg: algorithmOf(jwk)!, publicJwk }
}

/** The one algorithm of a key that signs: what it says, or else what goes with its curve. */
export function algorithmOf({ alg, kty, crv }: JWK): SignatureAlgorithm | undefined {
  return (alg as SignatureAlgorithm | undefined) ?? ALGORITHMS[`${kty} ${crv}`]?.[0]
}

/** Whether a value can be a key's id. */
export function isKeyId(value: unknown): value is string {
  return typeof value === 'string' && KEY_ID.test(value)
}

function listKeys<key extends { kid: string }>(
  given: unknown,
  option: string,
  read: (jwk: JWK, place: string) => key,
): key[] {
  // A list has a method of that name.
  const keys = Object.hasOwn(Object(given), 'keys') ? (given as { keys: unknown }).keys : given
  const list = [keys].flat() as (JWK | null | undefined)[]
  if (list.length < 1 || list.length > MOST_KEYS) {
    refuse(option, `must be 1 to ${MOST_KEYS} keys.`)
  }
  const isSet = Array.isArray(keys)
  const readOne = (jwk: JWK | null | undefined, index: number): key => {
    const place = isSet ? `${option}[${index}]` : option
    if (typeof jwk !== 'object' || typeof jwk?.kty !== 'string') {
      refuse(place, 'must be a JWK: an object with "kty".')
    }
    if (!isKeyId(jwk.kid)) {
      refuse(place, 'must have a "kid", up to 128 characters of ASCII without " and \\.')
    }
    return read(jwk, place)
  }
  const found = list.map(readOne)
  if (new Set(found.map(({ kid }) => kid)).size < found.length) {
    refuse(option, 'has one "kid" twice.')
  }
  return found
}

/** Holds a key to what it says that it is for (RFC 7517 section 4.2 to 4.4). */
function checkUse(
  { alg, use, key_ops }: JWK,
  place: string,
  algorithms: readonly string[],
  purpose: 'sig' | 'enc',
  operation: string,
): void {
  if (alg !== undefined && !algorithms.includes(alg)) {
    refuse(place, `has an "alg" that is not ${algorithms.map((one) => `"${one}"`).join(' or ')}.`)
  }
  if (use !== undefined && use !== purpose) refuse(place, `has a "use" that is not "${purpose}".`)
  const isList = Array.isArray(key_ops) && key_ops.every((one) => typeof one === 'string')
  if (key_ops !== undefined && !(isList && key_ops.includes(operation))) {
    refuse(place, `has "key_ops" without "${operation}".`)
  }
}

/** Whether a value is 32 bytes in base64url. */
function isNumber(value: unknown): boolean {
  return typeof value === 'string' && value.length === 43 && isBase64url(value)
}

/** Says what is wrong with a key, and nothing of what is in it. */
export function refuse(place: string, fault: string): never {
  throw new SessionError('ERR_SESSION_OPTIONS', `${place} ${fault}`)
}
