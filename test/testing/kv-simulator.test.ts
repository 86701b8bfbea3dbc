import { describe, expect, it } from 'vitest'
import { createKvSimulator, type KvSimulatorOptions } from '../../adapters/testing.ts'
import { createKvStore } from '../../adapters/workers-kv.ts'
import { createSessionManager } from '../../src/index.ts'
import { createClock, MINUTE, SECOND } from '../fixtures/clock.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'
import { reportOn } from './report.ts'

function setUp(options: KvSimulatorOptions = {}) {
  const clock = createClock()
  const kv = createKvSimulator({ now: clock.now, ...options })
  const [oslo, lima] = [kv.at('OSL'), kv.at('LIM')]
  return { clock, kv, oslo, lima }
}

const minute = { expirationTtl: 60 }

describe('createKvSimulator()', () => {
  it('keeps, finds and forgets values', async () => {
    const { clock, kv, oslo } = setUp()
    expect(await oslo.get('key')).toBe(null)
    await oslo.put('key', '{"n":1}', minute)
    expect(await oslo.get('key', 'text')).toBe('{"n":1}')
    expect(await oslo.get('key', { type: 'json' })).toEqual({ n: 1 })
    expect(kv.peek('key')).toBe('{"n":1}')
    clock.pass(SECOND)
    await oslo.delete('key')
    expect(await oslo.get('key')).toBe(null)
    expect(kv.peek('key')).toBe(null)
  })

  it('shows a location its own writes at once', async () => {
    const { clock, oslo } = setUp({ lag: MINUTE })
    for (const value of ['1', '2', '3']) {
      await oslo.put('key', value, minute)
      expect(await oslo.get('key')).toBe(value)
      clock.pass(SECOND)
    }
  })

  it('goes on elsewhere with what was read, for a minute', async () => {
    const { clock, kv, oslo, lima } = setUp()
    await oslo.put('key', '1', { expirationTtl: 3600 })
    expect(await lima.get('key')).toBe('1')
    clock.pass(SECOND)
    await oslo.put('key', '2', { expirationTtl: 3600 })
    clock.pass(58_999)
    expect(await lima.get('key')).toBe('1')
    clock.pass(1)
    expect(await lima.get('key')).toBe('2')
    expect(kv.statistics).toMatchObject({ gets: 3, cached: 1, central: 2, stale: 1 })
  })

  it('goes on elsewhere with a miss, for a minute', async () => {
    const { clock, oslo, lima } = setUp()
    expect(await lima.get('key')).toBe(null)
    await oslo.put('key', '1', { expirationTtl: 3600 })
    clock.pass(MINUTE - 1)
    expect(await lima.get('key')).toBe(null)
    clock.pass(1)
    expect(await lima.get('key')).toBe('1')
  })

  it('goes on elsewhere with what was destroyed, for a minute', async () => {
    const { clock, oslo, lima } = setUp()
    await oslo.put('key', '1', { expirationTtl: 3600 })
    await lima.get('key')
    clock.pass(SECOND)
    await oslo.delete('key')
    expect([await oslo.get('key'), await lima.get('key')]).toEqual([null, '1'])
    clock.pass(MINUTE)
    expect(await lima.get('key')).toBe(null)
  })

  it('takes as long as it is told to show a write elsewhere', async () => {
    const { clock, oslo, lima } = setUp({ lag: 5 * SECOND })
    await oslo.put('key', '1', { expirationTtl: 3600 })
    clock.pass(5 * SECOND - 1)
    // Read at last, but too soon: this location goes on with the miss.
    expect(await lima.get('key')).toBe(null)
    clock.pass(1)
    expect(await lima.get('key')).toBe(null)
    clock.pass(MINUTE)
    expect(await lima.get('key')).toBe('1')
  })

  it('may be told another time to go on, for all reads or for one', async () => {
    const { clock, oslo, lima } = setUp({ cacheTtl: 300 })
    await lima.get('key')
    await oslo.put('key', '1', { expirationTtl: 3600 })
    clock.pass(MINUTE)
    expect(await lima.get('key')).toBe(null)
    expect(await lima.get('key', { cacheTtl: 30 })).toBe('1')
    await expect(lima.get('key', { cacheTtl: 29 })).rejects.toThrow(
      'KV GET failed: 400 Invalid cache_ttl of 29. Cache TTL must be at least 30.',
    )
  })

  it('takes one write a second to a key, from all locations together', async () => {
    const { clock, kv, oslo, lima } = setUp()
    await oslo.put('key', '1', minute)
    clock.pass(999)
    await expect(lima.put('key', '2', minute)).rejects.toThrow(
      'KV PUT failed: 429 Too Many Requests',
    )
    await expect(oslo.delete('key')).rejects.toThrow('KV DELETE failed: 429 Too Many Requests')
    await lima.put('another', '1', minute)
    clock.pass(1)
    await lima.put('key', '2', minute)
    expect(kv.peek('key')).toBe('2')
    expect(kv.statistics).toMatchObject({ puts: 4, deletes: 1, refused: 2 })
  })

  it('may be told to take more', async () => {
    const { oslo } = setUp({ writeInterval: 0 })
    for (const value of ['1', '2', '3']) await oslo.put('key', value, minute)
    expect(await oslo.get('key')).toBe('3')
  })

  it('lets go of a value in time, whatever a location has read', async () => {
    const { clock, oslo, lima } = setUp()
    await oslo.put('a', '1', minute)
    await oslo.put('b', '1', { expiration: Math.floor(clock.now() / 1000) + 90 })
    await oslo.put('c', '1')
    clock.pass(MINUTE - 1)
    expect(await lima.get(['a', 'b', 'c'])).toEqual(
      new Map([
        ['a', '1'],
        ['b', '1'],
        ['c', '1'],
      ]),
    )
    clock.pass(1)
    expect(await lima.get('a')).toBe(null)
    clock.pass(30 * SECOND)
    expect(await lima.get('b')).toBe(null)
    clock.pass(400 * 24 * 60 * MINUTE)
    expect(await lima.get('c')).toBe('1')
  })

  it.each([
    [{ expirationTtl: 59 }, 'Invalid expiration_ttl of 59. Expiration TTL must be at least 60.'],
    [{ expirationTtl: 0 }, 'Please specify integer greater than 0'],
    [{ expirationTtl: -1 }, 'Please specify integer greater than 0'],
    [{ expirationTtl: NaN }, 'Please specify integer greater than 0'],
    [{ expirationTtl: Infinity }, 'Please specify integer greater than 0'],
    [{ expiration: 1 }, 'Expiration times must be at least 60 seconds in the future.'],
  ])('refuses a time that KV refuses: %o', async (options, why) => {
    const { kv, oslo } = setUp()
    await expect(oslo.put('key', '1', options)).rejects.toThrow(`KV PUT failed: 400 `)
    await expect(oslo.put('key', '1', options)).rejects.toThrow(why)
    expect(kv.statistics).toMatchObject({ puts: 0, refused: 0 })
  })

  it('takes a time with a fraction', async () => {
    const { clock, oslo } = setUp()
    await oslo.put('key', '1', { expirationTtl: 60.9 })
    clock.pass(MINUTE)
    expect(await oslo.get('key')).toBe(null)
  })

  it.each([
    ['', 'Key name cannot be empty.'],
    ['.', '"." is not allowed as a key name.'],
    ['..', '".." is not allowed as a key name.'],
    ['x'.repeat(513), '414 UTF-8 encoded length of 513 exceeds key length limit of 512.'],
    ['字'.repeat(171), '414 UTF-8 encoded length of 513 exceeds key length limit of 512.'],
  ])('refuses a key that KV refuses: %#', async (key, why) => {
    const { oslo } = setUp()
    for (const act of [() => oslo.get(key), () => oslo.put(key, '1'), () => oslo.delete(key)]) {
      await expect(act()).rejects.toThrow(why)
    }
    await oslo.put('字'.repeat(170), '1')
  })

  it('takes text, and what it makes of numbers and nothing', async () => {
    const { oslo } = setUp({ writeInterval: 0 })
    for (const [value, text] of [
      [5, '5'],
      [null, 'null'],
      [undefined, 'undefined'],
    ]) {
      await oslo.put('key', value as never)
      expect(await oslo.get('key')).toBe(text)
    }
    await expect(oslo.put('key', {} as never)).rejects.toThrow(TypeError)
  })

  it('reads up to a hundred keys in one operation', async () => {
    const { kv, oslo } = setUp()
    await oslo.put('a', '{}')
    const keys = Array.from({ length: 100 }, (_, index) => `k${index}`)
    expect(await oslo.get(['a', 'b'], 'json')).toEqual(
      new Map<string, unknown>([
        ['a', {}],
        ['b', null],
      ]),
    )
    expect((await oslo.get(keys)).size).toBe(100)
    expect(kv.statistics).toMatchObject({ gets: 2, cached: 1, central: 101 })
    await expect(oslo.get([...keys, 'one more'])).rejects.toThrow(
      'KV GET_BULK failed: 400 You can request a maximum of 100 keys',
    )
  })

  it('lists what there is, sorted', async () => {
    const { clock, oslo } = setUp()
    const end = Math.floor(clock.now() / 1000) + 60
    await oslo.put('b', '1', minute)
    await oslo.put('a', '1')
    await oslo.put('c:1', '1')
    await oslo.delete('gone')
    expect(await oslo.list()).toEqual({
      keys: [{ name: 'a' }, { name: 'b', expiration: end }, { name: 'c:1' }],
      list_complete: true,
    })
    expect((await oslo.list({ prefix: 'c:' })).keys).toEqual([{ name: 'c:1' }])
    expect(await oslo.list({ limit: 1 })).toMatchObject({
      keys: [{ name: 'a' }],
      list_complete: false,
    })
  })

  it('keeps time by the real clock if it is given none', async () => {
    const kv = createKvSimulator()
    await kv.at('OSL').put('key', '1', minute)
    expect(kv.peek('key')).toBe('1')
  })
})

