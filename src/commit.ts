import { decide, takeSnapshot, type Decision, type Facts } from './decide.ts'
import { SessionError } from './errors.ts'
import { isForeign, mayOverflow, type Kit } from './kit.ts'
import { renewedLife } from './life.ts'
import { merge } from './merge.ts'
import { fitsCookie, meet } from './overflow.ts'
import { discard, leave, lookAgain, putRecord, type Look, type Outcome } from './put-record.ts'
import {
  ownMaxAge,
  parseJson,
  parseSnapshot,
  recordText,
  type Contents,
  type Json,
  type SessionRecord,
} from './record.ts'
import { MOST_ROUNDS, pause } from './rounds.ts'
import { conform } from './schema.ts'
import {
  assignData,
  clearData,
  dataOf,
  newId,
  placeOf,
  SessionObject,
  stateOf,
  type SessionState,
} from './session.ts'
import { LARGEST_COOKIE } from './set-cookie.ts'
import { enlist, principalOf } from './subjects.ts'
import { tellWritten } from './tell-written.ts'

/**
 * Writes a session if it has to be: the record to the store, or all of it into the cookie. The
 * cookie is made and measured first, the store written next, and only then a cookie returned, so
 * that no cookie names what was not stored.
 *
 * @returns The Set-Cookie values to send, often none. A second commit has nothing to do.
 * @throws SessionError `ERR_SESSION_TOO_LARGE` and `ERR_SESSION_DATA` before anything is written;
 *   `ERR_SESSION_HEADERS_SENT` where the response has gone and the cookie is needed;
 *   `ERR_SESSION_CONFLICT` where `conflict` is `'error'` or others write without end; what
 *   `callStore` throws, unless `onStoreError` says otherwise.
 */
export async function commit(session: object): Promise<string[]> {
  const state = stateOf(session)
  const { tell } = state.kit
  const start = tell ? performance.now() : 0
  Object.assign(state, { outcome: 'nothing', bytes: 0 })
  try {
    const cookies = await commitState(session, state)
    if (state.isSettled) await state.kit.forget?.()
    return cookies
  } catch (error) {
    Object.assign(state, { error, outcome: 'failed' })
    throw error
  } finally {
    const { ctx, outcome, bytes } = state
    if (tell) {
      const duration = performance.now() - start
      tell({ type: 'commit', outcome, bytes, duration }, ctx, placeOf(state))
    }
  }
}

async function commitState(session: object, state: SessionState): Promise<string[]> {
  const { kit, ctx, wish } = state
  let decision = decideNow(session, state)
  if (decision.word === 'nothing') return []
  if (kit.format.refuse) {
    // To go on, a session needs a server that can write it.
    if (!wish && decision.snapshot === state.baseline) return []
    kit.format.refuse()
  }
  const isEnd = decision.word === 'destroy' || (state.isDetached && state.wish === 'destroy')
  if (isEnd) return end(state)
  if (state.isDetached) return []
  if (kit.beforeSave) {
    await kit.beforeSave(ctx, session)
    const again = decideNow(session, { ...state, wish: state.wish || 'save' })
    const isSame = again.snapshot === state.baseline
    decision = isSame ? { ...again, word: decision.word } : again
  }
  state.id ||= await newId(kit, ctx)
  // koa-session calls what was asked for no change; our own stores have to know better.
  const isAsked = wish === 'save' || wish === 'regenerate'
  const isTouch = decision.word === 'rolling' || decision.word === 'renew'
  const changed = !isTouch && !(isAsked && state.store && isForeign(kit, state.store))
  return write(session, state, decision, changed)
}

function decideNow(session: object, facts: Facts & Pick<SessionState, 'kit' | 'flash'>): Decision {
  const { kit, flash } = facts
  return decide(facts, { data: dataOf(session), flash }, kit, kit.now())
}

/** Whose data a snapshot is of, where the application tells. */
function subjectOf(kit: Kit, snapshot: string): string | undefined {
  return kit.principal && principalOf(kit, parseSnapshot(snapshot).data)
}

/** What is to be stored, and its cookie, made and measured. */
interface Draft extends Decision {
  values: string[]
  bytes: number
  /** How long the browser keeps it, in milliseconds; `undefined` for as long as it is open. */
  left: number | undefined
  maxAge: number | 'session'
  version: number | undefined
  /** Whether all of the session has room in it. */
  fits: boolean
}

