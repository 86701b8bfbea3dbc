const LENGTH = 12
/** A pool is thrown away after that time, in milliseconds. */
const LONGEST_USE = 1000

const pool = new Uint8Array(64 * LENGTH)
let next = pool.length
let drawn = 0

/**
 * A fresh IV for AES-GCM: 12 random bytes. They are drawn 64 at a time, for a draw costs more than
 * the encryption, and those left after a second are not used: a machine that is restored from a
 * snapshot must not seal with the IVs that another restored from it has used.
 */
export function freshIv(): Uint8Array<ArrayBuffer> {
  const now = Date.now()
  if (next === pool.length || Math.abs(now - drawn) > LONGEST_USE) {
    crypto.getRandomValues(pool)
    next = 0
    drawn = now
  }
  return pool.slice(next, (next += LENGTH))
}
