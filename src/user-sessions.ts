import { callStore, storeKey } from './call-store.ts'
import type { Kit } from './kit.ts'
import { readLive, type Contents, type Json } from './record.ts'
import { conform } from './schema.ts'
import { absoluteLimit, idleLimit } from './life.ts'
import { stateOf, type Session } from './session.ts'
import type { Store } from './store.ts'
import { change, indexOf, known, placeOf, principalOf, readRaw, storeOf } from './subjects.ts'

/** One of a user's sessions, as they are listed. */
export interface ListedSession<data extends object> {
  /** Its key in the store; of a store with hashed keys the hash, which opens nothing. */
  id: string
  /** When somebody logged in, in milliseconds since the epoch. */
  created: number
  /** When it was last saved, or a little earlier; unknown of a browser session. */
  seen: number | undefined
  /** What the `label` option calls it. */
  label: string | undefined
  /** Whether it is the one that `list` was told of. */
  current: boolean
  /** What is in it. */
  data: data
}

/** What an application can do with the sessions of its users, wherever they are. */
export interface UserSessions<data extends object> {
  /**
   * Lists a user's sessions, as the `principal` option tells them apart, the newest login first.
   * It needs a store with `compareAndSet`.
   *
   * @param options `current` is the session of this request: it is marked.
   * @throws SessionError `ERR_SESSION_OPTIONS` without these; `ERR_SESSION_STORE` or
   *   `ERR_SESSION_TIMEOUT`.
   */
  list(
    subject: string,
    options?: { current?: Session<data> | null },
  ): Promise<ListedSession<data>[]>

  /**
   * Ends a session that `list` told of, wherever it is.
   *
   * @param id As `list` has it.
   */
  destroy(id: string): Promise<void>

  /**
   * Ends all sessions of a user: "log out my other devices".
   *
   * @param options `except` is spared: the session of this request.
   * @returns How many there were.
   */
  destroyAll(subject: string, options?: { except?: Session<data> | null }): Promise<number>
}

/** Makes the three of them. */
export function createUserSessions<data extends object>(kitFor: () => Kit): UserSessions<data> {
  return {
    list: async (subject, { current } = {}) =>
      (await find<data>(kitFor(), subject, current)).flatMap(({ session, isOver }) =>
        session.data && !isOver ? session : [],
      ),
    destroy: async (id) => destroy(kitFor(), id),
    async destroyAll(subject, { except } = {}) {
      const kit = kitFor()
      const others = (await find(kit, subject, except)).filter(({ session }) => !session.current)
      const ids = others.map(({ session }) => session.id)
      await Promise.all(ids.map((id) => destroy(kit, id)))
      const store = storeOf(kit)
      await change(kit, undefined, store, await placeOf(kit, store, subject), (index) =>
        Object.fromEntries(Object.entries(index).filter(([id]) => !ids.includes(id))),
      )
      return others.filter(({ isOver }) => !isOver).length
    },
  }
}

/** A session whose record is there. */
interface Found<data extends object> {
  session: ListedSession<data>
  /** Whether it has ended all the same; a higher limit would bring it back. */
  isOver: boolean
}

/** The sessions, also those whose data the schema refuses: without any, and nobody's but to end. */
async function find<data extends object>(
  kit: Kit,
  subject: string,
  current: object | null | undefined,
): Promise<Found<data>[]> {
  const store = storeOf(kit)
  const own = await keysOf(kit, store, current)
  const place = await placeOf(kit, store, subject)
  const index = indexOf(known(await readRaw(kit, undefined, store, place)))
  const found = await Promise.all(
    Object.entries(index).map(async ([id, created]) => {
      const record = known(await readRaw(kit, undefined, store, id))
      const contents = readLive(record, kit.now())
      if (!contents) return []
      const { expires, maxAge } = contents
      const { data } = (await conform(kit, structuredClone(contents.data), undefined)) as {
        data: data
      }
      if (principalOf(kit, (data ?? contents.data) as Json) !== subject) return []
      // A request that let it live on may not have known of a shorter `maxAge` of its own.
      const seen =
        typeof maxAge === 'number' && expires
          ? Math.min(Math.max(expires - maxAge, created), kit.now())
          : undefined
      const label = (data && kit.label?.(data)) ?? undefined
      const session = { id, created, seen, label, current: own.includes(id), data }
      return [{ session, isOver: isOver(kit, created, contents) }]
    }),
  )
  const sessions = found.flat()
  sessions.sort((a, b) => b.session.created - a.session.created)
  return sessions
}

/** How much later than a session its place on the list may have been made, in milliseconds. */
const ENLISTING_TIME = 60_000

/** Whether a session has ended by the limits of now, as its cookie would tell. */
function isOver(kit: Kit, created: number, { expires, maxAge, isOwn }: Contents): boolean {
  const now = kit.now()
  const end = created + absoluteLimit(kit)
  if (now >= end) return true
  if (!kit.format.keepsId || isOwn || typeof maxAge !== 'number') return false
  // Where `absoluteMaxAge` has cut its time short, its record does not tell when it was saved.
  const isWhole = expires! < end - ENLISTING_TIME
  return isWhole && now >= expires! - maxAge + idleLimit(kit, undefined)
}

async function destroy(kit: Kit, id: string): Promise<void> {
  const store = storeOf(kit)
  await callStore(kit, undefined, 'destroy', store, null, () =>
    store.destroy(id, { ctx: undefined }),
  )
  kit.tell?.({ type: 'destroyed' }, undefined)
}

/** The keys of a session: one that is to have a new id has its old one until it is committed. */
async function keysOf(
  kit: Kit,
  store: Store,
  session: object | null | undefined,
): Promise<string[]> {
  if (!session) return []
  const { id, discarded } = stateOf(session)
  return Promise.all([id, ...discarded].map((id) => storeKey(kit, store, id)))
}