async function write(
  session: object,
  state: SessionState,
  decision: Decision,
  changed: boolean,
): Promise<string[]> {
  const { kit, ctx, store } = state
  let listed: string | undefined
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const subject = subjectOf(kit, decision.snapshot)
    if (/^(changed|forced)$/.test(decision.word) && subject !== subjectOf(kit, state.baseline)) {
      // Who logs in takes no session along that somebody else may know.
      await SessionObject.prototype.regenerate.call(session as SessionObject)
      decision = decideNow(session, state)
    }
    if (state.isAnswered && (await isLate(state, decision))) return []
    const draft = await seal(state, decision)
    if (!draft) return failed(state)
    const isListed = store?.compareAndSet && subject !== undefined && !mayOverflow(kit)
    if (isListed && /^(create|regenerate)$/.test(decision.word)) {
      // Without its place on the list it could not be ended from elsewhere.
      const { id } = state
      const place = `${id} ${subject}`
      if (listed !== place && !(await enlist(kit, ctx, store, subject, id))) return failed(state)
      listed = place
    }
    let outcome = await put(state, draft, changed)
    if (outcome === 'changed') {
      await pause(round)
      outcome = await lookAgain(state, store!, state.discarded[0] ?? state.id)
    }
    if (outcome === 'failed') return failed(state)
    // What was meant for one user is nothing for another.
    if (
      typeof outcome === 'object' &&
      principalOf(kit, outcome.data) !== subjectOf(kit, state.baseline)
    ) {
      outcome = 'gone'
    }
    if (outcome === 'gone') return drop(session, state)
    if (outcome === 'stored') return settle(state, draft)
    if (outcome === 'taken') state.id = await newId(kit, ctx)
    else if (outcome !== 'older') decision = await bringIn(session, state, decision, outcome)
  }
  throw new SessionError('ERR_SESSION_CONFLICT', 'Other requests kept changing the session.')
}

/**
 * Whether there is nothing left to do, now that the response has gone.
 *
 * @throws SessionError `ERR_SESSION_HEADERS_SENT` where the session needs the cookie.
 */
async function isLate(state: SessionState, { snapshot }: Decision): Promise<boolean> {
  const isNamed = state.store && !state.inCookie && !state.isNew && state.wish !== 'regenerate'
  if (isNamed) return false
  // That it lives on, the next response can tell as well.
  if (!state.wish && snapshot === state.baseline) return true
  // What was to go before the new session begins goes all the same.
  if (state.wish === 'destroy') await discard(state)
  refuseLate()
}

/**
 * Makes the cookie.
 *
 * @returns `undefined` if its keys are out of reach.
 */
async function seal(state: SessionState, decision: Decision): Promise<Draft | undefined> {
  const { kit, ctx, store, id } = state
  const { snapshot, life } = decision
  const spills = mayOverflow(kit)
  const maxAge = life.maxAge ?? kit.maxAge
  if (store && !(typeof id === 'string' && id)) refuse('must make text')
  const isCounted = spills || store?.consistency === 'eventual'
  const version = isCounted ? state.version + 1 : undefined
  const cargo = { id, key: store && id, snapshot, life, maxAge, version }
  const left = maxAge === 'session' ? undefined : life.expires! - kit.now()
  let values = await kit.format.seal(cargo, ctx)
  if (!values.length) return undefined
  const fits = spills
    ? !state.isAnswered && fitsCookie(state, values[0]!, left)
    : sizeOf(kit.format.names[0]!, values[0]!) <= LARGEST_COOKIE
  // With a version, the data go along where they fit.
  if (version && !fits) values = await kit.format.seal({ ...cargo, snapshot: '' }, ctx)
  let bytes = 0
  kit.format.names.forEach((name, index) => (bytes += checkSize(name, values[index]!)))
  kit.format.attributes?.(ctx)
  return { ...decision, values, bytes, left, maxAge, version, fits }
}

/** Stores the record, unless the session is in its cookie, and gives up the ids it had before. */
async function put(
  state: SessionState,
  { word, life, snapshot, fits, maxAge, version }: Draft,
  changed: boolean,
): Promise<Outcome | Look | 'older'> {
  const { kit, store } = state
  const spills = mayOverflow(kit)
  const staysInCookie = spills && fits && (state.inCookie || word === 'regenerate')
  if (!store || staysInCookie) return leave(state)
  const isMoved = spills && fits !== state.inCookie
  const record: SessionRecord = {
    ...(version && { _version: version }),
    ...(kit.format.keepsId && life.maxAge && { _own: true }),
    ...(parseJson(recordText(snapshot, life, maxAge)) as SessionRecord),
  }
  // There is no record whose life could be extended, or there is one that has to be read.
  const as = isMoved && /^(rolling|renew)$/.test(word) ? 'changed' : word
  const outcome = await putRecord(state, store, record, as, life.maxAge, changed || isMoved)
  const isOutgrown = isMoved && !fits && !state.isNew && word !== 'regenerate'
  return outcome === 'taken' && isOutgrown ? meet(state, store) : outcome
}

/** Notes what a session is now that it is stored, and sends its cookie. */
function settle(
  state: SessionState,
  { word, life, snapshot, values, bytes, left, maxAge, version, fits }: Draft,
): string[] {
  const { kit, ctx } = state
  Object.assign(state, { outcome: word, bytes, inCookie: mayOverflow(kit) && fits })
  tellWritten(state, snapshot !== state.baseline)
  // Who cannot tell whose limit it is under goes on with it.
  const own = kit.format.keepsId ? life.maxAge : maxAge
  const known = { baseline: snapshot, life: { ...life, maxAge: own }, ownMaxAge: own, version }
  Object.assign(state, SETTLED, known, { hadCookie: true, isKnown: true })
  return kit.format.write(values, left, ctx)
}

