import { compactDecrypt, CompactEncrypt } from 'jose'
import { isBase64url, jweParts, type Opened, type Refusal, type Sealer } from '../../src/host.ts'
import { sealedHeader, spell } from './header.ts'
import type { ContentKey } from './jwk.ts'
import { once } from './once.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What jose is to take: nothing else, and nothing compressed. */
const STRICT = {
  keyManagementAlgorithms: ['dir'],
  contentEncryptionAlgorithms: ['A256GCM'],
  maxDecompressedLength: 0,
}

/** A set of keys, and the sealer that they make. */
export interface KeySet {
  seal(text: string): Promise<string>
  /** Opens what a key made that is among them; `undefined` if none is. */
  find(header: string): ((token: string) => Promise<Opened | Refusal>) | undefined
}

/**
 * Seals with symmetric keys: compact JWE with `dir` and `A256GCM` (RFC 7516).
 *
 * @param holdsToken Whether it is signed tokens that are sealed, and not claims.
 */
export function createKeySet(keys: readonly ContentKey[], holdsToken: boolean): KeySet {
  const newest = keys.findIndex(({ seals }) => seals)
  const entries = keys.map(({ kid, bytes }, index) => ({
    header: sealedHeader(kid, holdsToken),
    key: once(() => importKey(bytes)),
    stale: index > newest,
  }))
  const byHeader = new Map(entries.map((entry) => [spell(entry.header), entry]))

  return {
    async seal(text) {
      const { header, key } = entries[newest]!
      return new CompactEncrypt(encoder.encode(text))
        .setProtectedHeader(header)
        .encrypt(await key())
    },

    find(header) {
      const entry = byHeader.get(header)
      return entry && ((token) => open(token, entry))
    },
  }

  async function open(
    token: string,
    { key, stale }: (typeof entries)[number],
  ): Promise<Opened | Refusal> {
    const secret = await key()
    try {
      const { plaintext } = await compactDecrypt(token, secret, STRICT)
      return { text: decoder.decode(plaintext), stale }
    } catch {
      return 'tampered'
    }
  }
}

/**
 * Finds the keys for a header, spelled as it is in a token, or those to seal with; `'unknown'` if they
 * are out of reach.
 */
export type FindKeySet = (
  header: string | undefined,
  ctx: unknown,
) => KeySet | Refusal | Promise<KeySet | Refusal>

/** Seals with keys that may have to be fetched, and opens what is strictly spelled. */
export function createJweSealer(find: FindKeySet): Sealer {
  return {
    async open(token, ctx) {
      const parts = jweParts(token)
      if (!parts || !isBase64url(parts[2])) return 'tampered'
      const set = await find(parts[0], ctx)
      if (typeof set === 'string') return set
      const open = set.find(parts[0])
      return open ? open(token) : 'tampered'
    },

    async seal(text, ctx) {
      const set = await find(undefined, ctx)
      return typeof set === 'string' ? '' : set.seal(text)
    },
  }
}

function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
}
