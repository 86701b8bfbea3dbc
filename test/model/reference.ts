/**
 * What a person would expect of sessions, written down without any of the kit's code: browsers hold
 * cookies, a store holds records, and time ends both.
 */
import { MINUTE, SECOND } from '../fixtures/clock.ts'

/** How sessions are configured. */
export interface Limits {
  maxAge: number
  absoluteMaxAge: number | undefined
  rolling: boolean
  renew: boolean
  /** How long after a save a rolling session is left as it is; else a tenth of its time. */
  touchAfter: number | undefined
}

/** What the reference has to know of where sessions are kept. */
export interface Traits {
  /** In a store, in cookies, or in cookies while they fit. */
  keeps: 'store' | 'cookie' | 'either'
  /** Whether a cookie tells when its session began and when it was saved; a signed one does not. */
  isTimed: boolean
  /** Whether the store's own time is that of the test, so that it forgets what is over. */
  forgets: boolean
}

export type Data = Record<string, unknown>
type Own = number | 'session' | undefined

export interface Contents {
  data: Data
  flash: Data
}

/** What is merged where two requests change it at once. */
interface Held extends Contents {
  own: Own
}

/** What both a cookie and a record tell of their session. */
interface Told {
  id: number
  created: number
  saved: number
  expires: number
  own: Own
  version: number
}

/** What a browser holds; nothing but an id where the contents are in the store. */
export interface Cookie extends Told {
  contents: Contents | undefined
}

/** What a store holds. */
export interface Kept extends Told, Contents {
  /** The limit that it was written under: its own or the configured one. */
  limit: Own
  forgottenAt: number
  /** Whether its id was given up. */
  isOver: boolean
}

/** A session in one request. */
export interface View extends Held {
  id: number
  isNew: boolean
  hadCookie: boolean
  /** What was loaded, or saved last. */
  base: Held
  created: number
  saved: number
  expires: number
  version: number
  inCookie: boolean
  wish: '' | 'save' | 'regenerate' | 'destroy'
  /** What its record was written under, as it was loaded, or saved last. */
  limit: Own
  /** Ids that end with the next commit. */
  ended: number[]
  isSettled: boolean
  /** Whether another request has ended or moved the session. */
  isDropped: boolean
  /** A change that can be made again, and what was there before it. */
  update: { before: Held; change(view: View): void } | undefined
  /** What the response says to the browser. */
  answer: 'nothing' | 'cookie' | 'no cookie'
  cookie: Cookie | null
}

/** How long a session lives that ends with its browser. */
const BROWSER_SESSION = 30 * 86_400 * SECOND
/** How much longer a record is kept than its session lives. */
const MARGIN = 10 * SECOND

const copy = <value>(value: value): value => structuredClone(value)
const text = (value: unknown): string => JSON.stringify(value)
const isEmpty = ({ data, flash }: Contents): boolean => text([data, flash]) === '[{},{}]'
const isSame = (one: Contents, other: Contents): boolean =>
  text([one.data, one.flash]) === text([other.data, other.flash])
const userOf = ({ data }: Contents): unknown => data['user']

/** What is too much for a cookie. */
export const LETTER = 'x'.repeat(12_000)

/** Whether it has room in a cookie. */
const fits = ({ data }: Contents): boolean => data['letter'] === undefined

/** The sessions of an application. */
export class Reference {
  now: number
  limits: Limits
  readonly traits: Traits
  readonly #kept = new Map<number, Kept>()
  readonly #revoked = new Set<number>()
  /** When all sessions of a user were revoked, and which one was spared. */
  readonly #revokedUsers = new Map<unknown, { at: number; except: number | undefined }>()
  #ids = 0

  constructor(now: number, limits: Limits, traits: Traits) {
    this.now = now
    this.limits = { ...limits }
    this.traits = traits
  }

