import type { Session, Store } from 'session-kit'

/** What a request does with its session. */
export type Act = 'begin' | 'read' | 'write' | 'raise' | 'login' | 'logout'

/** What is in it. */
export interface Visit {
  n?: number
  seen?: number
  user?: string
}

/** Does it. */
export async function perform(session: Session<Visit>, act: Act): Promise<void> {
  if (act === 'begin') session.n = 0
  if (act === 'write') session.seen = Math.random()
  if (act === 'raise') {
    await session.update((session) => {
      session.n = (session.n ?? 0) + 1
    })
  }
  if (act === 'login') {
    session.user = 'Ada'
    await session.regenerate()
  }
  if (act === 'logout') session.destroy()
}

/** How often something happened, by its name. */
export type Counts = Record<string, number>

export function add(counts: Counts, name: string, times = 1): void {
  counts[name] = (counts[name] ?? 0) + times
}

/** Gives what was counted, and begins anew. */
export function takeCounts(counts: Counts): Counts {
  const taken = { ...counts }
  for (const name of Object.keys(counts)) delete counts[name]
  return taken
}

/** The same store, with its operations counted: by name, and comparisons that found a change. */
export function countOperations(store: Store, counts: Counts): Store {
  const { get, set, compareAndSet, touch, destroy } = store
  return {
    ...store,
    get(...values) {
      add(counts, 'get')
      return get(...values)
    },
    set(...values) {
      add(counts, 'set')
      return set(...values)
    },
    destroy(...values) {
      add(counts, 'destroy')
      return destroy(...values)
    },
    ...(touch && {
      touch(...values: Parameters<typeof touch>) {
        add(counts, 'touch')
        return touch(...values)
      },
    }),
    ...(compareAndSet && {
      async compareAndSet(...values: Parameters<typeof compareAndSet>) {
        add(counts, 'compareAndSet')
        const done = await compareAndSet(...values)
        if (!done) add(counts, 'another round')
        return done
      },
    }),
  }
}
