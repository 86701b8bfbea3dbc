import { idleLimit, renewedLife, touchPause, type Limits, type Touches } from './life.ts'
import { SessionError } from './errors.ts'
import { isEmpty, type Json, type Life } from './record.ts'

/** What a commit does, in a word. */
export type Word =
  | 'nothing'
  | 'create'
  | 'changed'
  | 'rolling'
  | 'renew'
  | 'forced'
  | 'regenerate'
  | 'destroy'

/** What an application asked for; a later wish of less weight changes nothing. */
export type Wish = '' | 'save' | 'regenerate' | 'destroy'

/** What is known of a session when it is to be committed. */
export interface Facts {
  /** No record of it exists yet. */
  isNew: boolean
  wish: Wish
  /** It was committed before in this request: another commit has to find a change. */
  isSettled: boolean
  /** Its cookie was made with a secret that is no longer the newest, or in another format. */
  stale: boolean
  /** The data and flash as they were loaded, as text. */
  baseline: string
  life: Life
  /** How long its store wants it left as it is after a save, if not longer than half its time. */
  pause?: number
}

/** What to do, and how long the session lives then. */
export interface Decision {
  word: Word
  life: Life
  /** The data and flash as they are now, as text: the next baseline. */
  snapshot: string
}

/**
 * Decides what a commit does. No other place does, and nothing here reads a clock, a cookie or a
 * store.
 */
export function decide(
  { isNew, wish, isSettled, stale, baseline, life, pause = 0 }: Facts,
  { data, flash }: { data: Json; flash: Json },
  options: Limits & Touches & { rolling: boolean; renew: boolean },
  now: number,
): Decision {
  const snapshot = takeSnapshot(data, flash)
  const idle = idleLimit(options, life.maxAge)
  const word = chooseWord(isEmpty(data) && isEmpty(flash))
  return { word, snapshot, life: lifeAfter() }

  function chooseWord(empty: boolean): Word {
    if (wish === 'destroy') return empty ? 'destroy' : 'regenerate'
    // One that has nothing but the defaults of its schema is as good as empty.
    if (isNew) return (empty || snapshot === baseline) && !wish && !stale ? 'nothing' : 'create'
    if (wish) return wish === 'save' ? 'forced' : wish
    if (snapshot !== baseline) return 'changed'
    if (isSettled || isRecent()) return 'nothing'
    const gain = renewedLife(options, life, now).expires! - life.expires!
    // One that does not tell when it ends is kept alive by every response.
    if (options.rolling && !(Math.abs(gain) < touchPause(options, idle))) return 'rolling'
    // At the end of `absoluteMaxAge` there is nothing to be gained.
    if (options.renew && isHalfOver() && gain > 0) return 'renew'
    return stale ? 'forced' : 'nothing'
  }

  function isRecent(): boolean {
    return pause > 0 && now - life.issued < Math.min(pause, idle / 2)
  }

  function isHalfOver(): boolean {
    if (!life.expires || (life.maxAge ?? options.maxAge) === 'session') return false
    return life.expires - now < idle / 2
  }

  function lifeAfter(): Life {
    // A new secret alone seals the session again, but grants it no more time.
    if (word === 'nothing' || (word === 'forced' && !wish && isFinite(life.expires!))) return life
    const created = word === 'create' || word === 'regenerate' ? now : life.created
    return renewedLife(options, { ...life, created }, now)
  }
}

/**
 * The data and flash as text, a line each; two sessions are the same if and only if these are.
 *
 * @throws SessionError `ERR_SESSION_DATA` if JSON cannot write them.
 */
export function takeSnapshot(data: Json, flash: Json): string {
  try {
    return JSON.stringify(data) + (isEmpty(flash) ? '' : `\n${JSON.stringify(flash)}`)
  } catch {
    throw new SessionError(
      'ERR_SESSION_DATA',
      'The session holds what JSON cannot write: a cycle, a BigInt, or too many levels.',
    )
  }
}
