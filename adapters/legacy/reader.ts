import {
  chain,
  cookieValues,
  idleLimit,
  isPromise,
  newId,
  SessionObject,
  type Awaitable,
  type Carried,
  type Format,
  type Reader,
  type Refusal,
  type Session,
  type SessionRecord,
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

/**
 * What a reader found: a record that may be trusted, or the key of one in the store. `'tampered'`
 * stands for cookies of which none proves genuine, `'invalid'` for one that the application
 * refuses, `null` for none at all.
 */
export type Found = { record: SessionRecord } | { key: string } | 'tampered' | 'invalid' | null

/** A format that is read and never written. */
export interface Source {
  /** The names of its cookies, given that of the session's own. */
  names(key: string): string[]
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
    let isAdopted = false

    const extended: Format<any> = {
      ...format,

      open: (_, ctx) =>
        chain(format.open(header, ctx), (opened) =>
          Object(opened) === opened || opened === 'invalid' || cookies(key).some(looksSealed)
            ? opened
            : ask(opened as Refusal | null, ctx),
        ),

      write: (values, maxAge, ctx) => [
        ...format.clear(ctx, foreign),
        ...format.write(values, maxAge, ctx),
      ],

      clear: (ctx, names) =>
        names ? format.clear(ctx, names) : [...format.clear(ctx, foreign), ...format.clear(ctx)],
    }

    async function ask(refusal: Refusal | null, ctx: unknown): Promise<Carried | Refusal | null> {
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
      return { ...found, id: '', life, isTimed: false, stale: true, isAdopted }
    }

    return {
      ...kit,
      format: extended,
      createSession(state, data) {
        if (isAdopted && state.stale) {
          const id = newId(kit, state.ctx)
          // One that is promised is asked for again when it is needed; till then it may fail.
          if (isPromise(id)) id.then(undefined, () => {})
          const discarded = state.id ? [state.id] : []
          state = { ...state, id: isPromise(id) ? '' : id, isNew: true, discarded }
        }
        return kit.createSession
          ? kit.createSession(state, data)
          : (new SessionObject(state, data) as unknown as Session<any>)
      },
    }
  }
  return Object.freeze(reader)
}

/** Whether a value is sealed or was once: a damaged one has lost a dot, or got one, or its end. */
function looksSealed(value: string): boolean {
  return value.split('.').length > 3 || value.startsWith('eyJhbGciOiJkaXIi')
}
