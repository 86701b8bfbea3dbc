import {
  callStore,
  chain,
  cookieValues,
  idleLimit,
  isPromise,
  newId,
  SessionObject,
  type Awaitable,
  type Carried,
  type Format,
  type Kit,
  type Reader,
  type Refusal,
  type Session,
  type SessionRecord,
  type Store,
} from '../../src/host.ts'

/** What a reader is told of a request. */
export interface ReaderRequest {
  /** The values of a cookie, four at most. */
  cookies(name: string): string[]
  /** The name of the session's own cookie. */
  key: string
  /** The time, in milliseconds since the epoch. */
  now: number
  /** Whether sessions are kept in a store. */
  hasStore: boolean
  /** How long a session may go without being saved, in milliseconds. */
  usual: number
  ctx: unknown
}

/** A store that a reader takes records from: those of the old application. */
export type OldStore = Pick<Store, 'get' | 'destroy'>

/**
 * What a reader found: a record that may be trusted, whose `_expire` the new session does not
 * outlive before it is saved again; the key of one in the session's store; or the key of one in a
 * store of the reader's own. `'tampered'` stands for cookies of which none proves genuine,
 * `'expired'` for one that is over, `'invalid'` for one that the application refuses, `null` for
 * none at all.
 */
export type Found = { record: SessionRecord } | { key: string; from?: OldStore } | Refusal | null

/** A format that is read and never written. */
export interface Source {
  /** When it is no longer asked, in milliseconds since the epoch (default never). */
  until?: number
  /** The names of its cookies, given that of the session's own. */
  names(key: string): string[]
  /** Whether a value has its shape, though a sealed one looks much the same (default never). */
  knows?(value: string): boolean
  read(request: ReaderRequest): Awaitable<Found>
}

/**
 * Makes the reader of a format. It is asked where the session's own format found nothing and none
 * of the values looks sealed: formats are told apart by their shape, before any crypto, and what
 * fails in one is not tried in the other. What it finds becomes a new session, and the cookies it
 * reads go once that session is written, or ended.
 */
export function createReader(source: Source): Reader {
  const reader: Reader = (kit, header) => {
    const { format, key } = kit
    const cookies = (name: string): string[] => cookieValues(header, name)
    const foreign = source
      .names(key)
      .filter((name) => !format.names.includes(name) && cookies(name).length > 0)
    const strict = { ...kit, onStoreError: 'throw' } as const
    let isAdopted = false
    let end = Infinity
    let forget: (() => Promise<unknown>) | undefined

    const extended: Format<any> = {
      ...format,

      open: (given, ctx) =>
        chain(format.open(given, ctx), (opened) => {
          const isDone = Object(opened) === opened || isFinal(opened)
          // Others ask, too: whether a cookie is good that an origin is about to set.
          return given !== header || isDone || cookies(key).some(isSealed)
            ? opened
            : ask(opened as Refusal | null, ctx)
        }),

      write: (values, maxAge, ctx) => [
        ...format.clear(ctx, foreign),
        ...format.write(values, maxAge, ctx),
      ],

      clear: (ctx, names) =>
        names ? format.clear(ctx, names) : [...format.clear(ctx, foreign), ...format.clear(ctx)],
    }

    function isSealed(value: string): boolean {
      return looksSealed(value) && !source.knows?.(value)
    }

    async function ask(refusal: Refusal | null, ctx: unknown): Promise<Carried | Refusal | null> {
      if (source.until !== undefined && !(kit.now() < source.until)) return refusal
      const hasStore = Boolean(kit.store ?? kit.ContextStore)
      const request = {
        cookies,
        key,
        now: kit.now(),
        hasStore,
        usual: idleLimit(kit, undefined),
        ctx,
      }
      const found = await source.read(request)
      if (found === null || typeof found === 'string') return found ?? refusal
      isAdopted = true
      const life = { created: 0, issued: 0, expires: undefined, maxAge: undefined }
      const carried = { id: '', life, isTimed: false, stale: true, isAdopted }
      if ('record' in found) {
        end = found.record._expire ?? Infinity
        return { ...carried, record: found.record }
      }
      if (!found.from) return { ...carried, key: found.key }
      const record = await take(found.key, found.from, request.usual, ctx)
      end = record?._expire ?? Infinity
      return record ? { ...carried, record } : carried
    }

    /** Reads a record that goes once the session is written; if the store fails, so does this. */
    async function take(
      key: string,
      from: OldStore,
      usual: number,
      ctx: unknown,
    ): Promise<SessionRecord | null> {
      const store = from as Store
      const options = { rolling: kit.rolling, ctx }
      const record = (await callStore(strict, ctx, 'get', store, null, () =>
        from.get(key, usual, options),
      )) as SessionRecord | null | undefined
      if (!record) return null
      forget = () =>
        callStore(strict, ctx, 'destroy', store, null, () => from.destroy(key, { ctx }))
      return record
    }

    /** Until it is saved again, a session does not outlive the one that it was. */
    function limited(kit: Kit): Kit {
      if (end === Infinity) return kit
      const longest = Math.max(idleLimit(kit, 'session'), idleLimit(kit, undefined))
      return { ...kit, absoluteMaxAge: Math.min(end - kit.now(), longest) }
    }

    return {
      ...kit,
      format: extended,
      async forget() {
        await kit.forget?.()
        await forget?.()
      },
      createSession(state, data) {
        if (isAdopted && state.stale) {
          const id = newId(kit, state.ctx)
          // One that is promised is asked for again when it is needed; till then it may fail.
          if (isPromise(id)) id.then(undefined, () => {})
          const discarded = state.id ? [state.id] : []
          const own = { kit: limited(state.kit), id: isPromise(id) ? '' : id }
          state = { ...state, ...own, isNew: true, discarded }
        }
        return kit.createSession
          ? kit.createSession(state, data)
          : (new SessionObject(state, data) as unknown as Session<any>)
      },
    }
  }
  return Object.freeze(reader)
}

/** Whether there is nobody left to ask: it was refused, or nobody knows. */
function isFinal(opened: Carried | Refusal | null): boolean {
  return opened === 'invalid' || opened === 'unknown'
}

/** How a token begins whose algorithm is `dir`, or one that signs sessions. */
const BEGINNING = /^eyJhbGciOiJ(kaXIi|FZERTQSIs|FZDI1NTE5Iiw|FUzI1NiIs)/

/** Whether a value is sealed or was once: a damaged one has lost a dot, or got one, or its end. */
function looksSealed(value: string): boolean {
  return value.split('.').length > 3 || BEGINNING.test(value)
}
