import { describe, expect, it } from 'vitest'
import type { Store } from '../../src/index.ts'
import { brokenBasics } from './broken-basics.ts'
import { brokenExact } from './broken-exact.ts'
import { SoundStore, type Ticking } from './broken-stores.ts'
import { reportOn, type Report } from './report.ts'

function report(make: (clock: Ticking) => Store<any>): Promise<Report> {
  return reportOn(() => {
    const clock = { time: Date.now() }
    const advance = (ms: number): void => void (clock.time += ms)
    return { store: make(clock), advance, now: () => clock.time }
  })
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
  it.each([...brokenBasics, ...brokenExact])('$fault is told so', async ({ make, told }) => {
    const { failed } = await report(make)

    expect([...failed.keys()]).toEqual(expect.arrayContaining(told))
    for (const message of failed.values()) expect(message).toMatch(/\S+ \S+/)
  })

  it('is each of its own kind: there are as many sentences for them as can be', async () => {
    const told = new Set([...brokenBasics, ...brokenExact].flatMap(({ told }) => told))
    const { passed } = await report((clock) => new SoundStore(clock))

    expect(passed).toEqual(expect.arrayContaining([...told]))
    expect(told.size).toBeGreaterThan(50)
  })
})
