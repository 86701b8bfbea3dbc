import { afterEach, describe, expect, it, vi } from 'vitest'
import { describeStore } from '../../adapters/testing.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { reportOn } from './report.ts'

afterEach(() => void vi.unstubAllGlobals())

const memory = () => ({ store: createMemoryStore() })

/** A store of three methods. */
function createMapStore() {
  const records = new Map<string, string>()
  return {
    get: (key: string) => (records.has(key) ? JSON.parse(records.get(key)!) : undefined),
    set: (key: string, record: object) => void records.set(key, JSON.stringify(record)),
    destroy: (key: string) => void records.delete(key),
  }
}

describe('describeStore() and its runner', () => {
  it('finds the functions of a runner that has made them global', () => {
    const told: string[] = []
    vi.stubGlobal('describe', (name: string, body: () => void) => (told.push(name), body()))
    vi.stubGlobal('it', (name: string) => told.push(name))
    describeStore('a store', memory)

    expect(told[0]).toBe('a store')
    expect(told).toContain('get, set and destroy')
    expect(told).toContain('finds nothing under a key that was never set')
  })

  it.each([{}, { describe: () => {} }, { it: () => {} }])(
    'says that there is none: %o',
    (given) => {
      expect(() => describeStore('a store', memory, given as never)).toThrow(
        'describeStore() needs a test runner: hand over its functions as { describe, it }.',
      )
    },
  )

  it('makes no store before a case runs, and one for each', async () => {
    const create = vi.fn<typeof memory>(memory)
    describeStore('a store', create, { describe: (_, body) => body(), it: () => {} })
    expect(create).not.toHaveBeenCalled()
    const { passed, skipped } = await reportOn(create)
    expect(create).toHaveBeenCalledTimes(passed.length + skipped.length)
  })

  it('lets each store go, whatever became of the case', async () => {
    let open = 0
    const { failed } = await reportOn(() => {
      open++
      const store = { ...createMemoryStore(), get: () => Promise.reject(new Error('no')) }
      return { store, dispose: async () => void open-- }
    })
    expect(failed.size).toBeGreaterThan(20)
    expect(open).toBe(0)
  })

  it('is called in the ways of vitest, node:test and mocha, and asks for no callback', async () => {
    const left = new Error('left')
    const leaving = (skip: () => void) => (): never => {
      skip()
      throw left
    }
    const unlessLeft = (error: unknown): void => {
      if (error !== left) throw error
    }
    const calls: Record<string, (body: any, skip: () => void) => Promise<void>> = {
      vitest: (body, skip) => body({ skip: leaving(skip) }).catch(unlessLeft),
      'node:test': (body, skip) => body({ skip }),
      mocha(body, skip) {
        expect(body).toHaveLength(0)
        return body.call({ skip: leaving(skip) }).catch(unlessLeft)
      },
      'one that cannot skip': (body) => body(),
    }
    for (const [name, call] of Object.entries(calls)) {
      const { passed, skipped, failed } = await reportOn(memory, {}, call)
      expect([...failed]).toEqual([])
      expect([name, skipped.length > 0]).toEqual([name, name !== 'one that cannot skip'])
      expect(passed.length).toBeGreaterThan(80)
    }
  })
})

describe('describeStore() and what a store has', () => {
  it('leaves out what a store of three methods does not have, and tries the weaker promise', async () => {
    const { passed, skipped, failed } = await reportOn(() => ({ store: createMapStore() }))
    const subjects = new Set(skipped.map((name) => name.slice(0, name.indexOf(':'))))

    expect([...failed]).toEqual([])
    expect([...subjects]).toEqual([
      'time',
      'compareAndSet',
      'compareAndSet and time',
      'touch',
      'touch and time',
      'a session in it',
      'requests that change one session at once',
      'a session that ends while requests are under way',
      "a user's sessions",
    ])
    expect(passed).toContain(
      'without compareAndSet, overlapping requests: leave the later of two changes, whatever becomes of the earlier',
    )
  })

  it('leaves the weaker promise out where there is compareAndSet', async () => {
    const { passed, skipped } = await reportOn(memory)

    expect(skipped.filter((name) => name.startsWith('without'))).toHaveLength(7)
    expect(passed.filter((name) => name.startsWith('without'))).toEqual([])
  })

  it('holds a store that keeps objects to all but copies', async () => {
    const create = () => {
      const live = new Map<string, unknown>()
      return {
        store: {
          get: (key: string) => live.get(key),
          set: (key: string, record: object) => void live.set(key, record),
          destroy: (key: string) => void live.delete(key),
        },
      }
    }
    const strict = await reportOn(create)
    const lenient = await reportOn(create, { keepsObjects: true })

    expect([...strict.failed.keys()]).toEqual([
      'copies: keeps what was set, whatever becomes of the record afterwards',
      'copies: keeps what was set, whatever becomes of what get() returned',
    ])
    expect([...lenient.failed]).toEqual([])
  })

  it('tries what has to do with time where time can be made to pass, as short as asked', async () => {
    const passed: number[] = []
    const report = await reportOn(
      () => {
        let time = Date.now()
        const advance = (ms: number): void => {
          passed.push(ms)
          time += ms
        }
        return { store: createMemoryStore({ now: () => time }), advance, now: () => time }
      },
      { life: 2000 },
    )

    expect([...report.failed]).toEqual([])
    expect(report.passed.filter((name) => name.startsWith('time:'))).toHaveLength(5)
    expect(Math.max(...passed)).toBe(2500)
  })
})
