import { chain, type Awaitable } from './awaitable.ts'
import { callStore } from './call-store.ts'
import { commit } from './commit.ts'
import { cookieValues } from './cookie-header.ts'
import { takeSnapshot } from './decide.ts'
import type { Kit, SessionEvent } from './kit.ts'
import { readRecord, type Json, type SessionRecord } from './record.ts'
import type { Carried } from './seal/format.ts'
import {
  createSession,
  endState,
  newId,
  stateOf,
  type Session,
  type SessionState,
} from './session.ts'
import type { Store } from './store.ts'

/** A Cookie header as runtimes hand it over. */
export type CookieHeader = string | readonly string[] | null | undefined

/**
 * Makes the session of a request: the one that its cookie names, or a new one. It never throws on
 * anything that a client sent.
 *
 * Without a store and with the synchronous engine it answers at once.
 */
export function load<data extends object>(
  kit: Kit,
  header: CookieHeader,
  ctx: unknown,
): Awaitable<Session<data>> {
  const store = storeFor(kit, ctx)
  return chain(kit.format.open(header, ctx), (carried) => {
    if (!carried) return createFresh(false)
    if (typeof carried === 'string') return createFresh(true, carried)
    const { key, record } = carried
    if (!store) return record ? accept(carried, record) : createFresh(true, 'missed')
    if (key === undefined) return createFresh(true, 'missed')
    const options = { rolling: kit.rolling, ctx }
    return callStore(kit, 'get', store, key, async (storeKey) => {
      return (await store.get(storeKey, kit.maxAge, options)) ?? null
    }).then((record) => {
      if (record === undefined) return createFresh(true, undefined, true)
      return record === null ? createFresh(true, 'missed') : accept(carried, record)
    })
  })

  function accept(carried: Carried, record: unknown): Awaitable<Session<data>> {
    const contents = readRecord(record)
    const baseline = contents && snapshotOf(contents.data, contents.flash)
    if (!baseline) return createFresh(true, 'invalid')
    const expires = Math.min(carried.life.expires ?? Infinity, contents.expires ?? Infinity)
    if (!(kit.now() <= expires)) return createFresh(true, 'expired')
    return chain(kit.valid ? kit.valid(ctx, record as SessionRecord) : true, (valid) => {
      if (!valid) return createFresh(true, 'invalid')
      const state = createState(kit, ctx, store, carried.key ?? carried.id)
      const maxAge = carried.isTimed ? carried.life.maxAge : contents.maxAge
      return createSession<data>(
        Object.assign(state, {
          isNew: false,
          hadCookie: true,
          stale: carried.stale,
          baseline,
          life: { ...carried.life, expires, maxAge },
          flash: Object.assign(state.flash, contents.flash, carried.flash),
        }),
        contents.data,
      )
    })
  }

  function createFresh(
    hadCookie: boolean,
    reason?: SessionEvent['type'],
    detached?: boolean,
  ): Awaitable<Session<data>> {
    if (reason) kit.on?.({ type: reason })
    return freshSession(kit, ctx, store, { hadCookie, ...(detached && { commit: async () => [] }) })
  }
}

/** Makes the session that a logout leaves behind: nothing in it, its old record to be destroyed. */
export function loadEnded<data extends object>(
  kit: Kit,
  header: CookieHeader,
  ctx: unknown,
): Awaitable<Session<data>> {
  const store = storeFor(kit, ctx)
  const hadCookie = cookieValues(header, kit.key).length > 0
  return chain(store ? kit.format.open(header, ctx) : null, (carried) =>
    chain(freshSession<data>(kit, ctx, store, { hadCookie }), (session) => {
      const state = stateOf(session)
      endState(state)
      const { key } = Object(carried) as Partial<Carried>
      if (key !== undefined) state.discarded.push(key)
      return session
    }),
  )
}

function freshSession<data extends object>(
  kit: Kit,
  ctx: unknown,
  store: Store | undefined,
  known: Partial<SessionState>,
): Awaitable<Session<data>> {
  return chain(newId(kit, ctx), (id) =>
    createSession<data>(Object.assign(createState(kit, ctx, store, id), known), {}),
  )
}

function createState(kit: Kit, ctx: unknown, store: Store | undefined, id: string): SessionState {
  const now = kit.now()
  return {
    kit,
    ctx,
    store,
    id,
    isNew: true,
    hadCookie: false,
    stale: false,
    wish: '',
    baseline: '',
    life: { created: now, issued: now, expires: undefined, maxAge: undefined },
    flash: Object.create(null) as Json,
    discarded: [],
    cookies: [],
    commit,
  }
}

function storeFor(kit: Kit, ctx: unknown): Store | undefined {
  return kit.store ?? (kit.ContextStore && new kit.ContextStore(ctx))
}

/** A record thousands of levels deep can be read but not written again: it is no session. */
function snapshotOf(data: Json, flash: Json): string | undefined {
  try {
    return takeSnapshot(data, flash)
  } catch {
    return undefined
  }
}
