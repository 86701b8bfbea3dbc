import { afterEach, describe, expect, it, vi } from 'vitest'
import { freshIv } from '../../src/seal/iv.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('freshIv', () => {
  it('gives 12 bytes, never the same', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 100_000; i++) {
      const iv = freshIv()
      expect(iv.length).toBe(12)
      seen.add(iv.join())
    }
    expect(seen.size).toBe(100_000)
  })

  it('gives bytes that no later call changes', () => {
    const iv = freshIv()
    const before = iv.join()
    for (let i = 0; i < 1000; i++) freshIv()
    expect(iv.join()).toBe(before)
  })

  it.each([1001, -1001, 3_600_000])(
    'draws anew when the clock has moved by %d ms, so that no copy of a machine uses the same',
    (time) => {
      vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 })
      const draws = vi.spyOn(crypto, 'getRandomValues')
      freshIv()
      freshIv()
      const before = draws.mock.calls.length
      vi.setSystemTime(1_700_000_000_000 + time)
      freshIv()
      expect(draws.mock.calls.length).toBe(before + 1)
    },
  )
})
