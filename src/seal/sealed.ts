import { chain } from '../awaitable.ts'
import { absoluteLimit, type Limits } from '../life.ts'
import { LONGEST_MAX_AGE } from '../set-cookie.ts'
import { isBase64url } from './base64url.ts'
import { SKEW } from './claims.ts'
import type { Engine } from './engine.ts'
import type { Keyring } from './keyring.ts'
import type { Sealer } from './token.ts'

const DAY = 86_400

/** The parts of a compact JWE whose key is agreed on. */
export type JweParts = [header: string, iv: string, ciphertext: string, tag: string]

/**
 * Cuts a token up, strictly and cheaply, before any crypto: five parts, the second one empty, IV
 * and tag in the one spelling and length they have. `null` if it is anything else.
 */
export function jweParts(token: string): JweParts | null {
  const [header, wrapped, iv, ciphertext, tag, ...rest] = token.split('.')
  if (!header || wrapped !== '' || rest.length || !ciphertext) return null
  if (iv?.length !== 16 || tag?.length !== 22) return null
  if (!isBase64url(iv) || !isBase64url(tag)) return null
  return [header, iv, ciphertext, tag]
}

/**
 * Seals under a keyring: compact JWE with `dir` and `A256GCM` (RFC 7516), as docs/cookie-format.md
 * has it. Any JOSE library opens it when given the derived key.
 */
export function createKeyringSealer(
  engine: Engine,
  keyring: Keyring,
  options: Limits & { now(): number },
): Sealer {
  const seconds = (): number => Math.floor(options.now() / 1000)

  return {
    open(token) {
      const parts = jweParts(token)
      if (!parts) return 'tampered'
      const [header, ...rest] = parts
      const now = seconds()
      const oldest = Math.min(absoluteLimit(options) / 1000, LONGEST_MAX_AGE)
      const firstDay = Math.floor((now - oldest) / DAY)
      return chain(keyring.find(header, firstDay, Math.floor((now + SKEW) / DAY)), (found) =>
        found
          ? chain(engine.open(found.key, found.headerBytes, ...rest), (text) =>
              text === null ? 'tampered' : { text, stale: !found.isNewest },
            )
          : 'tampered',
      )
    },

    seal: (text) =>
      chain(keyring.current(seconds()), ({ key, header, headerBytes }) =>
        chain(engine.seal(key, headerBytes, text), (sealed) => `${header}..${sealed}`),
      ),
  }
}
