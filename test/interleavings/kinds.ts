import { createKvSimulator } from '../../adapters/testing.ts'
import { createKvStore } from '../../adapters/workers-kv.ts'
import type { Store } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import type { Clock } from '../fixtures/clock.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'

/** A kind of store, and what it can promise. */
export interface Kind {
  /** Whether it writes in the place of nothing but what was read. */
  compares: boolean
  /** Whether an end stands, also where a slow request writes after it. */
  remembersEnds: boolean
  /** Where a request asks from: elsewhere it may not have heard of a write. */
  placeOf(request: number): number
  open(clock: Clock): Opened
}

/** A store for one plan. */
export interface Opened {
  store: Store<any>
  /** What there is under a key, whatever a request has heard of. */
  look(key: string): unknown
}

const everywhere = (): number => 0

/** A store that compares and sets, and answers what it was asked to keep. */
export function comparing(open: (clock: Clock) => Store): Kind {
  return {
    compares: true,
    remembersEnds: true,
    placeOf: everywhere,
    open(clock) {
      const store = open(clock)
      const options = { rolling: false, ctx: undefined }
      return { store, look: (key) => store.get(key, undefined, options) }
    },
  }
}

/** Workers KV, with requests that come to one location or to several. */
function eventual(placeOf: Kind['placeOf']): Kind {
  return {
    compares: false,
    remembersEnds: true,
    placeOf,
    open(clock) {
      // That it takes one write a second is tried elsewhere.
      const kv = createKvSimulator({ now: clock.now, lag: 5, writeInterval: 0 })
      const stores = ['here', 'there'].map((name) => createKvStore(kv.at(name)))
      const at = ({ ctx }: { ctx: number | undefined }): Store => stores[placeOf(Number(ctx ?? 0))]!
      const store: Store = {
        consistency: 'eventual',
        hashedKeys: true,
        get: (key, maxAge, options) => at(options).get(key, maxAge, options),
        set: (key, record, maxAge, options) => at(options).set(key, record, maxAge, options),
        destroy: (key, options) => at(options).destroy(key, options),
      }
      const look = (key: string): unknown =>
        kv.peek(`${key}:ended`) ? null : JSON.parse(kv.peek(key) ?? 'null')
      return { store, look }
    },
  }
}

/** Those that need no server. */
export const kinds = {
  'in memory': comparing((clock) => createMemoryStore(clock)),
  'in a store of three methods': {
    compares: false,
    remembersEnds: false,
    placeOf: everywhere,
    open() {
      const store = createRecordingStore()
      const look = (key: string): unknown => JSON.parse(store.records.get(key) ?? 'null')
      return { store, look }
    },
  },
  'in Workers KV, from one location': eventual(everywhere),
  'in Workers KV, from two locations': eventual((request) => request % 2),
} satisfies Record<string, Kind>
