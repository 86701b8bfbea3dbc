import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSessionManager } from '../../src/index.ts'
import { cookieHeader } from '../fixtures/cookies.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { bundleWorker, runWorker, Visitor, type RunningWorker } from './running.ts'

const noon = Date.UTC(2026, 5, 15, 12)

let worker: RunningWorker

beforeAll(async () => {
  worker = await runWorker(await bundleWorker())
})

afterAll(() => worker.stop())

beforeEach(async () => {
  for (const { name } of (await worker.kv.list()).keys) await worker.kv.delete(name)
})

/** What KV holds. */
async function contents(): Promise<Record<string, string | null>> {
  const { keys } = await worker.kv.list()
  return Object.fromEntries(
    await Promise.all(keys.map(async ({ name }) => [name, await worker.kv.get(name)])),
  )
}

describe('the key of a record in KV', () => {
  it('is the SHA-256 of the session’s id, and the id is nowhere', async () => {
    const visitor = new Visitor(worker)
    await visitor.post('/kv/in?user=Ada')
    const { body: id } = await visitor.get('/kv/id')
    const kept = await contents()

    expect(id).toMatch(/^[\w-]{43}$/)
    expect(Object.keys(kept)).toEqual([createHash('sha256').update(id).digest('base64url')])
    expect(JSON.stringify(kept)).not.toContain(id)
    expect(JSON.parse(Object.values(kept)[0]!)).toMatchObject({ user: 'Ada' })
  })

  it('goes with a logout and with a new id', async () => {
    const visitor = new Visitor(worker)
    await visitor.post('/kv/count')
    const [first] = Object.keys(await contents())
    await visitor.post('/kv/in?user=Ada')
    const { [`${first}:ended`]: mark, ...rest } = await contents()
    const [second, ...others] = Object.keys(rest)

    expect(mark).toBe('1')
    expect(second).not.toBe(first)
    expect(others).toEqual([])
    await visitor.post('/kv/out')
    expect(await contents()).toEqual({ [`${first}:ended`]: '1', [`${second}:ended`]: '1' })
  })

  it('may be plain, of up to 512 bytes with the prefix and the mark’s ending', async () => {
    const visitor = new Visitor(worker)
    const { status, log } = await visitor.post('/long/count?length=501')

    expect(status).toBe(200)
    expect(log).toEqual(['put 86410'])
    expect(Object.keys(await contents())).toEqual([`long:${'x'.repeat(501)}`])
    expect((await visitor.get('/long/read')).body).toContain('"views":1')
    await visitor.post('/long/out?length=501')
    expect(Object.keys(await contents())).toEqual([`long:${'x'.repeat(501)}:ended`])
  })

  it('of more bytes is an error that names the rule, and KV is not called', async () => {
    const { status, body, log, cookies } = await new Visitor(worker).post('/long/count?length=502')

    expect(status).toBe(500)
    expect(body).toMatch(/^ERR_SESSION_OPTIONS: Workers KV takes keys of up to 512 bytes/)
    expect(log).toEqual(['store-error'])
    expect(cookies).toEqual([])
  })

  it('of more bytes in a cookie is a session that is not there', async () => {
    const manager = createSessionManager({
      key: '__Host-long',
      secrets: SECRET,
      store: createRecordingStore(),
      genid: () => 'x'.repeat(600),
    })
    const session = await manager.load(null)
    session.views = 1
    const cookie = cookieHeader(await manager.commit(session))
    const visitor = new Visitor(worker)

    expect(await visitor.get('/long/read', cookie)).toMatchObject({
      status: 200,
      body: '{"isNew":true}',
      log: ['missed'],
    })
  })
})

describe('a value in KV that is no record', () => {
  /** A visitor with a session in KV, whose cookie's own snapshot is too old to stand in for it. */
  async function begin(time = noon - 90_000): Promise<{ visitor: Visitor; key: string }> {
    const visitor = new Visitor(worker)
    visitor.now = time
    await visitor.post('/kv/count')
    visitor.now = noon
    return { visitor, key: Object.keys(await contents())[0]! }
  }

  it.each([
    ['not JSON', 'not json', 'missed'],
    ['nothing', '', 'missed'],
    ['null', 'null', 'missed'],
    ['text', '"text"', 'invalid'],
    ['a number', '42', 'invalid'],
    ['true', 'true', 'invalid'],
    ['a list', '[{"views":1}]', 'invalid'],
  ])('is a new session: %s', async (_, value, event) => {
    const { visitor, key } = await begin()
    await worker.kv.put(key, value)

    expect(await visitor.get('/kv/read')).toMatchObject({
      status: 200,
      body: '{"isNew":true}',
      log: expect.arrayContaining(['get', event]),
    })
    expect((await visitor.post('/kv/count')).body).toBe('1')
  })

  it('is the session in the cookie while that is as young as the value may be old', async () => {
    const { visitor, key } = await begin(noon)
    await worker.kv.put(key, 'not json')
    visitor.now = noon + 89_999

    expect((await visitor.get('/kv/read')).body).toBe('{"views":1,"isNew":false}')
    visitor.now = noon + 90_000
    expect((await visitor.get('/kv/read')).body).toBe('{"isNew":true}')
  })

  it('is no failure if it has fifty thousand levels', async () => {
    const { visitor, key } = await begin()
    await worker.kv.put(key, `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)

    expect((await visitor.get('/kv/id')).status).toBe(200)
  })

  it('cannot put anything on a prototype', async () => {
    const { visitor, key } = await begin()
    const value = '{"__proto__":{"user":"root"},"views":{"__proto__":{"user":"root"}}}'
    await worker.kv.put(key, value)

    expect((await visitor.get('/kv/read')).body).toBe('{"views":{},"isNew":false}')
  })
})

describe('the time that KV keeps a record for', () => {
  it('is that of the session and ten seconds, and never under a minute', async () => {
    const log = [
      ...(await new Visitor(worker).post('/kv/count')).log,
      ...(await new Visitor(worker).post('/short/count')).log,
    ]

    expect(log).toEqual(['put 86410', 'put 60'])
  })

  it('does not lengthen the session, whose end is in the record', async () => {
    const now = Date.now()
    await worker.holdKvClock(now)
    const visitor = new Visitor(worker)
    visitor.now = now
    await visitor.post('/short/count')
    const cookie = visitor.cookieHeader
    const [record] = Object.values(await contents())
    expect(JSON.parse(record!)).toEqual({
      views: 1,
      _expire: now + 30_500,
      _maxAge: 30_500,
      _version: 1,
    })

    await worker.passKvTime(30_000)
    visitor.now = now + 30_000
    expect((await visitor.get('/short/read')).body).toContain('"views":1')

    await worker.passKvTime(2000)
    visitor.now = now + 32_000
    expect((await visitor.get('/short/read', cookie)).body).toBe('{"isNew":true}')
    expect(Object.keys(await contents())).toHaveLength(1)

    await worker.passKvTime(27_000)
    expect(Object.keys(await contents())).toHaveLength(1)
    await worker.passKvTime(2000)
    expect(await contents()).toEqual({})
  })
})
