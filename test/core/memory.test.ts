import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock, DAY, HOUR } from '../fixtures/clock.ts'

const options = { rolling: false, changed: true, ctx: undefined }

describe('createMemoryStore', () => {
  it('keeps a record until it is destroyed', () => {
    const store = createMemoryStore()
    expect(store.get('a', DAY, options)).toBeNull()
    store.set('a', { user: 'fred', _expire: 1 }, DAY, options)
    expect(store.get('a', DAY, options)).toEqual({ user: 'fred', _expire: 1 })
    expect(store.get('b', DAY, options)).toBeNull()
    store.set('a', { user: 'flo' }, DAY, options)
    expect(store.get('a', DAY, options)).toEqual({ user: 'flo' })
    store.destroy('a', options)
    store.destroy('a', options)
    expect(store.get('a', DAY, options)).toBeNull()
  })

  it.each(['__proto__', 'constructor', 'toString', '', 'a'.repeat(10_000), 'é\0🍪'])(
    'takes any text for a key: %j',
    (key) => {
      const store = createMemoryStore()
      expect(store.get(key, DAY, options)).toBeNull()
      store.set(key, { n: 1 }, DAY, options)
      expect(store.get(key, DAY, options)).toEqual({ n: 1 })
    },
  )

  it('hands out copies and keeps copies', () => {
    const store = createMemoryStore()
    const record = { list: [1] }
    store.set('a', record, DAY, options)
    record.list.push(2)
    const read = store.get('a', DAY, options) as typeof record
    expect(read).toEqual({ list: [1] })
    read.list.push(3)
    expect(store.get('a', DAY, options)).toEqual({ list: [1] })
  })

  it('drops a record at the end of its time, to the millisecond', () => {
    const clock = createClock()
    const store = createMemoryStore({ now: clock.now })
    store.set('a', { n: 1 }, HOUR, options)
    clock.pass(HOUR - 1)
    expect(store.get('a', DAY, options)).toEqual({ n: 1 })
    clock.pass(1)
    expect(store.get('a', DAY, options)).toBeNull()
    clock.pass(-HOUR)
    expect(store.get('a', DAY, options)).toBeNull()
  })

  it('keeps one for a day where no time is given', () => {
    const clock = createClock()
    const store = createMemoryStore({ now: clock.now })
    for (const [key, maxAge] of [
      ['a', 'session'],
      ['b', undefined],
    ] as const) {
      store.set(key, { n: 1 }, maxAge, options)
    }
    clock.pass(DAY - 1)
    expect([store.get('a', DAY, options), store.get('b', DAY, options)]).toEqual([
      { n: 1 },
      { n: 1 },
    ])
    clock.pass(1)
    expect([store.get('a', DAY, options), store.get('b', DAY, options)]).toEqual([null, null])
  })

  it('forgets the one unused for longest when it is full', () => {
    const store = createMemoryStore({ maxEntries: 3 })
    for (const key of ['a', 'b', 'c']) store.set(key, { key }, DAY, options)
    store.get('a', DAY, options)
    store.set('b', { key: 'b2' }, DAY, options)
    store.set('d', { key: 'd' }, DAY, options)
    const kept = ['a', 'b', 'c', 'd'].filter((key) => store.get(key, DAY, options))
    expect(kept).toEqual(['a', 'b', 'd'])
  })

  it('holds 10,000 records by default, and never more', () => {
    const store = createMemoryStore()
    for (let n = 0; n < 10_500; n++) store.set(`${n}`, { n }, DAY, options)
    expect(store.get('499', DAY, options)).toBeNull()
    expect(store.get('500', DAY, options)).toEqual({ n: 500 })
    expect(store.get('10499', DAY, options)).toEqual({ n: 10_499 })
  })

  it('opens to nobody under a clock that tells nothing', () => {
    const clock = createClock()
    const store = createMemoryStore({ now: clock.now })
    store.set('a', { n: 1 }, HOUR, options)
    clock.set(NaN)
    expect(store.get('a', DAY, options)).toBeNull()
  })

  it('sets a record in the place of the one that is expected, and of no other', () => {
    const clock = createClock()
    const store = createMemoryStore({ now: clock.now })
    const put = (record: object, previous: object | null): unknown =>
      store.compareAndSet!('a', record as {}, HOUR, previous as {}, options)
    expect(put({ n: 1 }, { n: 0 })).toBe(false)
    expect(store.get('a', DAY, options)).toBeNull()
    expect(put({ n: 1 }, null)).toBe(true)
    expect(put({ n: 2 }, null)).toBe(false)
    expect(put({ n: 2 }, { n: 0 })).toBe(false)
    expect(put({ n: 2 }, { n: 1 })).toBe(true)
    expect(store.get('a', DAY, options)).toEqual({ n: 2 })
    clock.pass(HOUR)
    expect(put({ n: 3 }, { n: 2 })).toBe(false)
    expect(put({ n: 3 }, null)).toBe(true)
  })

  it('touches a record that is there, and none that is not', () => {
    const clock = createClock()
    const store = createMemoryStore({ now: clock.now })
    const touch = (expire: number): unknown => store.touch!('a', HOUR, { expire, ctx: undefined })
    expect(touch(1)).toBe(false)
    const end = clock.now() + DAY
    store.set('a', { n: 1, _expire: end, _maxAge: HOUR }, HOUR, options)
    clock.pass(HOUR - 1)
    expect(touch(end + 1)).toBe(true)
    clock.pass(HOUR - 1)
    expect(store.get('a', DAY, options)).toEqual({ n: 1, _expire: end + 1, _maxAge: HOUR })
    clock.pass(1)
    expect(touch(end + 2)).toBe(false)
    expect(store.get('a', DAY, options)).toBeNull()
  })

  it('does not touch a record that is over, though it is there', () => {
    const clock = createClock()
    const store = createMemoryStore({ now: clock.now })
    const touch = (): unknown => store.touch!('a', HOUR, { expire: clock.now() + HOUR, ctx: 0 })
    store.set('a', { _expire: clock.now(), _maxAge: 1000 }, HOUR, options)
    expect(touch()).toBe(true)
    clock.pass(HOUR - 1)
    store.set('a', { _expire: 1, _maxAge: 1000 }, HOUR, options)
    expect(touch()).toBe(false)
    expect(store.get('a', DAY, options)).toEqual({ _expire: 1, _maxAge: 1000 })
  })

  it('asks for hashed keys and reads its own writes', () => {
    expect(createMemoryStore()).toMatchObject({ hashedKeys: true, consistency: 'strong' })
  })
})
