import type { KvNamespace } from '../../adapters/workers-kv.ts'
import type { Kv } from './running.ts'

/** A real namespace that fails as it is told to, first error first. */
export interface FaultyKv extends KvNamespace {
  calls: string[]
  faults: Partial<Record<'get' | 'put' | 'delete', unknown[]>>
}

export function createFaultyKv(real: Kv): FaultyKv {
  const run = <result>(name: 'get' | 'put' | 'delete', work: () => Promise<result>) => {
    kv.calls.push(name)
    const fault = kv.faults[name]?.shift()
    return fault ? Promise.reject(fault as Error) : work()
  }
  const kv: FaultyKv = {
    calls: [],
    faults: {},
    get: (keys, type) => run('get', () => real.get(keys, type)),
    put: (key, value, options) => run('put', () => real.put(key, value, options)),
    delete: (key) => run('delete', () => real.delete(key)),
  }
  return kv
}
