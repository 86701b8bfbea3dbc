import { afterAll, describe, expect, it } from 'vitest'
import { countCalls, requests } from '../bench/stores/calls.ts'
import { runLoad } from '../bench/stores/load.ts'
import { openMeters } from '../bench/stores/meters.ts'
import { openDurableObjects, openRedis, type Place } from '../bench/stores/places.ts'
import { costOf, prices } from '../bench/stores/prices.ts'

describe.each([
  ['Redis', openRedis],
  ['a Durable Object', openDurableObjects],
] satisfies [string, () => Promise<Place>][])('64 clients at once, in %s', (_, open) => {
  let place: Place
  afterAll(() => place.stop())

  it('meet no error, and lose no increment of 200 counters', async () => {
    place = await open()
    const outcome = await runLoad(place, { sessions: 200, clients: 64, seconds: 3 })

    expect(outcome.sentences).toEqual([])
    expect(outcome).toMatchObject({ errors: 0, lost: 0 })
    expect(outcome.increments).toBeGreaterThanOrEqual(400)
    expect(outcome.times.get('check')).toHaveLength(200)
    // Requests did overlap.
    expect(outcome.operations['another round']).toBeGreaterThan(0)
  })
})

describe('a load', () => {
  it('tells of increments that a store loses', async () => {
    const values = new Map<string, number>()
    let ids = 0
    /** Two that raise at once read the same number. */
    const careless: Place = {
      name: 'careless',
      async visit(act, cookie) {
        const isNew = !values.has(cookie)
        const key = isNew || act === 'login' ? `id=${++ids}` : cookie
        const n = values.get(cookie) ?? 0
        if (key !== cookie || act === 'logout') values.delete(cookie)
        await new Promise((resolve) => setImmediate(resolve))
        if (act === 'logout') return { isNew, n, cookie: '' }
        if (act !== 'read') values.set(key, act === 'raise' ? n + 1 : n)
        return { isNew, n, cookie: act === 'begin' || act === 'login' ? key : undefined }
      },
      takeCounts: async () => ({}),
      stop: async () => {},
    }
    const { lost, increments } = await runLoad(careless, { sessions: 50, clients: 8, seconds: 0 })

    expect({ lost, increments }).toEqual({ lost: 50, increments: 100 })
  })
})

describe('the calls of a request', () => {
  it('are none where the session is not touched, and one or two otherwise', async () => {
    const { meters, stop } = await openMeters()
    try {
      for (const meter of meters) {
        const calls = await countCalls(meter)
        expect(Object.keys(calls)).toEqual([...requests])
        expect(calls.untouched).toEqual({})
        if (meter.name === 'Redis') {
          expect(calls).toMatchObject({
            begin: { EVALSHA: 1 },
            read: { GET: 1 },
            write: { GET: 1, EVALSHA: 1 },
            touch: { GET: 1, EVALSHA: 1 },
            login: { GET: 1, EVALSHA: 2 },
            logout: { DEL: 1 },
          })
        }
        const price = prices[meter.name]
        if (price) expect(costOf(calls.write, price.units)).toBeGreaterThan(1)
      }
    } finally {
      await stop()
    }
  })
})
