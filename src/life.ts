import type { Life } from './record.ts'

/** The configured limits on a session's life, in milliseconds. */
export interface Limits {
  maxAge: number | 'session'
  absoluteMaxAge?: number | undefined
}

/** How long a browser session may idle where `absoluteMaxAge` does not say. */
const BROWSER_SESSION = 30 * 86_400_000

/**
 * How long a store that is eventually consistent may answer with what is no longer so, in
 * milliseconds, with half as much again to be safe.
 */
export const SETTLING_TIME = 90_000

/** How long a session may exist, however busy it is. */
export function absoluteLimit(limits: Limits): number {
  return limits.absoluteMaxAge ?? Infinity
}

/** How long a session may go without being saved, given its own `maxAge` if it has one. */
export function idleLimit(limits: Limits, own: number | 'session' | undefined): number {
  const maxAge = own ?? limits.maxAge
  const idle = maxAge === 'session' ? (limits.absoluteMaxAge ?? BROWSER_SESSION) : maxAge
  return Math.min(idle, absoluteLimit(limits))
}

/** The life of a session that is saved now. */
export function renewedLife(limits: Limits, life: Life, now: number): Life {
  const idle = idleLimit(limits, life.maxAge)
  const expires = Math.min(now + idle, life.created + absoluteLimit(limits))
  return { ...life, issued: now, expires }
}

/** How seldom a session that rolls is saved, where it did not change. */
export interface Touches {
  touchAfter?: number | undefined
}

/** How long after a save `rolling` leaves a session as it is, in milliseconds. */
export function touchPause({ touchAfter }: Touches, idle: number): number {
  return Math.min(touchAfter ?? idle / 10, idle / 2)
}
