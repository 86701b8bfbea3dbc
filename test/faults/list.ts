import type { Fault, FaultPlan, StoreMethod } from '../../adapters/testing.ts'
import { HOUR, type Clock } from '../fixtures/clock.ts'

/** What the outside world must never read in an error or an event. */
export const CANARY = 'canary-9Kd2Wq7Zx5'

export const DEADLINE = 2000

/** What a call is hit by. */
export interface StoreFault {
  /**
   * Whether the core hears of it: `fails` as an error, `answers` as an answer that makes no sense,
   * `works` not at all.
   */
  effect: 'fails' | 'answers' | 'works'
  /** What the call comes to, of a read and of a write. */
  hit(method: StoreMethod, clock: Clock): FaultPlan & (Fault | null | (() => null))
  /** Whether the write has its effect nevertheless, or may have. */
  isApplied?: boolean
  /** Whether the next call fails in place of this one. */
  isNext?: boolean
}

class ClientError extends Error {
  override name = 'ClientError'
  readonly command = `SET ${CANARY}`
}

const error = (properties: object = {}): Error =>
  Object.assign(new ClientError(`could not send ${CANARY}`, { cause: CANARY }), properties)
const reject = (properties?: object): StoreFault => ({
  effect: 'fails',
  hit: () => ({ kind: 'reject', error: error(properties) }),
})
const answer = (value: unknown): StoreFault => ({
  effect: 'answers',
  hit: () => ({ kind: 'answer', value }),
})

const tenMegabytes = 'x'.repeat(10_000_000)

/** A read that is answered as `read` says, and a write as if somebody else had been first. */
const overtaken = (read: Fault): StoreFault => ({
  effect: 'works',
  hit(method) {
    if (method === 'get') return read
    const isExact = method === 'compareAndSet'
    return isExact ? { kind: 'answer', value: false } : null
  },
})

export const faults: Record<string, StoreFault> = {
  'throws before there is a promise': {
    effect: 'fails',
    hit: () => ({ kind: 'throw', error: error() }),
  },
  'rejects at once': reject({ code: 'ECONNREFUSED' }),
  'never answers': { effect: 'fails', hit: () => ({ kind: 'hang' }) },
  'answers after the deadline': {
    effect: 'fails',
    isApplied: true,
    hit: () => ({ kind: 'late', ms: DEADLINE + 1 }),
  },
  'answers just before the deadline': {
    effect: 'works',
    hit: () => ({ kind: 'late', ms: DEADLINE - 1 }),
  },
  'gets HTTP 500': reject({ status: 500 }),
  'gets a page of HTML with 502': {
    effect: 'fails',
    hit: () => ({ kind: 'reject', error: new SyntaxError(`Unexpected token '<', "${CANARY}"`) }),
  },
  'gets 429 and a time to wait': reject({ status: 429, retryAfter: 30 }),
  'gets 401': reject({ status: 401 }),
  'gets 200 and an error in it': answer({ error: `WRONGPASS ${CANARY}` }),
  'gets half a JSON': answer(`{"user":"${CANARY}","n`),
  'gets an empty body': answer(''),
  'gets a number': answer(42),
  'gets 10 MB': answer(tenMegabytes),
  'gets a body that stalls': { effect: 'fails', isApplied: true, hit: () => ({ kind: 'silent' }) },
  'is redirected to another origin': {
    effect: 'fails',
    hit: () => ({ kind: 'reject', error: new TypeError(`fetch failed: http://evil/${CANARY}`) }),
  },
  'does it, and then the connection breaks': {
    effect: 'fails',
    isApplied: true,
    hit: () => ({ kind: 'lost', error: error({ code: 'ECONNRESET' }) }),
  },
  'does it twice': { effect: 'works', hit: () => ({ kind: 'twice' }) },
  'knows an older version': overtaken({ kind: 'stale' }),
  'has another session’s record there': overtaken({ kind: 'elsewhere', key: 'mallory' }),
  'comes and goes': { effect: 'fails', hit: () => ({ kind: 'reject', error: error() }) },
  'does half of what it was to do': { effect: 'works', isNext: true, hit: () => null },
  'works, while the clock jumps an hour ahead': {
    effect: 'works',
    hit: (_, clock) => () => (clock.pass(HOUR), null),
  },
  'works, while the clock jumps an hour back': {
    effect: 'works',
    hit: (_, clock) => () => (clock.pass(-HOUR), null),
  },
  'was told to stop before it began': {
    effect: 'fails',
    hit: () => ({ kind: 'reject', error: new DOMException(`aborted ${CANARY}`, 'AbortError') }),
  },
}
