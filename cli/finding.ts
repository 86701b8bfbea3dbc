/** What can be said of a cookie. */
export interface Finding {
  name?: string
  /** The last two are of session-kit/jose: signed with a JSON Web Key, and sealed under one. */
  format: 'sealed' | 'signed' | 'unknown' | 'jws' | 'jwe'
  verdict: 'genuine' | 'unchecked' | 'expired' | 'other-secret' | 'not-genuine' | 'no-session'
  /** Name and value, in bytes. */
  size?: number
  /** The algorithm of the key, where that is a JSON Web Key. */
  alg?: string
  keyId?: string
  /** What is sealed, where that is no claims. */
  holds?: string
  /** The id of the key that signed what is sealed. */
  signedBy?: string
  /** The UTC day it was sealed. */
  day?: string
  /** Which of the secrets made it, from 1. */
  secret?: number
  digest?: 'sha1' | 'sha256'
  saved?: string
  began?: string
  ends?: string
  /** A store's key, which the cookie carries in place of data. */
  storeKey?: string
  browserDropsIt?: string
  attributes?: Record<string, string | true>
  claims?: unknown
  data?: unknown
}

/** A time of a cookie, which may be any number. */
export function timeText(ms: unknown): string | undefined {
  const isTime = typeof ms === 'number' && Math.abs(ms) <= 8.64e15
  return isTime ? new Date(ms).toISOString() : undefined
}
