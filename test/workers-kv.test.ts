import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createKvStore } from '../adapters/workers-kv.ts'
import type { SessionError } from '../src/index.ts'
import { createFaultyKv } from './workerd/faulty-kv.ts'
import { runWorker, type RunningWorker } from './workerd/running.ts'

let worker: RunningWorker

beforeAll(async () => {
  worker = await runWorker('export default { fetch: () => new Response() }')
})

afterAll(() => worker.stop())

beforeEach(async () => {
  for (const { name } of (await worker.kv.list()).keys) await worker.kv.delete(name)
})

const write = { rolling: false, changed: true, ctx: undefined }
const read = { rolling: false, ctx: undefined }

describe('createKvStore()', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'SESSIONS'],
    ['another binding', { fetch() {} }],
  ])('refuses %s for a namespace', (_, namespace) => {
    expect(() => createKvStore(namespace as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_OPTIONS',
        message: expect.stringContaining('is its binding in wrangler.toml'),
      }),
    )
  })

  it('says what it is', () => {
    expect(createKvStore(createFaultyKv(worker.kv))).toMatchObject({
      consistency: 'eventual',
      hashedKeys: true,
    })
  })

  it('keeps, finds and forgets a record', async () => {
    const store = createKvStore(createFaultyKv(worker.kv))
    await store.set('key', { user: 'Zoë 🐦', _expire: 1 }, 60_000, write)

    expect(await worker.kv.get('key')).toBe('{"user":"Zoë 🐦","_expire":1}')
    expect(await store.get('key', 60_000, read)).toEqual({ user: 'Zoë 🐦', _expire: 1 })
    await store.destroy('key', { ctx: undefined })
    expect(await worker.kv.get('key')).toBe(null)
    expect(await store.get('key', 60_000, read)).toEqual({ _ended: true })
    await store.destroy('key', { ctx: undefined })
  })

  it('finds nothing under a key that was never written', async () => {
    expect(await createKvStore(createFaultyKv(worker.kv)).get('key', 60_000, read)).toBe(null)
  })

  it('reads a record and the mark of its end at once', async () => {
    const kv = createFaultyKv(worker.kv)
    const get = vi.spyOn(kv, 'get')
    await createKvStore(kv, { prefix: 'session:' }).get('key', 60_000, read)

    expect(get.mock.calls).toEqual([[['session:key', 'session:key:ended'], 'text']])
  })

  it('calls KV once for each, and for an end twice', async () => {
    const kv = createFaultyKv(worker.kv)
    const store = createKvStore(kv)
    await store.set('key', {}, 60_000, write)
    await store.get('key', 60_000, read)
    expect(kv.calls).toEqual(['put', 'get'])

    await store.destroy('key', { ctx: undefined })
    expect(kv.calls).toEqual(['put', 'get', 'put', 'delete'])
  })

  it('marks an end and deletes the record at the same time', async () => {
    const kv = createFaultyKv(worker.kv)
    let finish = (): void => {}
    vi.spyOn(kv, 'put').mockImplementation(() => {
      kv.calls.push('put')
      return new Promise((resolve) => (finish = resolve))
    })
    const done = createKvStore(kv).destroy('key', { ctx: undefined })

    expect(kv.calls).toEqual(['put', 'delete'])
    finish()
    await done
  })

  it('puts a prefix before every key', async () => {
    const store = createKvStore(createFaultyKv(worker.kv), { prefix: 'session:' })
    await store.set('key', { views: 1 }, 60_000, write)

    expect((await worker.kv.list()).keys.map(({ name }) => name)).toEqual(['session:key'])
    expect(await store.get('key', 60_000, read)).toEqual({ views: 1 })
    await store.destroy('key', { ctx: undefined })
    expect((await worker.kv.list()).keys.map(({ name }) => name)).toEqual(['session:key:ended'])
  })

  it.each([
    [3_600_000, 3600],
    [3_600_001, 3601],
    [61_500, 62],
    [60_000, 60],
    [1, 60],
    [undefined, 86_400],
    ['session' as const, 86_400],
  ])('for a maxAge of %s asks KV to keep a record for %d seconds', async (maxAge, seconds) => {
    const kv = createFaultyKv(worker.kv)
    const put = vi.spyOn(kv, 'put')
    await createKvStore(kv).set('key', {}, maxAge, write)

    expect(put.mock.calls).toEqual([['key', '{}', { expirationTtl: seconds }]])
  })

  it.each([
    [3_600_001, 3601],
    [1, 60],
    [undefined, 86_400],
  ])('for a maxAge of %s asks KV to keep a mark for %d seconds', async (maxAge, seconds) => {
    const kv = createFaultyKv(worker.kv)
    const put = vi.spyOn(kv, 'put')
    await createKvStore(kv).destroy('key', { ctx: undefined, ...(maxAge && { maxAge }) })

    expect(put.mock.calls).toEqual([['key:ended', '1', { expirationTtl: seconds }]])
  })

  it('takes the mark of one key for the end of no other', async () => {
    const store = createKvStore(createFaultyKv(worker.kv))
    await store.set('key', { views: 1 }, 60_000, write)
    await store.destroy('other', { ctx: undefined })

    expect(await store.get('key', 60_000, read)).toEqual({ views: 1 })
    expect(await store.get('other:ended', 60_000, read)).not.toMatchObject({ _ended: true })
  })

  it.each(['not json', '', '{"a":', 'undefined', '\u0000'])(
    'finds no record in %j',
    async (value) => {
      await worker.kv.put('key', value)

      expect(await createKvStore(createFaultyKv(worker.kv)).get('key', 60_000, read)).toBe(null)
    },
  )

  it('leaves a __proto__ out of what it finds', async () => {
    await worker.kv.put('key', '{"__proto__":{"admin":true},"views":1}')
    const record = await createKvStore(createFaultyKv(worker.kv)).get('key', 60_000, read)

    expect(record).toEqual({ views: 1 })
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype)
  })

  it.each([
    ['x'.repeat(506), true],
    ['x'.repeat(507), false],
    ['字'.repeat(168), true],
    ['字'.repeat(169), false],
  ])('takes a key of up to 512 bytes with ":ended": %#', async (key, fits) => {
    const kv = createFaultyKv(worker.kv)
    const store = createKvStore(kv)
    const outcome = await Promise.resolve(store.set(key, {}, 60_000, write)).then(
      () => 'kept',
      (error: SessionError) => error.code,
    )

    expect(outcome).toBe(fits ? 'kept' : 'ERR_SESSION_OPTIONS')
    expect(await store.get(key, 60_000, read)).toEqual(fits ? {} : null)
    await store.destroy(key, { ctx: undefined })
    expect(kv.calls).toEqual(fits ? ['put', 'get', 'put', 'delete'] : [])
  })
})
