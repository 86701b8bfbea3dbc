import type { Context } from 'hono'
import { session, type SessionVariables } from 'session-kit/hono'
import { inspector } from 'session-kit/inspector/hono'
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

/** A page that shows both sessions to a developer, on this machine alone. */
export const inspect = inspector({ enabled: true, path: '/inspector', sessions: ['cookie', 'kv'] })

/** The options of a session, by the place that it is kept in. */
const options = {
  /** All of it travels in the cookie, encrypted. */
  cookie: (c: Context<Env>) => ({
    key: cookieNames.cookie,
    secrets: c.env.SESSION_SECRET,
    on: inspect.on,
  }),

  /** It stays in Workers KV, and the cookie carries its id, encrypted. */
  kv: (c: Context<Env>) => ({
    key: cookieNames.kv,
    secrets: c.env.SESSION_SECRET,
    on: inspect.on,
    store: createKvStore(c.env.SESSIONS),
  }),
}

/** The middleware for each place. */
export const sessions = {
  cookie: session<Visit>(options.cookie),
  kv: session<Visit>(options.kv),
}

/** Both at once, under names of their own. */
export const bothSessions = [
  session<Visit, 'cookie'>((c) => ({ ...options.cookie(c), as: 'cookie' })),
  session<Visit, 'kv'>((c) => ({ ...options.kv(c), as: 'kv' })),
] as const
