import type { Context } from 'hono'
import { session, type SessionVariables } from 'session-kit/hono'
import { createKvStore } from 'session-kit/workers-kv'

export interface Env {
  Bindings: {
    SESSIONS: KVNamespace
    SESSION_SECRET: string
  }
  Variables: SessionVariables<Visit>
}

/** What a session holds. */
export interface Visit {
  name?: string
  views?: number
  cart?: Record<string, number>
}

export type Place = 'cookie' | 'kv'

/** The names of the two cookies; a `__Host-` cookie belongs to this host alone. */
export const cookieNames: Record<Place, string> = {
  cookie: '__Host-visit',
  kv: '__Host-visit-kv',
}

/** The middleware for each place that a session can be kept in. */
export const sessions = {
  /** All of it travels in the cookie, encrypted. */
  cookie: session<Visit>((c: Context<Env>) => ({
    key: cookieNames.cookie,
    secrets: c.env.SESSION_SECRET,
  })),

  /** It stays in Workers KV, and the cookie carries its id, encrypted. */
  kv: session<Visit>((c: Context<Env>) => ({
    key: cookieNames.kv,
    secrets: c.env.SESSION_SECRET,
    store: createKvStore(c.env.SESSIONS),
  })),
}