  /** The session of a request with a cookie: the one it names, or a new one. */
  load(cookie: Cookie | 'garbage' | null): View {
    const found = cookie && cookie !== 'garbage' && this.#isGood(cookie) && this.#find(cookie)
    return found || this.#fresh(cookie !== null)
  }

  /**
   * Writes a session, if it has to be.
   *
   * @returns Whether it could; where not, nothing has been written.
   */
  commit(view: View): boolean {
    const isWritten = this.traits.keeps !== 'cookie' || fits(view)
    if (isWritten) this.#commit(view)
    return isWritten
  }

  #commit(view: View): void {
    const { wish } = view
    const isEnd = wish === 'destroy' && (isEmpty(view) || view.isDropped)
    if (isEnd) return this.#end(view)
    if (view.isDropped) return
    const isChanged = !isSame(view, view.base)
    if (view.isNew) {
      if (isEmpty(view) && !wish) return
      return this.#create(view)
    }
    if (!isChanged && !wish && (view.isSettled || !this.#livesOn(view))) return
    if (wish === 'regenerate' || userOf(view) !== userOf(view.base)) return this.#move(view)
    this.#save(view, isChanged || wish === 'save')
  }

  /** The sessions of a user, the newest first, as the store knows them. */
  list(user: string): Kept[] {
    const theirs = [...this.#kept.keys()].flatMap((id) => this.#present(id) ?? [])
    return theirs
      .filter((kept) => userOf(kept) === user && !this.#hasEnded(kept))
      .toSorted((one, other) => other.created - one.created)
  }

  /** When a session was last saved, as far as its record tells. */
  seen({ created, expires, limit }: Kept): number {
    return typeof limit === 'number'
      ? Math.min(Math.max(expires - limit, created), this.now)
      : created
  }

  /** Whether a session has ended by the limits of now, as far as its record tells. */
  #hasEnded({ created, expires, own, limit }: Kept): boolean {
    const end = created + (this.limits.absoluteMaxAge ?? Infinity)
    if (this.now >= end) return true
    // Where the end of all is near nobody can tell when it was saved.
    const isUntold = !this.traits.isTimed || own !== undefined || !(expires < end - MINUTE)
    return !isUntold && this.now >= expires - (limit as number) + this.#idle(undefined)
  }

  /** Ends a session from elsewhere. */
  destroy(id: number): void {
    this.#kept.delete(id)
  }

  /** Ends every copy of a session's cookie. */
  revoke({ id }: { id: number }): void {
    this.#revoked.add(id)
  }

  revokeAll(user: string, except?: { id: number }): void {
    this.#revokedUsers.set(user, { at: this.now, except: except?.id })
  }

  /** How long a session may go without being saved. */
  #idle(own: Own): number {
    const { maxAge, absoluteMaxAge } = this.limits
    const idle =
      (own ?? maxAge) === 'session' ? (absoluteMaxAge ?? BROWSER_SESSION) : (own ?? maxAge)
    return Math.min(idle as number, absoluteMaxAge ?? Infinity)
  }

  #endOf(created: number, own: Own): number {
    const { absoluteMaxAge = Infinity } = this.limits
    return Math.min(this.now + this.#idle(own), created + absoluteMaxAge)
  }

  /** When a cookie is over, by the limits that hold now. */
  #endOfCookie({ saved, created, expires, own }: Cookie): number {
    if (!this.traits.isTimed) return expires
    const { absoluteMaxAge = Infinity } = this.limits
    return Math.min(expires, saved + this.#idle(own), created + absoluteMaxAge)
  }

  #isGood(cookie: Cookie): boolean {
    const end = this.#endOfCookie(cookie)
    return this.traits.isTimed ? this.now < end : this.now <= end
  }

