import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Store } from '../../src/index.ts'
import { brokenBasics } from './broken-basics.ts'
import { brokenData } from './broken-data.ts'
import { brokenExact } from './broken-exact.ts'
import { SoundStore, type Ticking } from './broken-stores.ts'
import { brokenTouch } from './broken-touch.ts'
import { reportOn, type Report } from './report.ts'

// A store that is told wrong things makes requests try again and again, after a while each time.
beforeAll(() => void vi.spyOn(Math, 'random').mockReturnValue(0))
afterAll(() => void vi.restoreAllMocks())

const brokenStores = [...brokenBasics, ...brokenData, ...brokenExact, ...brokenTouch]

function report(make: (clock: Ticking) => Store<any>, only?: readonly string[]): Promise<Report> {
  const create = () => {
    const clock = { time: Date.now() }
    const advance = (ms: number): void => void (clock.time += ms)
    return { store: make(clock), advance, now: () => clock.time }
  }
  return reportOn(create, {}, undefined, only)
}

describe('a store that does everything right', () => {
  it('passes every case that is about it', async () => {
    const { passed, skipped, failed } = await report((clock) => new SoundStore(clock))

    expect([...failed]).toEqual([])
    expect(passed.length).toBeGreaterThan(95)
    expect(skipped.every((name) => name.startsWith('without compareAndSet'))).toBe(true)
  })
})

describe('a store that', () => {
  it.each(brokenStores)('$fault is told so', async ({ make, told }) => {
    const { failed } = await report(make, told)

    expect([...failed.keys()].toSorted()).toEqual(told.toSorted())
    for (const message of failed.values()) expect(message).toMatch(/\S+ \S+/)
  })

  it('is each of its own kind: there are as many sentences for them as can be', async () => {
    const told = new Set(brokenStores.flatMap(({ told }) => told))
    const { passed } = await report((clock) => new SoundStore(clock))

    expect(passed).toEqual(expect.arrayContaining([...told]))
    expect(told.size).toBeGreaterThan(50)
  })
})
