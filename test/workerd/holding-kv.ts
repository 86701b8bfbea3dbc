import type { KvNamespace } from '../../adapters/workers-kv.ts'
import type { Kv } from './running.ts'

/** A real namespace that can be made to answer as a location does that has not heard of a write. */
export interface HoldingKv extends KvNamespace {
  /** From now on reads find what is there now. Writes go on. */
  hold(): Promise<void>
  release(): void
}

export function createHoldingKv(real: Kv): HoldingKv {
  let held: Map<string, string | null> | undefined
  return {
    async hold() {
      const names = (await real.list()).keys.map(({ name }) => name)
      held = new Map(names.length ? await real.get(names, 'text') : [])
    },
    release: () => void (held = undefined),
    async get(keys, type) {
      const answers = held
      if (!answers) return real.get(keys, type)
      return new Map(keys.map((key) => [key, answers.get(key) ?? null]))
    },
    put: (key, value, options) => real.put(key, value, options),
    delete: (key) => real.delete(key),
  }
}