  #find(cookie: Cookie): View | undefined {
    const kept = cookie.contents ? undefined : this.#present(cookie.id)
    const contents = cookie.contents ?? kept
    if (!contents || this.#isRevoked(cookie, contents)) return undefined
    const { isTimed } = this.traits
    const life = isTimed ? cookie : (kept ?? cookie)
    // A record knows better than a cookie of before.
    const { own } = kept ?? cookie
    const base = copy({ data: contents.data, flash: contents.flash, own })
    return {
      ...this.#fresh(true),
      ...copy(base),
      base,
      id: cookie.id,
      isNew: false,
      created: isTimed ? life.created : this.now,
      saved: life.saved,
      expires: Math.min(this.#endOfCookie(cookie), kept?.expires ?? Infinity),
      limit: kept?.limit,
      version: Math.max(cookie.version, kept?.version ?? 0),
      inCookie: cookie.contents !== undefined,
    }
  }

  #isRevoked({ id, created }: Cookie, contents: Contents): boolean {
    if (this.#revoked.has(id)) return true
    const all = this.#revokedUsers.get(userOf(contents))
    return all !== undefined && created <= all.at && all.except !== id
  }

  #fresh(hadCookie: boolean): View {
    return {
      id: ++this.#ids,
      data: {},
      flash: {},
      base: { data: {}, flash: {}, own: undefined },
      isNew: true,
      hadCookie,
      created: this.now,
      saved: this.now,
      expires: Infinity,
      own: undefined,
      version: 0,
      inCookie: this.traits.keeps !== 'store',
      limit: undefined,
      wish: '',
      ended: [],
      isSettled: false,
      isDropped: false,
      update: undefined,
      answer: 'nothing',
      cookie: null,
    }
  }

