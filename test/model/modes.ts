import type { SessionOptions, Store } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createRevocation, type Revocation } from '../../src/revocation.ts'
import type { Clock } from '../fixtures/clock.ts'
import type { Traits } from './reference.ts'

/** Where sessions are kept, and what the reference has to know of it. */
export interface Mode {
  traits: Traits
  open(clock: Clock): Place
}

/** One history's options. */
export interface Place {
  options: Partial<SessionOptions>
  /** Whether a user's sessions can be listed. */
  isListed?: boolean
  revocation?: Revocation
}

const inStore: Traits = { keeps: 'store', isTimed: true, forgets: true }

function revocable(clock: Clock, options: Partial<SessionOptions> = {}): Place {
  const revocation = createRevocation(createMemoryStore(clock), { now: clock.now })
  return { options: { ...options, isRevoked: revocation.isRevoked }, revocation }
}

/** Sessions in a store that keeps its records by a clock of its own. */
export function storeMode(open: () => Store): Mode {
  return {
    traits: { ...inStore, forgets: false },
    open: () => ({ options: { store: open(), storeTimeout: 30_000 }, isListed: true }),
  }
}

/** The modes that need no server. */
export const modes = {
  'in a memory store': {
    traits: inStore,
    open: (clock) => ({ options: { store: createMemoryStore(clock) }, isListed: true }),
  },
  'in a memory store, under a signed id': {
    traits: { ...inStore, isTimed: false },
    open: (clock) => ({
      options: { store: createMemoryStore(clock), encrypt: false },
      isListed: true,
    }),
  },
  'in a sealed cookie': {
    traits: { keeps: 'cookie', isTimed: true, forgets: true },
    open: (clock) => revocable(clock),
  },
  'in a signed cookie': {
    traits: { keeps: 'cookie', isTimed: false, forgets: true },
    open: () => ({ options: { encrypt: false } }),
  },
  'in a cookie that overflows': {
    traits: { keeps: 'either', isTimed: true, forgets: true },
    open: (clock) => revocable(clock, { store: createMemoryStore(clock), overflow: 'store' }),
  },
} satisfies Record<string, Mode>
