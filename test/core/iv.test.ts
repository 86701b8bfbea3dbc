import { afterEach, describe, expect, it, vi } from 'vitest'
import { engine as nodeEngine } from '../../src/seal/engine-node.ts'
import { engine as webEngine } from '../../src/seal/engine-web.ts'
import { toBase64url } from '../../src/seal/base64url.ts'
import { freshIv } from '../../src/seal/iv.ts'
import { patience, report, runsOf } from '../fixtures/properties.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('freshIv', () => {
  it(
    'gives 12 bytes, never the same',
    async () => {
      const count = runsOf('random IVs')
      const seen = new Set<string>()
      let odd = 0
      for (let i = 0; i < count; i++) {
        const { bytes } = freshIv()
        if (bytes.length !== 12) odd++
        seen.add(String.fromCharCode(...bytes))
      }
      await report('random IVs', count, () => expect([odd, seen.size]).toEqual([0, count]))
    },
    patience,
  )

  it.each([
    ['node', nodeEngine],
    ['web', webEngine],
  ])(
    'is not made up where there is nothing random: nothing is sealed by the engine %s',
    async (_, engine) => {
      const key = await engine.deriveKey(
        await engine.secret(new Uint8Array(32)),
        'salt',
        new Uint8Array(),
      )
      vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
      vi.spyOn(crypto, 'getRandomValues').mockImplementation(() => {
        throw new Error('no entropy')
      })
      await expect(async () => engine.seal(key, new Uint8Array(), 'text')).rejects.toThrow(
        'no entropy',
      )
    },
  )

  it('gives bytes that no later call changes', () => {
    const { bytes } = freshIv()
    const before = bytes.join()
    for (let i = 0; i < 1000; i++) freshIv()
    expect(bytes.join()).toBe(before)
  })

  it('gives the same bytes as text', () => {
    const ivs = Array.from({ length: 200 }, freshIv)
    expect(ivs.map(({ text }) => text)).toEqual(ivs.map(({ bytes }) => toBase64url(bytes)))
  })

  it.each([0, 1000, -1000])('draws once for 64 of them, %d ms apart', (time) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 })
    const draws = vi.spyOn(crypto, 'getRandomValues')
    while (draws.mock.calls.length === 0) freshIv()
    vi.setSystemTime(1_700_000_000_000 + time)
    for (let left = 63; left > 0; left--) freshIv()
    expect(draws).toHaveBeenCalledTimes(1)
    freshIv()
    expect(draws).toHaveBeenCalledTimes(2)
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
