import type { Awaitable } from './awaitable.ts'
import { SessionError } from './errors.ts'
import { base64ToUrl, fromBase64url } from './seal/base64url.ts'

/**
 * Text of at least 32 random characters, taken as UTF-8 as it stands, or at least 32 random bytes:
 * `fromBase64()` and `fromHex()` make bytes of text.
 */
export type Secret = string | Uint8Array

/**
 * A secret that opens sessions and seals none: the first phase of a rotation, in which all servers
 * learn to read what is to come. What was made under it is left as it is.
 */
export interface OpeningSecret {
  secret: Secret
  use: 'open'
}

/** Secrets ready for use. */
export interface SecretList {
  /** The one that seals first, then those that open alone, then older ones, newest first. */
  bytes: Uint8Array[]
  /** How many there are before the older ones. */
  current: number
}

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
    // Not slice(): that of a Buffer shares its memory.
    return new Uint8Array(bytes)
  })
  if (new Set(all.map(String)).size < all.length) refuse('has one twice')
  return all
}

/**
 * Checks a secret or a list of them, as `secretBytes` does, and sorts them by what they are for.
 *
 * @throws SessionError `ERR_SESSION_SECRET`, too, if none of them may seal.
 */
export function listSecrets(given: unknown, allowWeak?: (message: string) => void): SecretList {
  const list = [given].flat() as (Secret | OpeningSecret)[]
  const opens = (index: number): boolean => Object(list[index]).use === 'open'
  const all = secretBytes(
    list.map((one, index) => (opens(index) ? (one as OpeningSecret).secret : (one as Secret))),
    allowWeak,
  )
  const opening = all.filter((_, index) => opens(index))
  const [newest, ...older] = all.filter((_, index) => !opens(index))
  if (!newest) refuse('need one that seals')
  return { bytes: [newest, ...opening, ...older], current: opening.length + 1 }
}

/**
 * The bytes of a secret in base64, in either alphabet, with or without padding.
 *
 * @throws SessionError `ERR_SESSION_SECRET` if it is not, or shorter than 32 bytes.
 */
export function fromBase64(text: string): Uint8Array {
  const base64 = typeof text === 'string' && /^[\w+/-]+={0,2}$/.test(text.trim()) ? text.trim() : ''
  const bytes = fromBase64url(base64ToUrl(base64))
  // A copy, for what Node decodes shares its memory with others.
  if (bytes && bytes.length >= 32) return new Uint8Array(bytes)
  throw failure('"secrets": fromBase64() takes 32 bytes, as `openssl rand -base64 32` prints them.')
}

/**
 * The bytes of a secret in hexadecimal digits.
 *
 * @throws SessionError `ERR_SESSION_SECRET` if it is not, or shorter than 32 bytes.
 */
export function fromHex(text: string): Uint8Array {
  const hex = typeof text === 'string' ? text.trim() : ''
  if (/^([\da-f]{2}){32,}$/i.test(hex)) {
    return Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16))
  }
  throw failure('"secrets": fromHex() takes 32 bytes, as `openssl rand -hex 32` prints them.')
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

function failure(sentence: string): SessionError {
  return new SessionError('ERR_SESSION_SECRET', `Session option ${sentence}`)
}

function sentence(fault: string): string {
  return `Session option "secrets" ${fault}: use 32 random characters, as \`openssl rand -base64 32\` prints.`
}