/** The store failed, and the application goes on without what was to be kept. */
function failed(state: SessionState): [] {
  state.outcome = 'failed'
  return []
}

const SETTLED = { isNew: false, isSettled: true, stale: false, wish: '' } as const

/** Brings what others have stored meanwhile into the session, and decides what it is then. */
async function bringIn(
  session: object,
  state: SessionState,
  decision: Decision,
  stored: Contents,
): Promise<Decision> {
  const { kit, update, life } = state
  const { snapshot } = decision
  const base = parseSnapshot(state.baseline)
  // A change that can be made again is made on the stored data, and not merged.
  const mine = parseSnapshot(update ? update.before : snapshot)
  const isChanged = snapshot !== state.baseline || life.maxAge !== state.ownMaxAge
  if (kit.conflict === 'error' && !update && isChanged) {
    throw new SessionError(
      'ERR_SESSION_CONFLICT',
      'Another request has changed the session meanwhile (option "conflict").',
    )
  }
  const data = merge(base.data, mine.data, stored.data)
  const flash = merge(base.flash, mine.flash, stored.flash)
  const storedMaxAge = ownMaxAge(stored, kit.format.keepsId, state.ownMaxAge)
  const { maxAge } = update ?? life
  const own = merge({ maxAge: state.ownMaxAge }, { maxAge }, { maxAge: storedMaxAge })
  if (kit.schema) {
    // Two changes may be good for themselves, and not together.
    const { data: conformed } = await conform({ ...kit, migrate: undefined }, data.data, state.ctx)
    if (!conformed) data.isConflict = true
    data.data = conformed ?? stored.data
  }
  if (data.isConflict || flash.isConflict || own.isConflict)
    kit.tell?.({ type: 'conflict' }, state.ctx, placeOf(state))
  state.life = { ...life, maxAge: own.data['maxAge'] as typeof storedMaxAge }
  state.ownMaxAge = storedMaxAge
  state.baseline = takeSnapshot(stored.data, stored.flash)
  state.flash = Object.assign(Object.create(null), flash.data) as Json
  clearData(session)
  assignData(session, data.data)
  if (update) {
    update.before = takeSnapshot(data.data, flash.data)
    update.maxAge = state.life.maxAge
    await update.change(session)
  }
  const merged = { ...decision, snapshot: takeSnapshot(dataOf(session), state.flash) }
  const isSame = state.life.maxAge === decision.life.maxAge
  if (isSame) return merged
  const lived = { ...decision.life, maxAge: state.life.maxAge }
  return { ...merged, life: renewedLife(kit, lived, kit.now()) }
}

/** Lets go of a session that another request has ended: what this one did goes nowhere. */
function drop(session: object, state: SessionState): string[] {
  state.kit.tell?.({ type: 'missed' }, state.ctx, 'store')
  clearData(session)
  // A cookie of an earlier commit would take the place of the one that the other request sends.
  const flash = Object.create(null) as Json
  const known = { isKnown: false, discarded: [], cookies: [], outcome: 'dropped', flash }
  Object.assign(state, SETTLED, known, { isNew: true, isDetached: true })
  return []
}

/** Ends a session: its record first, then its cookie, which goes even if the store fails. */
async function end(state: SessionState): Promise<string[]> {
  const { kit, ctx, hadCookie, cookies } = state
  const clearing = hadCookie || cookies.length || kit.accept ? kit.format.clear(ctx) : []
  // Kept as well as returned: should the store throw, the caller still finds it.
  state.cookies = clearing
  const isKnown = state.isKnown || state.discarded.length > 0
  await discard(state)
  // Without a record the cookie is the session, and stays.
  if (state.isAnswered && isKnown && (!state.store || mayOverflow(kit))) refuseLate()
  if (isKnown) kit.tell?.({ type: 'destroyed' }, ctx, placeOf(state))
  const known = { isKnown: false, outcome: 'destroy', baseline: '' }
  Object.assign(state, SETTLED, known, { isNew: true })
  return clearing
}

/** @throws SessionError `ERR_SESSION_HEADERS_SENT` */
export function refuseLate(): never {
  throw new SessionError(
    'ERR_SESSION_HEADERS_SENT',
    'The response has gone without the cookie that this needs.',
  )
}

function refuse(fault: string): never {
  throw new SessionError('ERR_SESSION_OPTIONS', `Session option "genid" or "encode" ${fault}.`)
}

function sizeOf(name: string, value: string): number {
  return name.length + value.length
}

/** @returns What it takes, in bytes. */
function checkSize(name: string, value: string): number {
  if (/[^ -:<-~]/.test(value)) refuse('must make printable ASCII without ;')
  const size = sizeOf(name, value)
  if (size <= LARGEST_COOKIE) return size
  throw new SessionError(
    'ERR_SESSION_TOO_LARGE',
    `The session cookie has ${size} bytes and browsers keep ${LARGEST_COOKIE}: ` +
      'keep less in the session, or use a store.',
  )
}
