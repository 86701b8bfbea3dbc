import { describe, expect, it } from 'vitest'
import { alarmOf, isAlarming, isMet, sealAims, type Aim } from '../../bench/aims.ts'
import { quartiles, ratioOf, type Times } from '../../bench/measure.ts'
import { HONO, IRON, KIT_NODE, KIT_WEB, RAW, sizes } from '../../bench/names.ts'

const most = (measured: number): Aim => ({ what: 'a ratio', measured, limit: 1.2 })
const least = (measured: number): Aim => ({ what: 'a ratio', measured, limit: 8, isLeast: true })

describe('an aim', () => {
  it('is met at its limit', () => {
    expect([1.2, 1.21].map((measured) => isMet(most(measured)))).toEqual([true, false])
    expect([8, 7.99].map((measured) => isMet(least(measured)))).toEqual([true, false])
  })

  it.each([
    [most, undefined, 1.5],
    [most, 1.6, 2],
    [most, 1, 1.5],
    [least, undefined, 6.4],
    [least, 4, 3.2],
    [least, 10, 6.4],
  ])('alarms a quarter beyond its limit, or beyond what was recorded', (aim, recorded, alarm) => {
    expect(alarmOf(aim(0), recorded)).toBeCloseTo(alarm, 9)
    const worse = aim === most ? 0.001 : -0.001
    expect(isAlarming(aim(alarm + worse), recorded)).toBe(true)
    expect(isAlarming(aim(alarm - worse), recorded)).toBe(false)
  })

  it('leaves room for noise where it has any', () => {
    const aim = { ...most(4), noise: 3 }
    expect(isAlarming(aim)).toBe(false)
    expect(isAlarming({ ...aim, measured: 4.6 })).toBe(true)
  })

  it('alarms where nothing was measured', () => {
    expect(isAlarming(most(NaN))).toBe(true)
    expect(isAlarming(least(NaN))).toBe(true)
  })
})

describe('a ratio', () => {
  it('is of what ran in one round, so that a slow one of both changes nothing', () => {
    const one = quartiles([2, 20, 4])
    const other = quartiles([1, 10, 2])
    expect(ratioOf(one, other)).toBe(2)
    expect(one).toMatchObject({ low: 2, median: 4, high: 4 })
  })

  it('is judged for each size of data, by what the runtime has', () => {
    const times: Record<string, Times> = {
      [RAW]: quartiles([10]),
      [KIT_WEB]: quartiles([11]),
      [KIT_NODE]: quartiles([5]),
      [HONO]: quartiles([30]),
      [IRON]: quartiles([90]),
    }
    const columns = sizes.map(() => new Map(Object.entries(times)))
    const onNode = sealAims(columns, 'Node 24')
    expect(onNode.map(({ measured }) => measured).slice(0, 4)).toEqual([1.1, 0.5, 6, 18])
    expect(onNode.slice(0, 4).map(isMet)).toEqual([true, false, false, true])
    expect(sealAims(columns, 'workerd').map(isMet).slice(0, 3)).toEqual([true, false, true])
    expect(onNode).toHaveLength(4 * sizes.length)
  })
})
