import { load, loadEnded, type CookieHeader } from './load.ts'
import { kitOf, type SessionManager } from './manager.ts'
import { yieldsTo } from './passed-on.ts'
import { restoreData, stateOf, type Session } from './session.ts'

/**
 * A session that is loaded when it is first awaited: a route that never awaits it costs no
 * crypto, no store call and no cookie.
 */
export interface LazySession<data extends object> extends PromiseLike<Session<data>> {
  /** Ends the session without loading it: its record goes, and its cookie. */
  destroy(): void
}

/** What a request's session has to add to the response. */
export interface Outcome {
  /** Set-Cookie values. */
  cookies: string[]
  /** Whether the response depends on the session. */
  used: boolean
  /** The cookie of an origin behind the handler goes through in place of one of ours. */
  passedOn?: true
}

/** A lazy session as the adapter holds it. */
export interface LazyHandle<data extends object> {
  session: LazySession<data>

  /**
   * Commits what has to be committed. After a failed handler that is a destroy or a regenerate
   * alone, and with no response to carry a cookie it is their part in the store.
   *
   * @param headers Those of the response, where there is one. Where an origin behind the handler
   *   has saved this very session, its cookie stays: see `yieldsTo`.
   */
  finish(handler: 'answered' | 'failed' | 'unanswered', headers?: Headers): Promise<Outcome>

  /** The cookies that are due although `finish` threw: those that end a session. */
  due(): string[]
}

/** Makes the lazy session of a request. */
export function createLazySession<data extends object, ctx>(
  manager: SessionManager<data, ctx>,
  header: () => CookieHeader,
  ctx: ctx,
): LazyHandle<data> {
  const kit = kitOf(manager)
  let loading: Promise<Session<data>> | undefined
  let loaded: Session<data> | undefined
  let ended = false

  async function start(): Promise<Session<data>> {
    loaded = await (ended ? loadEnded : load)<data>(kit, header(), ctx)
    // It may have been ended while it was being loaded.
    if (ended && stateOf(loaded).wish !== 'destroy') loaded.destroy()
    return loaded
  }

  return {
    session: {
      // oxlint-disable-next-line unicorn/no-thenable -- awaiting it is what loads it
      then: (fulfilled, rejected) => (loading ??= start()).then(fulfilled, rejected),
      destroy() {
        ended = true
        loaded?.destroy()
      },
    },

    due: () => (loaded ? stateOf(loaded).cookies : []),

    async finish(handler, headers) {
      if (!loading && !ended) return { cookies: [], used: false }
      // What could not be loaded has nothing to keep, and can be ended all the same.
      const session = await (loading ??= start()).catch(() => (ended ? start() : null))
      if (!session) return { cookies: [], used: true }
      const { wish, cookies } = stateOf(session)
      if (headers && handler === 'answered' && (await yieldsTo(headers.getSetCookie(), session))) {
        return { cookies: [], used: true, passedOn: true }
      }
      const isKept = handler === 'answered' && kit.autoCommit
      if (!isKept && !/^[rd]/.test(wish)) return { cookies, used: true }
      if (handler === 'unanswered') session.destroy()
      // What the handler left half-done is not kept.
      else if (handler === 'failed') restoreData(session)
      return { cookies: await manager.commit(session), used: true }
    },
  }
}
