import {
  assignData,
  clearData,
  commit,
  createUserSessions,
  isPromise,
  load,
  loadFresh,
  stateOf,
  type Awaitable,
  type Session,
} from '../src/host.ts'
import { cookiesOf, sends, tellCachesOf, type HostResponse } from './koa-caches.ts'
import type { CookieContext } from './koa-cookies.ts'
import { report, type HostApplication, type HostKit } from './koa-kit.ts'

/** A context as the session middleware gets it. */
export interface HostContext extends CookieContext {
  app: HostApplication
  res: HostResponse & { end(...args: unknown[]): unknown }
  /** Answers a request that failed. */
  onerror?(error: unknown): void
}

const HOLDER = Symbol('session-kit session')
const KIT = Symbol('session-kit options')

/** Holds the session of one context: `ctx.session` reads it and assigns to it. */
export class SessionHolder {
  readonly kit: HostKit
  #ctx: HostContext
  #session: Session | undefined
  #options: object | undefined
  #isNull = false
  #isUsed = false
  isRunning = false

  constructor(ctx: HostContext, kit: HostKit) {
    this.#ctx = ctx
    this.kit = kit
  }

  /** Never throws: at the worst the session is new and empty. */
  get(): Session | null {
    if (this.#isNull) return null
    const session = (this.#session ??= this.#loadAtOnce())
    if (!this.#isUsed) {
      this.#isUsed = true
      // The application may send the headers itself, and soon.
      tellCachesOf(session)
    }
    return session
  }

  set(value: unknown): void {
    if (value === null) {
      this.get()?.destroy()
      this.#isNull = true
      return
    }
    if (typeof value !== 'object') {
      throw new TypeError('this.session can only be set as null or an object.')
    }
    const data = { ...value }
    const session = this.#session && this.#isNull ? this.#session : (this.get() as Session)
    this.#isNull = false
    const state = stateOf(session)
    if (state.wish === 'save') state.wish = ''
    clearData(session)
    assignData(session, data)
    // As in koa-session: what an application makes is not new to it.
    Object.defineProperty(session, 'isNew', { value: false, configurable: true })
  }

  /**
   * Loads the session before the handler runs, where that cannot be done when it is asked for. A
   * promise if that has to be waited for.
   */
  load(): Promise<void> | undefined {
    const { kit } = this
    if (!kit.mustWait) return undefined
    const header = this.#ctx.req.headers.cookie
    this.#isNull = false
    this.#session = undefined
    // What is new can be made when somebody asks for it.
    return bringsNothing(kit, header) ? undefined : this.#loadLater(header)
  }

  async #loadLater(header: string | undefined): Promise<void> {
    this.#session = await load(this.kit, header, this.#ctx)
  }

  async commit(): Promise<void> {
    const session = this.#session
    if (!session) return
    // A reference that was kept from before a logout writes nowhere.
    if (this.#isNull) session.destroy()
    const state = stateOf(session)
    if (!this.kit.autoCommit && state.wish !== 'destroy') return
    state.isAnswered = this.#ctx.headerSent
    await commit(session)
  }

  /**
   * Has the response say what it owes to the session.
   *
   * @param hasFailed Whether Koa will answer for the handler.
   */
  settle(hasFailed: boolean): void {
    const session = this.#session
    if (!session) return
    const isSent = sends(session, this.#ctx.res)
    if (!isSent && !this.#isUsed) return
    tellCachesOf(session)
    if (isSent || hasFailed) keepHeaders(this.#ctx, session)
  }

  /** A copy of the options for this request; its `maxAge` is the session's. */
  get options(): object {
    if (this.#options) return this.#options
    const { format, tell, discard, createSession, browserSession, mustWait, secrets, ...options } =
      this.kit
    return (this.#options = Object.defineProperty(options, 'maxAge', {
      get: () => this.get()?.maxAge,
      set: (maxAge: number) => {
        const session = this.get()
        if (!session) return
        const state = stateOf(session)
        state.life = { ...state.life, maxAge }
      },
      enumerable: true,
    }))
  }

  /** Whether an error is one that a commit threw: that commit is not tried again. */
  hasFailedWith(error: unknown): boolean {
    return this.#session !== undefined && stateOf(this.#session).error === error
  }

  #loadAtOnce(): Session {
    const { kit } = this
    const ctx = this.#ctx
    const isKnown = !kit.mustWait
    const loaded = isKnown ? atOnce(() => load(kit, ctx.req.headers.cookie, ctx)) : undefined
    if (loaded) return loaded
    const bare = { ...kit, schema: undefined }
    const fresh =
      atOnce(() => loadFresh(kit, ctx)) ??
      // Its id is made when it is saved.
      atOnce(() => loadFresh({ ...bare, genid: () => '' }, ctx))
    const session = fresh ?? (loadFresh({ ...bare, ContextStore: undefined }, ctx) as Session)
    // What could not be read is not written over, and what has no store goes nowhere else.
    const isDetached = !fresh || (isKnown && kit.mustWait)
    Object.assign(stateOf(session), { kit, isDetached })
    return session
  }
}

/** Whether there is nothing in a request to load a session by, and nobody who listens for that. */
function bringsNothing(kit: HostKit, header: string | undefined): boolean {
  const { tell, accept, schema, ContextStore } = kit
  const { externalKey } = kit as { externalKey?: unknown }
  if (tell || accept || schema || ContextStore || externalKey) return false
  return !header?.includes(kit.key)
}

/** What a function gives, if it gives it at once: an error, now or later, is the same as nothing. */
function atOnce<result>(make: () => Awaitable<result>): result | undefined {
  try {
    const made = make()
    if (!isPromise(made)) return made
    made.then(undefined, () => {})
  } catch {
    // No keys, or a function among the options that throws: nobody gets in.
  }
}

/** The holder of a context's session. */
export function holderOf(ctx: object, kitFor: () => HostKit): SessionHolder {
  const context = ctx as HostContext & { [HOLDER]?: SessionHolder }
  return (context[HOLDER] ??= new SessionHolder(context, kitFor()))
}

/** Gives contexts their `session`, `sessions` and `sessionOptions`. The first session of an application wins. */
export function extendContext(context: object, kitFor: () => HostKit): void {
  if (Object.hasOwn(context, 'sessionOptions')) return
  Object.defineProperties(context, {
    [KIT]: { value: kitFor },
    // Also there without a request, as `app.context.sessions`. An application may have its own.
    sessions: { value: createUserSessions(kitFor), writable: true, configurable: true },
    session: {
      get(this: object) {
        return holderOf(this, kitFor).get()
      },
      set(this: object, value: unknown) {
        holderOf(this, kitFor).set(value)
      },
      configurable: true,
    },
    sessionOptions: {
      get(this: object) {
        return holderOf(this, kitFor).options
      },
      configurable: true,
    },
  })
}

/** The options in force of an application's session, by its prototype of contexts. */
export function kitOfContext(context: object): HostKit | undefined {
  return (context as { [KIT]?: () => HostKit })[KIT]?.()
}

/** The middleware: load, if it has to be before the handler; handler; commit. */
export function createMiddleware(
  kitFor: () => HostKit,
): (ctx: any, next: () => Promise<unknown>) => Promise<void> {
  return async function session(ctx: HostContext, next) {
    const holder = holderOf(ctx, kitFor)
    if (holder.isRunning) return void (await next())
    holder.isRunning = true
    const loading = holder.load()
    if (loading) await loading
    try {
      await next()
      await holder.commit()
    } catch (error) {
      await commitAfter(error, holder, ctx)
      holder.settle(true)
      throw error
    }
    holder.settle(false)
  }
}

/** Commits what a failed handler left, as koa-session does. */
async function commitAfter(error: unknown, holder: SessionHolder, ctx: HostContext): Promise<void> {
  try {
    if (!holder.hasFailedWith(error)) await holder.commit()
  } catch (commitError) {
    // The handler's own error is what the client has to see.
    report(ctx.app, commitError, ctx)
  }
}

/**
 * Koa takes all headers off a response that fails, later than here as well: a body may be no JSON,
 * a stream may break off. The session's are put back as it ends, its cookie above all, be it one
 * that ends the session. The error itself is left alone: it may be one that is thrown for every
 * visitor, and logs show what is on it.
 */
function keepHeaders(ctx: HostContext, session: Session): void {
  const { res, onerror } = ctx
  if (!onerror) return
  const { names } = stateOf(session).kit.format
  const value = (error: unknown): void => {
    const ours = cookiesOf(res, names)
    const { end } = res
    res.end = (...args) => {
      if (!res.headersSent) {
        const kept = cookiesOf(res)
        const lost = ours.filter((cookie) => !kept.includes(cookie))
        if (lost.length) res.setHeader('set-cookie', [...kept, ...lost])
        tellCachesOf(session)
      }
      return end.apply(res, args)
    }
    try {
      onerror.call(ctx, error)
    } finally {
      res.end = end
    }
  }
  Object.defineProperty(ctx, 'onerror', { value, writable: true, configurable: true })
}
