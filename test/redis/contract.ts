import { createHash, randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { describeStore, type StoreUnderTest } from '../../adapters/testing.ts'
import { COMPARE_AND_SET, TOUCH } from '../../adapters/redis-scripts.ts'
import { createSessionManager, type SessionRecord, type Store } from '../../src/index.ts'
import { DAY } from '../fixtures/clock.ts'
import { onTrouble } from '../fixtures/events.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'

export const read = { rolling: false, ctx: undefined }
export const write = { rolling: false, changed: true, ctx: undefined }

/** What the tests need, and every store of ours has. */
export type FullStore = Store & Required<Pick<Store, 'compareAndSet' | 'touch'>>

/** Text as no program of ours writes it, and a record all the same. */
const foreignTexts = [
  '{"b":1,"2":2,"1":1}',
  ' {\n  "user" : "ada" ,\r\n "_expire": 1e+300 }\t',
  '{"a":1,"a":2}',
  '{"a":1.0,"b":1E2,"c":-0}',
  '{"a":"\\u0041\\/\\ud83d\\ude00"}',
  '{"__proto__":{"admin":true},"n":1}',
  '{"a":12345678901234567890}',
  '{}',
]

/**
 * Holds a store against what the core needs of it, and looks at what is in Redis.
 *
 * @param open Makes the store under test with a prefix.
 * @param url The server, or any that answers for all keys.
 */
export function describeContract(open: (prefix: string) => Store, url: () => string): void {
  let prefix: string
  let store: FullStore
  let redis: Redis

  beforeAll(() => void (redis = new Redis(url())))
  afterAll(() => redis.disconnect())
  beforeEach(() => {
    prefix = `test:${randomUUID()}:`
    store = open(prefix) as FullStore
  })

  const raw = (): Promise<string | null> => redis.get(`${prefix}key`)
  const find = (): Promise<any> => Promise.resolve(store.get('key', DAY, read))
  const swap = (
    record: SessionRecord,
    previous: SessionRecord | null,
    maxAge?: number,
  ): Promise<boolean> =>
    Promise.resolve(store.compareAndSet('key', record, maxAge, previous, write))
  const touch = (
    expire: number,
    life: { maxAge?: unknown } = { maxAge: 60_000 },
  ): Promise<boolean> =>
    Promise.resolve(store.touch('key', life.maxAge as number, { expire, ctx: undefined }))

  async function expectLife(ms: number): Promise<void> {
    const left = await redis.pttl(`${prefix}key`)
    // The largest number of all may be read a little larger.
    expect(left).toBeLessThanOrEqual(ms + 1)
    expect(left).toBeGreaterThan(ms - 5000)
  }

  it('says what it is', () => {
    expect(store).toMatchObject({ consistency: 'strong', hashedKeys: true })
  })

  it('keeps, finds and forgets a record', async () => {
    expect(await find()).toBe(null)
    await store.set('key', { user: 'Zoë 🐦', _expire: 1 }, 60_000, write)

    expect(await raw()).toBe('{"user":"Zoë 🐦","_expire":1}')
    expect(await find()).toEqual({ user: 'Zoë 🐦', _expire: 1 })
    await store.destroy('key', { ctx: undefined })
    expect(await find()).toBe(null)
    expect(await raw()).toBe(null)
    await store.destroy('key', { ctx: undefined })
  })

  it.each<[unknown, number]>([
    [60_000, 60_000],
    [61_500.2, 61_501],
    [5000, 5000],
    [400 * DAY, 400 * DAY],
    [Number.MAX_VALUE, Number.MAX_SAFE_INTEGER],
    [undefined, DAY],
    ['session', DAY],
  ])('keeps a record for a maxAge of %s for %d ms', async (maxAge, ms) => {
    await store.set('key', { n: 1 }, maxAge as number, write)
    await expectLife(ms)
    await store.destroy('key', { ctx: undefined })
    expect(await swap({ n: 1 }, null, maxAge as number)).toBe(true)
    await expectLife(ms)
    expect(await touch(1, { maxAge })).toBe(true)
    await expectLife(ms)
  })

  it('drops a record at the end of its time', async () => {
    await store.set('key', { n: 1 }, 0.5, write)
    await new Promise((resolve) => setTimeout(resolve, 20))

    expect(await find()).toBe(null)
    expect(await touch(1)).toBe(false)
    expect(await swap({ n: 2 }, { n: 1 })).toBe(false)
  })

  describe('other values under a key', () => {
    it.each(['not json', '', '{"a":', 'undefined', '\u0000'])(
      'text, %j: no record',
      async (text) => {
        await redis.set(`${prefix}key`, text)

        expect(await find()).toBe(null)
        expect(await swap({ n: 1 }, null)).toBe(false)
        expect(await raw()).toBe(text)
      },
    )

    it.each(['null', '5', '"text"', 'true', '[1,2]'])('JSON, %s: no record', async (text) => {
      await redis.set(`${prefix}key`, text)

      expect(await find()).toEqual(JSON.parse(text))
      expect(await swap({ n: 1 }, null)).toBe(false)
      expect(await raw()).toBe(text)
    })

    it('bytes: no record', async () => {
      await redis.set(`${prefix}key`, Buffer.from([0xff, 0xfe, 0x00, 0x7b]))

      expect(await find()).toBe(null)
      expect(await swap({ n: 1 }, null)).toBe(false)
    })

    it('a list: no record, and no place for one', async () => {
      await redis.rpush(`${prefix}key`, 'one')

      expect(await find()).toBe(null)
      await expect(swap({ n: 1 }, null)).rejects.toMatchObject({ code: 'WRONGTYPE' })
      await expect(touch(1)).rejects.toMatchObject({ code: 'WRONGTYPE' })
      expect(await redis.lrange(`${prefix}key`, 0, -1)).toEqual(['one'])
    })

    it.each(['not json', '[1,2]', '5'])('%s: a visitor begins anew', async (text) => {
      const events: string[] = []
      const on = onTrouble(({ type }) => events.push(type))
      const { jar, visit, peek } = createVisitor(
        createSessionManager({ secrets: SECRET, store, on }),
      )
      await visit((session) => (session.n = 1))
      const [key] = await redis.keys(`${prefix}*`)
      await redis.set(key!, text)
      await visit((session) => (session.n ??= 2))

      expect(events).toEqual([text === 'not json' ? 'missed' : 'invalid'])
      expect(await peek()).toMatchObject({ isNew: false, n: 2 })
      expect(jar.header).toContain('__Host-sid')
      expect(await redis.get(key!)).toBe(text)
    })
  })

  describe('compareAndSet()', () => {
    it('puts a record where none is, once', async () => {
      expect(await swap({ n: 1 }, null)).toBe(true)
      expect(await swap({ n: 2 }, null)).toBe(false)
      expect(await find()).toEqual({ n: 1 })
    })

    it('puts one in the place of what get() returned, unless that changed or went', async () => {
      await store.set('key', { n: 1 }, 60_000, write)
      const first = await find()
      const second = await find()

      expect(await swap({ n: 2 }, first)).toBe(true)
      expect(await swap({ n: 3 }, second)).toBe(false)
      expect(await find()).toEqual({ n: 2 })
      const third = await find()
      await store.destroy('key', { ctx: undefined })
      expect(await swap({ n: 3 }, third)).toBe(false)
      expect(await raw()).toBe(null)
    })

    it.each(foreignTexts)('knows text of others again: %s', async (text) => {
      await redis.set(`${prefix}key`, text)
      const previous = await find()

      expect(previous.admin).toBe(undefined)
      expect(await swap({ n: 2 }, previous)).toBe(true)
      expect(await find()).toEqual({ n: 2 })
    })

    it('compares with what was read, whatever became of the object since', async () => {
      await store.set('key', { user: { name: 'ada' } }, 60_000, write)
      const previous = await find()
      previous.user.name = 'eve'
      delete previous.user

      expect(await swap({ n: 2 }, previous)).toBe(true)
    })

    it('compares with what was written, whatever became of the object since', async () => {
      const first: SessionRecord = { n: 1 }
      await store.set('key', first, 60_000, write)
      first['n'] = 5
      const second: SessionRecord = { n: 2 }
      expect(await swap(second, first)).toBe(true)
      second['n'] = 6

      expect(await swap({ n: 3 }, second)).toBe(true)
      expect(await find()).toEqual({ n: 3 })
    })

    it('compares with the JSON of a record it has not seen', async () => {
      await redis.set(`${prefix}key`, '{"user":"ada","_expire":5,"_maxAge":7}')

      expect(await swap({ n: 1 }, { user: 'ada', _expire: 6, _maxAge: 7 })).toBe(false)
      expect(await swap({ n: 1 }, { user: 'ada', _expire: 5, _maxAge: 7 })).toBe(true)
    })

    it('takes a record that failed to be set for what it was', async () => {
      await store.set('key', { n: 1 }, 60_000, write)
      const late: SessionRecord = { n: 2 }
      expect(await swap(late, { n: 0 })).toBe(false)

      expect(await swap({ n: 3 }, late)).toBe(false)
      expect(await swap({ n: 3 }, { n: 1 })).toBe(true)
    })
  })

  describe('touch()', () => {
    it('changes the end of a record, and how long it is kept, and nothing else', async () => {
      await redis.set(`${prefix}key`, '{"b":{"_expire":5},"a":1.0,"_expire":100,"_maxAge":50}')

      expect(await touch(777)).toBe(true)
      expect(await raw()).toBe('{"b":{"_expire":5},"a":1.0,"_expire":777,"_maxAge":50}')
      await expectLife(60_000)
    })

    it('finds nothing to touch', async () => {
      expect(await touch(777)).toBe(false)
      expect(await raw()).toBe(null)
    })

    it.each([
      '{"a":1,"_session":true}',
      '{}',
      '{"_expire":1,"a":2}',
      '{"a":{"_expire":1,"_maxAge":2}}',
      '{"a":"_expire","_maxAge":2}',
      '{"x\\"_expire":1,"_maxAge":2}',
      '{"a,\\"_expire":1,"_maxAge":2}',
      '{"a":"{\\"_expire\\":1,\\"_maxAge\\":2}"}',
      'not json',
    ])('leaves what does not end like a record as it is: %s', async (text) => {
      await redis.set(`${prefix}key`, text, 'PX', 5000)

      expect(await touch(777)).toBe(true)
      expect(await raw()).toBe(text)
      await expectLife(60_000)
    })

    it('lets a record that was given up be, and one that ended long ago', async () => {
      const now = Date.now()
      for (const _expire of [1, now - 10_001]) {
        const text = JSON.stringify({ _expire, _maxAge: 1000 })
        await redis.set(`${prefix}key`, text, 'PX', 5000)

        expect(await touch(now + 50_000)).toBe(false)
        expect(await raw()).toBe(text)
        await expectLife(5000)
      }
      await redis.set(`${prefix}key`, JSON.stringify({ _expire: now - 10_000, _maxAge: 1000 }))
      expect(await touch(now + 50_000)).toBe(true)
    })

    it('is exact whatever the data are', async () => {
      const name = fc.constantFrom('a', '2', '_expire', '"_expire', ',"_expire":1', '\\', '}', '🐦')
      const leaf = fc.oneof(
        name,
        fc.string({ unit: 'binary' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(null, true, '{"_expire":1,"_maxAge":2}'),
      )
      const { data } = fc.letrec((tie) => ({
        value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value')), tie('data')),
        // The two come last, whatever else there is.
        data: fc.dictionary(
          fc.oneof(name, fc.string()).filter((key) => !/^_(expire|maxAge)$/.test(key)),
          tie('value'),
          { maxKeys: 5 },
        ),
      }))
      const time = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e308, noNaN: true }))
      await fc.assert(
        fc.asyncProperty(data, time, time, time, async (data, before, after, _maxAge) => {
          const text = (_expire: number): string =>
            JSON.stringify({ ...(data as object), _expire, _maxAge })
          const isOver = before < Math.min(Date.now(), after - 60_000)
          await redis.set(`${prefix}key`, text(before))

          expect(await touch(after)).toBe(!isOver)
          expect(await raw()).toBe(text(isOver ? before : after))
        }),
        { numRuns: 100 },
      )
    })

    it('leaves a record that the same request can change', async () => {
      const manager = createSessionManager({
        secrets: SECRET,
        store,
        rolling: true,
        touchAfter: 0,
        maxAge: DAY,
      })
      const visitor = createVisitor(manager)
      await visitor.visit((session) => (session.n = 1))
      const session = await manager.load(visitor.jar.header)
      await session.manuallyCommit()
      const look = vi.spyOn(store, 'get')
      session.n = 2
      await manager.commit(session)

      expect(look).not.toHaveBeenCalled()
      expect(await visitor.peek()).toEqual({ n: 2 })
    })
  })

  it('never sees an id, but its hash', async () => {
    const { visit, jar } = createVisitor(createSessionManager({ secrets: SECRET, store }))
    const { session } = await visit((session) => (session.n = 1))
    const hash = createHash('sha256').update(session.externalKey!).digest('base64url')

    expect(await redis.keys(`${prefix}*`)).toEqual([`${prefix}${hash}`])
    await visit((session) => session.destroy())
    expect(await redis.keys(`${prefix}*`)).toEqual([])
    expect(jar.header).toBe('')
  })

  it('lets a record live ten seconds longer than its session', async () => {
    const { visit } = createVisitor(createSessionManager({ secrets: SECRET, store, maxAge: 5000 }))
    await visit((session) => (session.n = 1))
    const [key] = await redis.keys(`${prefix}*`)

    expect(await redis.pttl(key!)).toBeGreaterThan(14_000)
    expect(await redis.pttl(key!)).toBeLessThanOrEqual(15_000)
  })
}

/**
 * Tries a store with the suite that is there for every store.
 *
 * @param nodes The servers where its records are, each by itself.
 */
export function describeSuite(
  open: (prefix: string) => Store,
  nodes: () => readonly Redis[],
): void {
  const create = (): StoreUnderTest => {
    const prefix = `test:${randomUUID()}:`
    const advance = async (ms: number): Promise<void> => {
      await Promise.all(nodes().map((node) => age(node, prefix, ms)))
    }
    return { store: open(prefix), advance }
  }
  describeStore('by the suite for all stores', create, { describe, it })
}

/** Makes records as old as if so much time had passed, in milliseconds. */
async function age(node: Redis, prefix: string, ms: number): Promise<void> {
  for (const key of await node.keys(`${prefix}*`)) {
    const left = await node.pttl(key)
    if (left > ms) await node.pexpire(key, left - ms)
    else await node.del(key)
  }
}

/** That a server which knows a script under its SHA-1 means this script. */
export function describeScripts(): void {
  it.each([
    ['compareAndSet', COMPARE_AND_SET],
    ['touch', TOUCH],
  ])('the script of %s() has its SHA-1', (_, { lua, sha }) => {
    expect(sha).toBe(createHash('sha1').update(lua).digest('hex'))
  })
}
