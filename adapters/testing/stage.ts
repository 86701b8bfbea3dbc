import {
  createSessionManager,
  type Session,
  type SessionEvent,
  type SessionOptions,
  type Store,
} from '../../src/index.ts'
import { viewOf, type StoreMethod } from './store-view.ts'
import type { Trial } from './trial.ts'

/** A request between its load and its commit. */
export interface Visit {
  session: Session
  /** Commits it: the cookies that it sends, which the next visit may bring. */
  commit(): Promise<string | undefined>
}

/** Requests that overlap, on one store. */
export interface Stage {
  /** What the managers told of trouble, in order. */
  events: SessionEvent['type'][]
  /** Makes a session with these data, and gives its cookie. */
  enter(data: Record<string, unknown>): Promise<string>
  /** Begins a request, over the trial's store or a view of it. */
  visit(cookie: string | undefined, store?: Store<any>): Promise<Visit>
  /** A whole request. */
  act(cookie: string, change: (session: Session) => unknown): Promise<string | undefined>
  /** The data behind a cookie; `null` if there is no session. */
  read(cookie: string | undefined): Promise<Record<string, unknown> | null>
}

const HOUR = 3_600_000

/** Events of what a suite has an eye on. */
const TROUBLE = /^(missed|expired|invalid|tampered|revoked|conflict|store-error)$/

/** Sets a stage: a session manager on a store. */
export function setStage(trial: Trial, options: Partial<SessionOptions> = {}): Stage {
  const events: SessionEvent['type'][] = []
  const secret = crypto.getRandomValues(new Uint8Array(32))
  const managerOn = (store: Store<any>, own: Partial<SessionOptions> = options) =>
    createSessionManager({
      secrets: secret,
      maxAge: HOUR,
      // A suite is patient: that stores answer in time is not what it is about.
      storeTimeout: 30_000,
      now: trial.now,
      on: ({ type }) => TROUBLE.test(type) && events.push(type),
      ...own,
      store,
    })

  const stage: Stage = {
    events,
    async enter(data) {
      const { session, commit } = await stage.visit(undefined)
      Object.assign(session, data)
      return (await commit())!
    },
    async visit(cookie, store = trial.store) {
      const manager = managerOn(store)
      const session = await manager.load(cookie)
      return { session, commit: async () => cookieOf(await manager.commit(session)) }
    },
    async act(cookie, change) {
      const { session, commit } = await stage.visit(cookie)
      await change(session)
      return commit()
    },
    async read(cookie) {
      const session = await managerOn(trial.store, { on: null }).load(cookie)
      return session.isNew ? null : session.toJSON()
    },
  }
  return stage
}

/** What a browser sends back for Set-Cookie values; `undefined` if it was told nothing. */
function cookieOf(cookies: string[]): string | undefined {
  const [cookie] = cookies
  return cookie && cookie.slice(0, cookie.indexOf(';'))
}

/** A view of a store in which one call waits. */
export interface HeldStore {
  store: Store<any>
  /**
   * Waits until the call has come.
   *
   * @param request What is to make the call; a case fails if it ends without.
   */
  reachedBy(request: Promise<unknown>): Promise<void>
  /** Lets it go on. */
  release(): void
}

/**
 * Holds a call of a store back: `before` it is made, so that the store has still to do it, or
 * `after`, so that it is done and the answer on its way.
 *
 * @param methods Any of these is counted.
 * @param nth Which call it is, from 1.
 */
export function hold(
  store: Store<any>,
  methods: readonly StoreMethod[],
  when: 'before' | 'after' = 'before',
  nth = 1,
): HeldStore {
  const [reached, reach] = gate()
  const [released, release] = gate()
  let calls = 0
  const view = viewOf(store, async (method, _, proceed) => {
    if (!methods.includes(method) || ++calls !== nth) return proceed()
    const answer = when === 'after' ? await proceed() : undefined
    reach()
    await released
    return when === 'after' ? answer : proceed()
  })
  return {
    store: view,
    release,
    async reachedBy(request) {
      const ended = request.then(() => 'ended' as const)
      if ((await Promise.race([reached, ended])) !== 'ended') return
      release()
      throw new Error(`A request has to call ${methods.join(' or ')} ${nth} times, and did not.`)
    },
  }
}

function gate(): [opened: Promise<void>, open: () => void] {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return [opened, open]
}
