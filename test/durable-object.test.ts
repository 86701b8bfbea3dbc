import { mkdtemp, rm } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeStore } from '../adapters/testing.ts'
import { createFetchStore } from '../src/fetch.ts'
import type { Store } from '../src/index.ts'
import { end, read, timesOf, write } from './fetch/fixture.ts'
import { bundleWorker, runWorker, Visitor, type RunningWorker } from './workerd/running.ts'

const parts = {
  env: { SESSION: { type: 'durable-object', worker: 'test', exportName: 'InspectedObject' } },
  exports: { InspectedObject: { type: 'durable-object', storage: 'sqlite' } },
}

let code: string
let worker: RunningWorker
/** The objects as a store, from outside. */
let store: Store

beforeAll(async () => {
  code = await bundleWorker(new URL('durable-object/worker.ts', import.meta.url))
  worker = await runWorker(code, undefined, parts)
  store = createFetchStore(new URL('objects', worker.url), { timeout: 20_000 })
})

afterAll(() => worker.stop())

async function json(path: string): Promise<any> {
  return (await fetch(new URL(path, worker.url))).json()
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

let count = 0
const newKey = (): string => `key-${++count}`

describe('the contract, in workerd', () => {
  // The suite runs in a Worker of its own, which it moves the time of; here it names its cases.
  let suite: RunningWorker
  let names = 0

  beforeAll(async () => {
    suite = await runWorker(code, undefined, parts)
  })

  afterAll(() => suite.stop())

  const ask = async (path: string): Promise<any> => (await fetch(new URL(path, suite.url))).json()

  describeStore('createDurableObjectStore', () => ({ store, advance: () => {} }), {
    describe,
    it(name) {
      const path = `suite/${names++}`
      it(`${name}`, async ({ skip }) => {
        const { error, skipped } = await ask(path)
        if (skipped) skip(skipped)
        expect(error).toBe('')
      })
    },
  })

  it('has as many cases in there', async () => {
    expect(await ask('suite')).toHaveLength(names)
  })
})

describe('writers at once', () => {
  it('win one in twenty, in the same object and over HTTP', async () => {
    const key = newKey()
    for (const previous of [null, { n: 0 }]) {
      if (previous) await store.set(key, previous, 60_000, write)
      const wins = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          store.compareAndSet!(key, { n: n + 1 }, 60_000, previous, write),
        ),
      )

      expect(wins.filter(Boolean)).toHaveLength(1)
      expect(await store.get(key, 1, read)).toEqual({ n: wins.indexOf(true) + 1 })
    }
  })
})