describe('the store for Workers KV on it', () => {
  it('keeps the whole contract in one location that takes writes as they come', async () => {
    const { passed, failed } = await reportOn(() => {
      const { clock, oslo } = setUp({ writeInterval: 0 })
      return { store: createKvStore(oslo), advance: clock.pass, now: clock.now }
    })

    expect([...failed]).toEqual([])
    expect(passed.length).toBeGreaterThan(50)
  })

  it.each([0, 5, 60])(
    'refuses everywhere what was ended in one place, a while after a lag of %d s, for good',
    async (lag) => {
      const { clock, oslo, lima } = setUp({ lag: lag * SECOND })
      const [here, there] = [oslo, lima].map((kv) =>
        createSessionManager({ secrets: SECRET, store: createKvStore(kv), now: clock.now }),
      )
      const visitor = createVisitor(here!)
      await visitor.visit((session) => (session.user = 'fred'))
      const copy = visitor.jar.header
      expect((await there!.load(copy)).user).toBe('fred')
      clock.pass(2 * SECOND)
      await visitor.visit((session) => session.destroy())
      expect((await here!.load(copy)).user).toBeUndefined()

      const served: number[] = []
      for (let seconds = 5; seconds <= 600; seconds += 5) {
        clock.pass(5 * SECOND)
        if ((await there!.load(copy)).user) served.push(seconds)
      }
      expect(served.length).toBeGreaterThan(0)
      expect(Math.max(...served)).toBeLessThanOrEqual(lag + 90)
    },
  )
})
