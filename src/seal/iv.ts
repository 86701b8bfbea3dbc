import { toBase64url } from './base64url.ts'

const LENGTH = 12
/** What 12 bytes take in base64url, with nothing left over: those of a pool are written in one go. */
const TEXT_LENGTH = 16
/** A pool is thrown away after that time, in milliseconds. */
const LONGEST_USE = 1000

const AT_ONCE = 64
const pool = new Uint8Array(AT_ONCE * LENGTH)
let text = ''
let next = AT_ONCE
let drawn = 0

/** An IV for AES-GCM. */
export interface Iv {
  bytes: Uint8Array<ArrayBuffer>
  /** The same in base64url. */
  text: string
}

/**
 * A fresh IV for AES-GCM: 12 random bytes. They are drawn 64 at a time, for a draw costs more than
 * the encryption, and those left after a second are not used: a machine that is restored from a
 * snapshot must not seal with the IVs that another restored from it has used.
 */
export function freshIv(): Iv {
  const now = Date.now()
  if (next === AT_ONCE || Math.abs(now - drawn) > LONGEST_USE) {
    text = toBase64url(crypto.getRandomValues(pool))
    next = 0
    drawn = now
  }
  const at = next++
  return {
    bytes: pool.slice(at * LENGTH, next * LENGTH),
    text: text.slice(at * TEXT_LENGTH, next * TEXT_LENGTH),
  }
}
