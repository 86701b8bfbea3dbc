import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import type { Session } from 'session-kit'
import { cookieNames, type Env, type Place, type Visit } from './sessions.ts'

/** What can be seen of a session from the outside. */
export interface Held {
  /** The cookie as the browser sent it. */
  cookie: { name: string; value: string | undefined }
  /** What KV holds, if it holds anything. */
  record: { key: string; id: string; value: unknown } | undefined
}

/**
 * Looks at a session from the outside: as the browser has it, and as KV has it. A site of your own
 * shows neither, for what is on a page can be read by every script on it.
 */
export async function held(c: Context<Env>, place: Place, session: Session<Visit>): Promise<Held> {
  const name = cookieNames[place]
  const cookie = { name, value: getCookie(c, name) }
  const id = session.externalKey
  if (session.isNew || !id) return { cookie, record: undefined }

  const key = await hash(id)
  return { cookie, record: { key, id, value: await c.env.SESSIONS.get(key, 'json') } }
}

/** What KV knows a session by: it never gets the id that opens one. */
async function hash(id: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id))
  return new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true })
}
