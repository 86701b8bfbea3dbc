import type { SessionRecord, Store } from '../../src/index.ts'
import { viewOf, type StoreMethod } from './store-view.ts'

/**
 * What a call of a store comes to in place of its work.
 *
 * - `throw` it throws before any promise
 * - `reject` its promise is rejected
 * - `hang` it is never answered, and nothing is done
 * - `late` it is done, and answered after `ms` milliseconds
 * - `answer` nothing is done, and it is answered with `value`
 * - `lost` it is done, and fails all the same: the answer was lost on the way
 * - `silent` it is done, and never answered
 * - `twice` it is done twice, as by a client that tries again; the second answer counts
 * - `elsewhere` it is done with the key `key`: another session's record
 * - `stale` a `get` is answered with the record as it was before the last write of it that came
 *   through here
 */
export type Fault =
  | { kind: 'throw' | 'reject' | 'lost'; error?: unknown }
  | { kind: 'hang' | 'silent' | 'twice' | 'stale' }
  | { kind: 'late'; ms: number }
  | { kind: 'answer'; value: unknown }
  | { kind: 'elsewhere'; key: string }

/** A call that is about to be made. */
export interface StoreCall {
  method: StoreMethod
  /** Which call of this method it is since the plan was made, from 1. */
  nth: number
  key: string
  /** The record that is written, of `set` and `compareAndSet`. */
  record: SessionRecord | undefined
}

/** What goes wrong with the calls of one method: every one, those in a list, or as it is decided. */
export type FaultPlan =
  | Fault
  | readonly (Fault | null)[]
  | ((call: StoreCall) => Fault | null | undefined)

/** A store that fails as it is told to. */
export interface FaultyStore<ctx = any> extends Store<ctx> {
  /** What is to go wrong, by method; to be assigned at any time, which counts calls anew. */
  plan: Partial<Record<StoreMethod, FaultPlan>>
  /** The calls since then, and what became of them. */
  readonly calls: readonly (StoreCall & { fault: Fault['kind'] | undefined })[]
}

/**
 * Makes a store that does what another one does, but where the plan has it fail. It has the
 * capabilities of that one and no more.
 *
 * ```js
 * const store = createFaultyStore(createMemoryStore(), {
 *   get: { kind: 'hang' },
 *   set: [null, { kind: 'reject', error: new Error('down') }],
 *   destroy: ({ nth }) => (nth % 2 ? { kind: 'throw' } : null),
 * })
 * store.plan = {}
 * ```
 *
 * @param plan By method: a fault for all its calls, a list by the number of the call (what is not
 *   in it works), or a function of the call, for a store that comes and goes.
 */
export function createFaultyStore<ctx>(
  store: Store<ctx>,
  plan: Partial<Record<StoreMethod, FaultPlan>> = {},
): FaultyStore<ctx> {
  let current = plan
  let calls: (StoreCall & { fault: Fault['kind'] | undefined })[] = []
  const history = new Map<string, [last: unknown, before: unknown]>()

  const view = viewOf(store, (method, values, proceed) => {
    const [key, second] = values as [string, unknown]
    const isWrite = method === 'set' || method === 'compareAndSet'
    const call: StoreCall = {
      method,
      nth: calls.filter((call) => call.method === method).length + 1,
      key,
      record: isWrite ? (second as SessionRecord) : undefined,
    }
    const fault = faultOf(current[method], call)
    calls.push({ ...call, fault: fault?.kind })
    if (fault?.kind === 'throw') throw errorOf(fault)
    if (fault?.kind === 'elsewhere') {
      return (store[method] as (...values: unknown[]) => unknown)(fault.key, ...values.slice(1))
    }
    const work = async (): Promise<unknown> => {
      const answer = await proceed()
      if (method !== 'get' && answer !== false) remember(call, values)
      return answer
    }
    const isStale = fault?.kind === 'stale' && method === 'get' && history.has(key)
    if (isStale) return structuredClone(history.get(key)![1])
    return fault ? suffer(fault, work) : work()
  })

  /** Keeps what was written, and what that took the place of. */
  function remember({ method, key, record }: StoreCall, values: unknown[]): void {
    const [last = null] = history.get(key) ?? []
    const { expire } = Object(values[2]) as { expire?: number }
    const next =
      method === 'destroy'
        ? null
        : method === 'touch'
          ? { ...(last as SessionRecord), _expire: expire }
          : structuredClone(record)
    history.set(key, [next, last])
  }

  return Object.defineProperties(view, {
    plan: {
      get: () => current,
      set(next: Partial<Record<StoreMethod, FaultPlan>>) {
        current = next
        calls = []
      },
    },
    calls: { get: () => calls },
  }) as FaultyStore<ctx>
}

async function suffer(fault: Fault, work: () => Promise<unknown>): Promise<unknown> {
  switch (fault.kind) {
    case 'hang':
      return new Promise(() => {})
    case 'silent':
      await work()
      return new Promise(() => {})
    case 'late': {
      const answer = await work()
      await new Promise((resolve) => setTimeout(resolve, fault.ms))
      return answer
    }
    case 'answer':
      return fault.value
    case 'lost':
      await work()
      throw errorOf(fault)
    case 'twice':
      await work()
      return work()
    case 'stale':
      return work()
    default:
      throw errorOf(fault)
  }
}

function faultOf(plan: FaultPlan | undefined, call: StoreCall): Fault | null | undefined {
  if (typeof plan === 'function') return plan(call)
  if (plan && 'kind' in plan) return plan
  return plan?.[call.nth - 1]
}

function errorOf(fault: Fault): unknown {
  const { error } = fault as { error?: unknown }
  return error === undefined ? new Error('The store fails, as it was told to.') : error
}
