import { compactVerify, CompactSign, importJWK, type JWK } from 'jose'
import { isBase64url, type Opened, type Refusal, type Sealer } from '../../src/host.ts'
import { signedHeader, spell } from './header.ts'
import { refuse, type SignatureAlgorithm, type SignatureKey } from './jwk.ts'
import { once } from './once.ts'

/** 64 bytes in base64url: what Ed25519 and P-256 sign with. */
const SIGNATURE = 86

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A public key as it verifies. */
export interface Verifier {
  alg: SignatureAlgorithm
  key(): Promise<CryptoKey>
  /** Whether what it verifies is to be signed anew. */
  stale: boolean
}

/**
 * Finds the key that a header asks for, spelled as it is in a token; `'unknown'` if the keys are out
 * of reach. What it answers for a header that is not ours to the letter has cost no crypto.
 */
export type FindVerifier = (
  header: string,
  ctx: unknown,
) => Verifier | Refusal | Promise<Verifier | Refusal>

/**
 * Finds keys among those that are configured.
 *
 * @param isStale Tells by the place of a key.
 */
export function findLocally(
  keys: readonly SignatureKey[],
  isStale: (index: number) => boolean,
): FindVerifier {
  const verifiers = new Map(
    keys.map((one, index) => {
      const key = once(() => importKey(one, one.publicJwk))
      return [spell(signedHeader(one.alg, one.kid)), { alg: one.alg, key, stale: isStale(index) }]
    }),
  )
  return (header) => verifiers.get(header) ?? 'tampered'
}

/** Asks the second where the first knows nothing. */
export function eitherOf(first: FindVerifier, second: FindVerifier): FindVerifier {
  return async (header, ctx) => {
    const found = await first(header, ctx)
    return found === 'tampered' ? second(header, ctx) : found
  }
}

/** Verifies compact JWS (RFC 7515), strictly spelled. */
export function createVerifier(find: FindVerifier): Sealer['open'] {
  return async (token, ctx): Promise<Opened | Refusal> => {
    const [header, payload, signature, ...rest] = token.split('.')
    if (!header || !payload || signature?.length !== SIGNATURE || rest.length) return 'tampered'
    if (!isBase64url(payload) || !isBase64url(signature)) return 'tampered'
    const found = await find(header, ctx)
    if (typeof found === 'string') return found
    const { alg, key, stale } = found
    const publicKey = await key()
    try {
      const { payload } = await compactVerify(token, publicKey, { algorithms: [alg] })
      return { text: decoder.decode(payload), stale }
    } catch {
      return 'tampered'
    }
  }
}

/** Signs, as compact JWS. */
export function createSigner(key: SignatureKey): (text: string) => Promise<string> {
  const privateKey = once(() => importKey(key, key.privateJwk!))
  const header = signedHeader(key.alg, key.kid)
  return async (text) =>
    new CompactSign(encoder.encode(text)).setProtectedHeader(header).sign(await privateKey())
}

/** @throws SessionError `ERR_SESSION_OPTIONS` if its parts are no key together. */
async function importKey({ alg, place }: SignatureKey, jwk: JWK): Promise<CryptoKey> {
  try {
    return (await importJWK(jwk, alg)) as CryptoKey
  } catch {
    return refuse(place, 'is no key of its curve, or this runtime does not know that.')
  }
}
