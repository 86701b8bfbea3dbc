import { describe, expect, it, vi } from 'vitest'
import { judge, only } from '../../adapters/legacy/found.ts'
import type { Found } from '../../adapters/legacy/reader.ts'
import { NOON } from '../fixtures/clock.ts'

const found: Record<string, Found> = {
  good: { record: { user: 'fred' } },
  better: { key: 'key' },
  late: 'expired',
  wrong: 'tampered',
  none: null,
}
const settle = (...values: string[]): Promise<Found> => only(values, async (value) => found[value]!)

describe('one of several values', () => {
  it('is the one that is good, whatever else there is', async () => {
    expect(await settle('good')).toBe(found['good'])
    expect(await settle('late', 'wrong', 'better', 'none')).toBe(found['better'])
    expect(await settle('good', 'good')).toBe(found['good'])
  })

  it('is none where two are good, even beside one that is over', async () => {
    expect(await settle('good', 'better')).toBe('tampered')
    expect(await settle('good', 'late', 'better')).toBe('tampered')
  })

  it('is over where one is, and none is good', async () => {
    expect(await settle('late')).toBe('expired')
    expect(await settle('wrong', 'none', 'late')).toBe('expired')
  })

  it('is tampered with where none is either, and nothing where there is none', async () => {
    expect(await settle('wrong')).toBe('tampered')
    expect(await settle('none')).toBe('tampered')
    expect(await settle()).toBeNull()
  })

  it('is not looked at where it is longer than any cookie', async () => {
    const open = vi.fn<() => Promise<Found>>(async () => found['good']!)
    expect(await only(['x'.repeat(4097)], open)).toBe('tampered')
    expect(open).not.toHaveBeenCalled()
    expect(await only(['x'.repeat(4096)], open)).toBe(found['good'])
    expect(await only(['x'.repeat(9)], open, 8)).toBe('tampered')
    expect(await only(['x'.repeat(9)], open, 9)).toBe(found['good'])
  })
})

describe('data that are genuine', () => {
  it('are a record, without what begins with an underscore, until they end', () => {
    const data = { user: 'fred', _expire: 1 }
    expect(judge(data, NOON)).toEqual({ record: { user: 'fred' } })
    expect(judge(data, NOON, NOON + 1)).toEqual({ record: { user: 'fred', _expire: NOON + 1 } })
    expect(judge(data, NOON, NOON)).toBe('expired')
    expect(judge(data, NOON, Number.NaN)).toBe('expired')
    expect(judge(data, Number.NaN)).toBe('expired')
    expect(judge(null, NOON)).toBeNull()
    expect(judge(null, NOON, 1)).toBeNull()
  })
})