  /** A record that is there and not over. */
  #present(id: number): Kept | undefined {
    const kept = this.#there(id)
    return kept && !kept.isOver && this.now <= kept.expires ? kept : undefined
  }

  #there(id: number): Kept | undefined {
    const kept = this.#kept.get(id)
    return kept && !(this.traits.forgets && this.now >= kept.forgottenAt) ? kept : undefined
  }

  /** Whether a session that was only read is saved, so that it lives on. */
  #livesOn({ own, expires, created }: View): boolean {
    const { maxAge, rolling, renew, touchAfter } = this.limits
    const idle = this.#idle(own)
    const gain = this.#endOf(created, own) - expires
    const pause = Math.min(touchAfter ?? idle / 10, idle / 2)
    if (rolling && Math.abs(gain) >= pause) return true
    if (!renew || (own ?? maxAge) === 'session') return false
    return expires - this.now < idle / 2 && gain > 0
  }

  #end(view: View): void {
    for (const id of view.ended) this.#kept.delete(id)
    if (view.hadCookie || view.answer === 'cookie') {
      view.answer = 'no cookie'
      view.cookie = null
    }
    const { hadCookie, answer, cookie, isDropped, own } = view
    const left = { answer, cookie, isDropped, own, isSettled: true }
    Object.assign(view, this.#fresh(hadCookie), left)
  }

  #create(view: View): void {
    for (const id of view.ended) this.#kept.delete(id)
    const inCookie = this.#hasRoom(view)
    Object.assign(view, { id: ++this.#ids, created: this.now, version: 0, ended: [], inCookie })
    this.#write(view)
  }

  /** Gives a session a new id, and gives up the old one. */
  #move(view: View): void {
    const { id } = view
    if (view.inCookie) {
      this.#kept.delete(id)
    } else {
      if (!this.#bringIn(view)) return
      const over = { isOver: true, expires: 1, forgottenAt: this.now + SECOND }
      this.#kept.set(id, { ...this.#kept.get(id)!, ...over })
    }
    view.id = ++this.#ids
    view.created = this.now
    view.inCookie = this.#hasRoom(view)
    this.#write(view)
  }

  #save(view: View, isChange: boolean): void {
    const isOutgrown = view.inCookie && this.traits.keeps === 'either' && !fits(view)
    const isSame = view.limit === (view.own ?? this.limits.maxAge)
    const isTouch = !isChange && !isOutgrown && isSame && !this.#isEndless(view)
    if (isOutgrown) {
      // The record of an earlier stay is older than the cookie, which has been the session since.
      const there = this.#there(view.id)
      const isNewer = there && (there.version > view.version || there.isOver)
      if (isNewer && !this.#bringIn(view)) return
      view.inCookie = false
    } else if (!view.inCookie) {
      // What has no room in the cookie, and changes nothing, need not know what is stored.
      const stored = isTouch && !this.#hasRoom(view) && this.#present(view.id)
      if (!stored && !this.#bringIn(view)) return
    }
    this.#write(view, isTouch)
  }

  /**
   * Merges what another request has stored meanwhile: what one side alone changed is as that side
   * has it; where both did, deletion beats change, and else the stored value stays.
   *
   * @returns Whether the session is still there, and still the same user's.
   */
  #bringIn(view: View): boolean {
    const stored = this.#present(view.id)
    if (!stored || userOf(stored) !== userOf(view.base)) {
      const { hadCookie } = view
      Object.assign(view, this.#fresh(hadCookie), { isDropped: true, isSettled: true })
      return false
    }
    if (isSame(stored, view.base) && stored.own === view.base.own) return true
    const mine = view.update?.before ?? view
    view.data = merge(view.base.data, mine.data, stored.data)
    view.flash = merge(view.base.flash, mine.flash, stored.flash)
    const [base, changed, there] = [view.base, mine, stored].map(({ own }) => ({ own }))
    view.own = merge(base!, changed!, there!)['own'] as Own
    if (view.update) view.update.change(view)
    return true
  }

  #write(view: View, isTouch = false): void {
    const { now, limits } = this
    const { keeps, isTimed } = this.traits
    const { id, data, flash, created } = view
    const isEndless = this.#isEndless(view)
    const expires = this.#endOf(created, view.own)
    const contents = copy({ data, flash })
    const hasRoom = this.#hasRoom(view)
    const life = {
      id,
      created,
      saved: now,
      // One that does not tell whose limit it is under goes on with it.
      own: isTimed ? view.own : (view.own ?? limits.maxAge),
      version: view.version + 1,
    }
    const limit = view.own ?? limits.maxAge
    if (!view.inCookie) {
      // What is only to live on stays as it is.
      const record = isTouch ? this.#kept.get(id)! : { ...life, ...contents, limit }
      this.#kept.set(id, {
        ...record,
        created: this.#kept.get(id)?.created ?? created,
        saved: now,
        expires: isEndless ? Infinity : expires,
        forgottenAt: now + this.#idle(view.own) + MARGIN,
        isOver: false,
      })
    }
    const isUntold = !isTimed && (isEndless || keeps === 'store')
    view.cookie = {
      ...life,
      expires: isUntold ? Infinity : expires,
      contents: hasRoom ? contents : undefined,
    }
    view.own = life.own
    Object.assign(view, {
      base: copy({ ...contents, own: life.own }),
      isNew: false,
      isSettled: true,
      wish: '',
    })
    Object.assign(view, { hadCookie: true, saved: now, expires, version: life.version })
    Object.assign(view, { inCookie: hasRoom, limit, answer: 'cookie' })
  }

  /** Whether it lives as long as its browser. */
  #isEndless({ own }: View): boolean {
    return (own ?? this.limits.maxAge) === 'session'
  }

  #hasRoom(contents: Contents): boolean {
    const { keeps } = this.traits
    return keeps === 'cookie' || (keeps === 'either' && fits(contents))
  }
}

function merge(base: Data, mine: Data, stored: Data): Data {
  const merged = { ...stored }
  for (const key of Object.keys({ ...base, ...mine })) {
    const [was, is, other] = [base, mine, stored].map((side) => text(side[key]))
    const isMine = is !== was
    if (isMine && is === undefined) delete merged[key]
    else if (isMine && other === was) merged[key] = mine[key]
  }
  return copy(merged)
}
