import type { Fault, StoreMethod } from '../../adapters/testing.ts'
import { HOUR } from '../fixtures/clock.ts'

/** What the outside world must never read in an error or an event. */
export const CANARY = 'canary-9Kd2Wq7Zx5'

export const DEADLINE = 2000

/** What a call is hit by. */
export interface StoreFault {
  /**
   * What the core hears of it: `fails` an error, `answers` an answer that makes no sense, `works`
   * nothing.
   */
  effect: 'fails' | 'answers' | 'works'
  /** What a read comes to, and a write; `null` if it is done as it should be. */
  hit(method: StoreMethod): Fault | null
  /** Whether a write has its effect although it fails. */
  isApplied?: boolean
  /** Whether it has its effect twice. */
  isTwice?: boolean
  /** Which calls are hit beside the one: the next alone in its place, or every other one. */
  spread?: 'next' | 'every other'
  /** How far the clock jumps meanwhile. */
  jump?: number
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
  'does it twice': { effect: 'works', isTwice: true, hit: () => ({ kind: 'twice' }) },
  'knows an older version': overtaken({ kind: 'stale' }),
  'has another session’s record there': overtaken({ kind: 'elsewhere', key: 'mallory' }),
  'comes and goes': { ...reject(), spread: 'every other' },
  'does half of what it was to do': { ...reject(), spread: 'next' },
  'works, while the clock jumps an hour ahead': {
    effect: 'works',
    jump: HOUR,
    hit: () => null,
  },
  'works, while the clock jumps an hour back': {
    effect: 'works',
    jump: -HOUR,
    hit: () => null,
  },
  'was told to stop before it began': {
    effect: 'fails',
    hit: () => ({ kind: 'reject', error: new DOMException(`aborted ${CANARY}`, 'AbortError') }),
  },
}
