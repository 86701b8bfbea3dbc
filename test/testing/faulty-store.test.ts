import { afterEach, describe, expect, it, vi } from 'vitest'
import { createFaultyStore, type Fault, type FaultPlan } from '../../adapters/testing.ts'
import type { Store } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { reportOn } from './report.ts'

afterEach(() => void vi.useRealTimers())

const write = { rolling: false, changed: true, ctx: undefined }
const read = { rolling: false, ctx: undefined }

/** A faulty store with one record in it, and the store behind it. */
async function setUp(plan: Record<string, FaultPlan> = {}) {
  const sound = createMemoryStore()
  const faulty = createFaultyStore(sound)
  await faulty.set('key', { n: 1 }, 60_000, write)
  faulty.plan = plan
  const get = async (store: Store = faulty): Promise<unknown> => store.get('key', 60_000, read)
  const set = async (n = 2): Promise<unknown> => faulty.set('key', { n }, 60_000, write)
  const swap = async (previous: object | null = { n: 1 }): Promise<unknown> =>
    faulty.compareAndSet!('key', { n: 2 }, 60_000, previous as never, write)
  return { sound, faulty, get, set, swap }
}

describe('createFaultyStore()', () => {
  it('without a plan is as good as the store itself', async () => {
    const { failed, passed } = await reportOn(() => {
      let time = Date.now()
      const store = createFaultyStore(createMemoryStore({ now: () => time }))
      return { store, advance: (ms) => void (time += ms), now: () => time }
    })

    expect([...failed]).toEqual([])
    expect(passed.length).toBeGreaterThan(95)
  })

  it('has what the store has, and no more', () => {
    expect(createFaultyStore(createMemoryStore())).toMatchObject({
      consistency: 'strong',
      hashedKeys: true,
      compareAndSet: expect.any(Function),
      touch: expect.any(Function),
    })
    const plain = createFaultyStore({ get() {}, set() {}, destroy() {} })
    for (const name of ['consistency', 'hashedKeys', 'compareAndSet', 'touch']) {
      expect(name in plain).toBe(false)
    }
  })

  it('calls the store as its own, with its private fields', async () => {
    class ClassStore implements Store {
      readonly #records = new Map<string, unknown>()
      get = undefined as never
      set(key: string, record: unknown): void {
        this.#records.set(key, record)
      }
      destroy(key: string): void {
        this.#records.delete(key)
      }
      has(key: string): boolean {
        return this.#records.has(key)
      }
    }
    const store = new ClassStore()
    await createFaultyStore(store).set('key', {}, 1, write)

    expect(store.has('key')).toBe(true)
  })

  it('throws before there is a promise', async () => {
    const { faulty } = await setUp({ get: { kind: 'throw', error: new RangeError('now') } })

    expect(() => faulty.get('key', 1, read)).toThrow(new RangeError('now'))
  })

  it('rejects, with whatever it is given or an error of its own', async () => {
    const { faulty, get } = await setUp()
    for (const [fault, reason] of [
      [{ kind: 'reject', error: 'text' }, 'text'],
      [{ kind: 'reject', error: null }, null],
      [{ kind: 'reject' }, new Error('The store fails, as it was told to.')],
    ] as [Fault, unknown][]) {
      faulty.plan = { get: fault }
      await expect(get()).rejects.toEqual(reason)
    }
  })

  it.each(['hang', 'silent'] as const)('does not answer: %s', async (kind) => {
    vi.useFakeTimers()
    const { sound, set, get } = await setUp({ set: { kind } })
    const answered = vi.fn<() => void>()
    void set().then(answered, answered)
    await vi.advanceTimersByTimeAsync(1e9)

    expect(answered).not.toHaveBeenCalled()
    vi.setSystemTime(Date.now() - 1e9)
    expect(await get(sound)).toEqual({ n: kind === 'silent' ? 2 : 1 })
  })

  it('answers late', async () => {
    vi.useFakeTimers()
    const { swap, sound, get } = await setUp({ compareAndSet: { kind: 'late', ms: 300 } })
    const answered = vi.fn<(answer: unknown) => void>()
    void swap().then(answered)
    await vi.advanceTimersByTimeAsync(299)
    expect(answered).not.toHaveBeenCalled()
    expect(await get(sound)).toEqual({ n: 2 })
    await vi.advanceTimersByTimeAsync(1)
    expect(answered.mock.calls).toEqual([[true]])
  })

  it('answers what it is told, and does nothing', async () => {
    const { swap, get, sound } = await setUp({
      get: { kind: 'answer', value: 'junk' },
      compareAndSet: { kind: 'answer', value: true },
    })

    expect(await swap(null)).toBe(true)
    expect(await get()).toBe('junk')
    expect(await get(sound)).toEqual({ n: 1 })
  })

  it('does it and fails all the same', async () => {
    const { set, get } = await setUp({ set: { kind: 'lost', error: new Error('reset') } })

    await expect(set()).rejects.toThrow('reset')
    expect(await get()).toEqual({ n: 2 })
  })

  it('does it twice, and answers as the second time came out', async () => {
    const { swap, get } = await setUp({ compareAndSet: { kind: 'twice' } })

    expect(await swap()).toBe(false)
    expect(await get()).toEqual({ n: 2 })
  })

  it('takes another key', async () => {
    const { sound, get } = await setUp({ get: { kind: 'elsewhere', key: 'other' } })
    expect(await get()).toBe(null)
    await sound.set('other', { n: 9 }, 60_000, write)
    expect(await get()).toEqual({ n: 9 })
  })

  it('answers with what a record was before', async () => {
    const { faulty, get, set, swap } = await setUp({ get: { kind: 'stale' } })
    expect(await get()).toBe(null)
    await set(2)
    expect(await get()).toEqual({ n: 1 })
    expect(await swap()).toBe(false)
    expect(await get()).toEqual({ n: 1 })
    await faulty.touch!('key', 60_000, { expire: 5, ctx: undefined })
    await set(3)
    expect(await get()).toMatchObject({ n: 2 })
    await faulty.destroy('key', { ctx: undefined })
    expect(await get()).toEqual({ n: 3 })
  })

  it('goes by a list, call by call, and then works', async () => {
    const { get } = await setUp({ get: [null, { kind: 'answer', value: 'second' }] })

    expect([await get(), await get(), await get()]).toEqual([{ n: 1 }, 'second', { n: 1 }])
  })

  it('goes by a function of the call, and comes and goes', async () => {
    const plan = vi.fn<(call: { nth: number }) => Fault | null>(({ nth }) =>
      nth % 2 ? { kind: 'reject' } : null,
    )
    const { set } = await setUp({ set: plan })
    const outcomes = []
    for (const n of [1, 2, 3]) outcomes.push((await Promise.allSettled([set(n)]))[0]!.status)

    expect(outcomes).toEqual(['rejected', 'fulfilled', 'rejected'])
    expect(plan.mock.calls[2]![0]).toEqual({
      method: 'set',
      nth: 3,
      key: 'key',
      record: { n: 3 },
    })
  })

  it('counts anew with a new plan, and tells its calls', async () => {
    const { faulty, get } = await setUp({ get: [{ kind: 'reject' }] })
    await get().catch(() => {})
    await get()
    expect(faulty.calls).toEqual([
      { method: 'get', nth: 1, key: 'key', record: undefined, fault: 'reject' },
      { method: 'get', nth: 2, key: 'key', record: undefined, fault: undefined },
    ])
    faulty.plan = { get: [{ kind: 'reject' }] }
    expect(faulty.calls).toEqual([])
    await expect(get()).rejects.toThrow('as it was told')
  })
})
