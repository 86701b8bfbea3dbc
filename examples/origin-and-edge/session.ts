import type { SessionOptions } from 'session-kit'

/** What a session holds, at the edge and at the origin. */
export interface Visit {
  user?: string
  /** Pages seen, by who answered. */
  edge?: number
  origin?: number
}

/** The configuration of both sides. Each adds `secrets` from where it keeps them. */
export const visit = {
  key: '__Host-visit',
  encrypt: true,
  secure: true,
  sameSite: 'lax',
  maxAge: 3_600_000,
  renew: true,
} satisfies Omit<SessionOptions, 'secrets'>
