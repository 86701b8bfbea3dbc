import { refuseLate } from './commit.ts'
import { load, loadEnded, type CookieHeader } from './load.ts'
import { kitOf, type SessionManager } from './manager.ts'
import { yieldsTo } from './passed-on.ts'
import { restoreData, stateOf, type Session } from './session.ts'

/**
 * A session that is loaded when it is first awaited: a route that never awaits it costs no
 * crypto, no store call and no cookie.
 */
export interface LazySession<data extends object> extends PromiseLike<Session<data>> {
  /**
   * Ends the session without loading it: its record goes, and its cookie.
   *
   * @throws SessionError `ERR_SESSION_HEADERS_SENT` where the response has gone.
   */
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
   * Lets the response go without a word of the session, if nobody has asked for it, nor ended it.
   *
   * @returns Whether that is so: then there is nothing to finish.
   */
  leave(): boolean

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
  return new Handle(manager, header, ctx)
}

/** Classes, for there is one of each for every request: closures take twice the time to make. */
class Handle<data extends object> implements LazyHandle<data> {
  readonly session: LazySession<data> = new Lazy(this)
  ended = false
  #isAnswered = false
  #manager: SessionManager<data, any>
  #header: () => CookieHeader
  #ctx: unknown
  #loading: Promise<Session<data>> | undefined
  #loaded: Session<data> | undefined

  constructor(manager: SessionManager<data, any>, header: () => CookieHeader, ctx: unknown) {
    this.#manager = manager
    this.#header = header
    this.#ctx = ctx
  }

  leave(): boolean {
    return (this.#isAnswered = !this.ended && !this.#loading)
  }

  load(): Promise<Session<data>> {
    return (this.#loading ??= this.#start())
  }

  async #start(): Promise<Session<data>> {
    const begin = this.ended ? loadEnded : load
    const loaded = await begin<data>(kitOf(this.#manager), this.#header(), this.#ctx)
    this.#loaded = loaded
    stateOf(loaded).isAnswered = this.#isAnswered
    // It may have been ended while it was being loaded.
    if (this.ended && stateOf(loaded).wish !== 'destroy') loaded.destroy()
    return loaded
  }

  end(): void {
    if (this.#isAnswered) refuseLate()
    this.ended = true
    this.#loaded?.destroy()
  }

  due(): string[] {
    return this.#loaded ? stateOf(this.#loaded).cookies : []
  }

  async finish(handler: 'answered' | 'failed' | 'unanswered', headers?: Headers): Promise<Outcome> {
    if (this.leave()) return { cookies: [], used: false }
    // What could not be loaded has nothing to keep, and can be ended all the same.
    const session = await this.load().catch(() => (this.ended ? this.#start() : null))
    if (!session) return { cookies: [], used: true }
    const state = stateOf(session)
    try {
      const { wish, cookies } = state
      if (headers && handler === 'answered' && (await yieldsTo(headers.getSetCookie(), session))) {
        return { cookies: [], used: true, passedOn: true }
      }
      const isKept = handler === 'answered' && kitOf(this.#manager).autoCommit
      if (!isKept && !/^[rd]/.test(wish)) return { cookies, used: true }
      if (handler === 'unanswered') session.destroy()
      // What the handler left half-done is not kept.
      else if (handler === 'failed') restoreData(session)
      return { cookies: await this.#manager.commit(session), used: true }
    } finally {
      this.#isAnswered = state.isAnswered = true
    }
  }
}

/** What the application has of a handle. */
class Lazy<data extends object> implements LazySession<data> {
  #handle: Handle<data>

  constructor(handle: Handle<data>) {
    this.#handle = handle
  }

  // oxlint-disable-next-line unicorn/no-thenable -- awaiting it is what loads it
  then<one, other>(
    fulfilled?: ((session: Session<data>) => one | PromiseLike<one>) | null,
    rejected?: ((error: unknown) => other | PromiseLike<other>) | null,
  ): Promise<one | other> {
    return this.#handle.load().then(fulfilled, rejected)
  }

  destroy(): void {
    this.#handle.end()
  }
}