describe('an object', () => {
  const empty = { tables: 0, alarm: null }

  it('stores nothing for an id that nobody has written', async () => {
    const key = newKey()
    await store.get(key, 1, read)
    await store.destroy(key, end)
    await store.touch!(key, 1000, { expire: 1, ctx: undefined })
    await store.compareAndSet!(key, { n: 2 }, 1000, { n: 1 }, write)

    expect(await json(`inspect/${key}`)).toEqual({ ...empty, size: expect.any(Number) })
  })

  it('frees all of its storage when the record is over', async () => {
    const key = newKey()
    const { size: before } = await json(`inspect/${key}`)
    await store.set(key, { text: 'x'.repeat(50_000) }, 1000, write)
    const { size: during, alarm } = await json(`inspect/${key}`)
    expect(alarm).toBeGreaterThan(Date.now())
    await expect.poll(() => json(`inspect/${key}`), { timeout: 5000 }).toMatchObject(empty)
    const { size: after } = await json(`inspect/${key}`)
    console.log(`databaseSize: ${before} new, ${during} with 50 KB, ${after} after the alarm`)

    expect(during).toBeGreaterThan(50_000)
    expect(after).toBeLessThanOrEqual(8192)
    expect(await store.get(key, 1, read)).toBe(null)
  })

  it('frees it at once when the record is destroyed, and begins anew', async () => {
    const key = newKey()
    await store.set(key, { n: 1 }, 60_000, write)
    await store.destroy(key, end)
    expect(await json(`inspect/${key}`)).toMatchObject(empty)
    await store.set(key, { n: 2 }, 60_000, write)

    expect(await store.get(key, 1, read)).toEqual({ n: 2 })
    expect((await json(`inspect/${key}`)).alarm).toBeGreaterThan(Date.now() + 50_000)
  })

  it('answers with nothing that is over, alarm or not', async () => {
    const key = newKey()
    await store.set(key, { n: 1 }, 1000, write)
    await sleep(1001)

    expect(await store.get(key, 1, read)).toBe(null)
    expect(await store.compareAndSet!(key, { n: 2 }, 60_000, null, write)).toBe(true)
  })

  it('sets an alarm once, and that sets the next', async () => {
    const key = newKey()
    await store.set(key, { n: 1 }, 2000, write)
    const { alarm: first } = await json(`inspect/${key}`)
    await store.touch!(key, 4000, { expire: Date.now() + 4000, ctx: undefined })
    expect((await json(`inspect/${key}`)).alarm).toBe(first)
    await expect
      .poll(async () => (await json(`inspect/${key}`)).alarm, { timeout: 5000 })
      .toBeGreaterThan(first + 1000)

    expect(await store.get(key, 1, read)).toMatchObject({ n: 1 })
    await expect.poll(() => json(`inspect/${key}`), { timeout: 5000 }).toMatchObject(empty)
  })

  it('brings the alarm forward if the record is to go sooner', async () => {
    const key = newKey()
    await store.set(key, { n: 1 }, 60_000, write)
    await store.set(key, { _expire: 1 }, 1000, write)

    expect((await json(`inspect/${key}`)).alarm).toBeLessThan(Date.now() + 1001)
    await expect.poll(() => json(`inspect/${key}`), { timeout: 5000 }).toMatchObject(empty)
  })

  it('keeps no record without an alarm, whatever comes at once', async () => {
    const keys = Array.from({ length: 20 }, newKey)
    const rounds = keys.map(async (key) => {
      await store.set(key, { n: 1 }, 60_000, write)
      await Promise.all([
        store.destroy(key, end),
        store.set(key, { n: 2 }, 60_000, write),
        store.destroy(key, end),
        store.compareAndSet!(key, { n: 3 }, 60_000, null, write),
        store.touch!(key, 60_000, { expire: Date.now() + 60_000, ctx: undefined }),
      ])
      const [record, { tables, alarm }] = await Promise.all([
        store.get(key, 1, read),
        json(`inspect/${key}`),
      ])
      return [record !== null, tables === 1, alarm !== null]
    })
    const outcomes = await Promise.all(rounds)

    expect(outcomes.filter((outcome) => new Set(outcome).size > 1)).toEqual([])
  })

  it('keeps one session alone: another’s is neither found nor overwritten', async () => {
    const shared = createFetchStore(new URL('one-for-all', worker.url))
    const [mine, other] = [newKey(), newKey()]
    await shared.set(mine, { mine: true }, 60_000, write)

    for (const call of [
      () => shared.get(other, 1, read),
      () => shared.set(other, {}, 1000, write),
      () => shared.compareAndSet!(other, {}, 1000, null, write),
      () => shared.touch!(other, 1000, { expire: 1, ctx: undefined }),
      () => shared.destroy(other, end),
    ]) {
      await expect(call).rejects.toThrow('The session server answered 503.')
    }
    expect(await shared.get(mine, 1, read)).toEqual({ mine: true })
    await shared.destroy(mine, end)
    await shared.set(other, { other: true }, 60_000, write)
    expect(await shared.get(other, 1, read)).toEqual({ other: true })
  })

  it('outlives the runtime, and its alarm, too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'session-'))
    try {
      let running = await runWorker(code, folder, parts)
      const storeOf = () => createFetchStore(new URL('objects', running.url), { timeout: 20_000 })
      const inspect = async (key: string): Promise<object> =>
        (await fetch(new URL(`inspect/${key}`, running.url))).json() as Promise<object>
      await storeOf().set('long', { n: 1 }, 60_000, write)
      await storeOf().set('short', { n: 1 }, 2000, write)
      await running.stop()
      running = await runWorker(code, folder, parts)
      expect(await storeOf().get('long', 1, read)).toEqual({ n: 1 })
      const wins = [1, 2].map((n) =>
        storeOf().compareAndSet!('long', { n: n + 1 }, 60_000, { n: 1 }, write),
      )
      expect((await Promise.all(wins)).filter(Boolean)).toHaveLength(1)
      await expect.poll(() => inspect('short'), { timeout: 10_000 }).toMatchObject(empty)
      await running.stop()
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('a session through Hono', () => {
  let gates = 0

  /** A second browser with the same cookies. */
  function copyOf(visitor: Visitor): Visitor {
    const copy = new Visitor(worker)
    for (const [name, value] of visitor.cookies) copy.cookies.set(name, value)
    return copy
  }

  async function enter(kind = 'strong'): Promise<Visitor> {
    const visitor = new Visitor(worker)
    await visitor.post(`/${kind}/set?key=user&value=Ada`)
    return visitor
  }

  const data = async (visitor: Visitor): Promise<unknown> =>
    JSON.parse((await visitor.get('/strong/read')).body)

  /** A request that has loaded its session and waits before it changes it. */
  async function slow(visitor: Visitor, path: string): Promise<() => Promise<unknown>> {
    const gate = `${++gates}`
    const answer = copyOf(visitor).post(`${path}&gate=${gate}`)
    await expect.poll(() => json(`waiting/${gate}`), { interval: 5 }).toBe(true)
    return async () => {
      await fetch(new URL(`open/${gate}`, worker.url), { method: 'POST' })
      return answer
    }
  }

  it('is kept from request to request, under a hash of its id', async () => {
    const visitor = await enter()
    const { body: id } = await visitor.get('/strong/id')

    expect(await data(visitor)).toEqual({ user: 'Ada' })
    const hash = createHash('sha256').update(id).digest('base64url')
    expect(await store.get(hash, 1, read)).toMatchObject({ user: 'Ada' })
    expect(await store.get(id, 1, read)).toBe(null)
  })

  it('has the changes of two requests at once to different keys', async () => {
    const visitor = await enter()
    const finish = await slow(visitor, '/strong/set?key=a&value=1')
    await copyOf(visitor).post('/strong/set?key=b&value=2')
    await finish()

    expect(await data(visitor)).toEqual({ user: 'Ada', a: '1', b: '2' })
  })

  it('has all changes of ten requests at once', async () => {
    const visitor = await enter()
    const keys = Array.from({ length: 10 }, (_, n) => `key${n}`)
    const answers = await Promise.all(
      keys.map((key) => copyOf(visitor).post(`/strong/set?key=${key}&value=1`)),
    )

    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 200))
    expect(await data(visitor)).toEqual({
      user: 'Ada',
      ...Object.fromEntries(keys.map((key) => [key, '1'])),
    })
  })

  it('loses no increment of ten clients at once', async () => {
    const visitor = await enter()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => copyOf(visitor).post('/strong/increment')),
    )

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(answers.map(({ body }) => Number(body)).toSorted((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ])
    expect(await data(visitor)).toEqual({ user: 'Ada', n: 10 })
  })

  it('is not brought back after a logout', async () => {
    const visitor = await enter()
    const copy = copyOf(visitor)
    const finish = await slow(visitor, '/strong/set?key=late&value=1')
    await visitor.post('/strong/out')
    expect(visitor.cookies.size).toBe(0)
    expect(await finish()).toMatchObject({ status: 200, cookies: [] })

    expect(await data(copy)).toEqual({})
    expect(await data(copyOf(copy))).toEqual({})
  })

  it('is gone under its old id once it has a new one', async () => {
    const visitor = await enter()
    const old = copyOf(visitor)
    const { body: oldId } = await old.get('/strong/id')
    const finish = await slow(visitor, '/strong/set?key=late&value=1')
    await visitor.post('/strong/in')
    await finish()

    expect(await data(old)).toEqual({})
    expect(await data(visitor)).toEqual({ user: 'Ada' })
    const hash = createHash('sha256').update(oldId).digest('base64url')
    await expect
      .poll(() => json(`inspect/${hash}`), { timeout: 5000 })
      .toMatchObject({ tables: 0, alarm: null })
  })

  it('costs one call a request, and two for a change', async () => {
    const visitor = await enter()
    await fetch(new URL('calls', worker.url), { method: 'DELETE' })
    await visitor.get('/strong/read')
    expect(await json('calls')).toEqual(['GET'])
    await visitor.post('/strong/set?key=a&value=1')
    expect(await json('calls')).toEqual(['GET', 'PUT'])
    await visitor.post('/strong/out')
    expect(await json('calls')).toEqual(['DELETE'])
    await new Visitor(worker).get('/strong/read')
    expect(await json('calls')).toEqual([])
    const rolling = await enter('rolling')
    await json('calls')
    await rolling.get('/rolling/read')
    expect(await json('calls')).toEqual(['GET', 'POST'])
  })

  it('takes a moment', async () => {
    const visitor = await enter()
    const times = await timesOf('a read through Hono', () => visitor.get('/strong/read'))

    expect(times[50]).toBeLessThan(1000)
  })
})

describe('session-kit/durable-object', () => {
  it('refuses what is no namespace, and says where one is made', async () => {
    expect(await json('refusals')).toEqual(
      Array.from({ length: 3 }, () =>
        expect.stringMatching(/^ERR_SESSION_OPTIONS: .*wrangler.toml/),
      ),
    )
  })

  it('needs nothing but the runtime', () => {
    console.log(`the test's Worker: ${gzipSync(code, { level: 9 }).length} bytes with gzip -9`)
    expect([...code.matchAll(/from\s*"([^"]+)"/g)].map(([, name]) => name)).toEqual([
      'cloudflare:workers',
    ])
  })
})
