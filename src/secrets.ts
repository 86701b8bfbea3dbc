import type { Awaitable } from './awaitable.ts'
import { SessionError } from './errors.ts'

/**
 * Text of at least 32 random characters, taken as UTF-8 as it stands, or at least 32 random bytes.
 */
export type Secret = string | Uint8Array

/** The part of a Keygrip that the signed format needs. */
export interface KeygripLike {
  /** A MAC under the newest key. */
  sign(text: string): Awaitable<string>
  /** Which key made a MAC, `-1` if none did. */
  index(text: string, mac: string): Awaitable<number>
}

/** Words from the samples that people copy. */
const SAMPLE = /pass.?word|secret|change.?me|keyboard|example|at.least.32/i

/**
 * Checks that secrets look random and hands back their bytes. It catches gross mistakes alone: an
 * English sentence passes.
 *
 * @param allowWeak Takes any secret that is not empty, and hears of the weak ones.
 * @throws SessionError `ERR_SESSION_SECRET`; the message never repeats the secret.
 */
export function secretBytes(
  secrets: readonly Secret[],
  allowWeak?: (message: string) => void,
): Uint8Array[] {
  if (secrets.length < 1 || secrets.length > 10) refuse('must be 1 to 10')
  const all = secrets.map((secret, index) => {
    const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
    if (!(bytes instanceof Uint8Array)) refuse(`[${index}] must be text or a Uint8Array`)
    const fault = weakness(secret)
    if (fault) {
      if (!allowWeak || !bytes.length) refuse(`[${index}] ${fault}`)
      allowWeak(sentence(`[${index}] ${fault}`))
    }
    return bytes.slice()
  })
  if (new Set(all.map(String)).size < all.length) refuse('has one twice')
  return all
}

function weakness(secret: Secret): string | undefined {
  if (secret.length < 32) return 'is shorter than 32'
  if (typeof secret === 'string') {
    if (SAMPLE.test(secret)) return 'looks like a sample'
    if ((secret + secret).indexOf(secret, 1) < secret.length) return 'repeats itself'
  }
  // Rows like abcd, doubled letters and short rounds all take few different steps.
  const codes = [...secret].map((one) => (typeof one === 'string' ? one.charCodeAt(0) : one))
  const steps = new Set(codes.map((code, index) => code - (codes[index - 1] ?? code)))
  if (steps.size < 10) return 'is too regular'
}

function refuse(fault: string): never {
  throw new SessionError('ERR_SESSION_SECRET', sentence(fault))
}

function sentence(fault: string): string {
  return `Session option "secrets" ${fault}: use 32 random characters, as \`openssl rand -base64 32\` prints.`
}
