import { describe, expect, it } from 'vitest'
import { eggEncrypted, eggSigned } from '../../adapters/legacy.ts'
import { withSession, type SessionManager, type SessionOptions } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { DAY } from '../fixtures/clock.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'
import { eggHeader, encode, KEYS, recordOf, setUp, UNTIL } from './fixture.ts'

const KEY = '6f1d2c3b-0000-4000-8000-000000000001'
const never = (): never => {
  throw new Error('The key is the secret: nothing to verify.')
}
const readers = {
  encrypted: [eggEncrypted({ keys: KEYS, until: UNTIL, verify: never })],
  signed: [eggSigned({ keys: KEYS, until: UNTIL })],
}
const headers = { encrypted: eggHeader(KEY), signed: eggHeader(KEY, { encrypt: false }) }
const record = (): any => recordOf({ user: 'fred' })

function arrive(manager: SessionManager, header: string): Visitor {
  const visitor = createVisitor(manager)
  visitor.jar.take(header.split('; ').map((pair) => `${pair}; Path=/; Secure; HttpOnly`))
  return visitor
}

describe.each(['encrypted', 'signed'] as const)('a store key that Egg %s', (how) => {
  const header = headers[how]
  const accept = readers[how]

  it('opens its record, which moves to a new key', async () => {
    const store = createRecordingStore()
    store.records.set(KEY, JSON.stringify(record()))
    const { manager, events } = setUp({ accept, store })
    const visitor = arrive(manager, header)
    const { session, cookies } = await visitor.visit((session) => {
      expect(session.isNew).toBe(true)
      expect(session.externalKey).toMatch(/^[\w-]{43}$/)
    })

    expect({ ...session }).toEqual({ user: 'fred' })
    expect(store.operations()).toEqual(['get', 'set', 'destroy'])
    const [get, set, destroy] = store.calls
    expect([get!.key, destroy!.key]).toEqual([KEY, KEY])
    expect(set!.key).toBe(session.externalKey)
    expect(set!.options.changed).toBe(true)
    expect([...store.records.keys()]).toEqual([session.externalKey])
    expect(cookies.filter((line) => line.includes(KEY))).toEqual([])
    expect({ ...(await visitor.visit()).session }).toEqual({ user: 'fred' })
    expect(visitor.jar.size).toBe(1)
    expect(events).toEqual([])
  })

  it('opens nothing once its record is gone, expired, or was destroyed', async () => {
    const store = createRecordingStore()
    const { manager, events } = setUp({ accept, store })
    expect((await manager.load(header)).populated).toBe(false)
    store.records.set(KEY, JSON.stringify({ ...record(), _expire: Date.now() - 1 }))
    expect((await manager.load(header)).populated).toBe(false)
    expect(store.records.size).toBe(0)
    store.records.set(KEY, JSON.stringify(record()))
    await arrive(manager, header).visit((session) => session.destroy())
    expect(store.records.size).toBe(0)
    expect((await manager.load(header)).populated).toBe(false)
    expect(events).toEqual(['missed', 'expired', 'missed'])
  })

  it('is destroyed unread, too', async () => {
    const store = createRecordingStore()
    store.records.set(KEY, JSON.stringify(record()))
    const handler = withSession(setUp({ accept, store }).manager, (_, session) => {
      session.destroy()
      return new Response()
    })
    const answer = await handler(new Request('https://a.example/', { headers: { cookie: header } }))
    expect(store.operations()).toEqual(['destroy'])
    expect(answer.headers.getSetCookie()[0]).toMatch(/Max-Age=0/)
  })

  it('keeps its record where the handler or the store fails', async () => {
    const store = createRecordingStore()
    store.records.set(KEY, JSON.stringify(record()))
    const { manager } = setUp({ accept, store })
    const handler = withSession(manager, async (_, session) => {
      await session
      throw new Error('bug')
    })
    const request = new Request('https://a.example/', { headers: { cookie: header } })
    await expect(handler(request)).rejects.toThrow('bug')
    store.instead.set = never
    const session = await manager.load(header)
    expect((await rejectionOf(manager.commit(session))).code).toBe('ERR_SESSION_STORE')
    expect([...store.records.keys()]).toEqual([KEY])
  })

  it('does not outlive a logout that came first, where the store can tell', async () => {
    const store = createMemoryStore()
    const options: Partial<SessionOptions> = { accept, store, hashKeys: false }
    const { manager } = setUp(options)
    await store.set(KEY, record(), DAY, {} as never)
    const slow = await manager.load(header)
    await arrive(manager, header).visit((session) => session.destroy())
    slow.n = 1
    expect(await manager.commit(slow)).toEqual([])
    expect(await store.get(slow.externalKey ?? '', DAY, {} as never)).toBeFalsy()
    expect((await manager.load(header)).populated).toBe(false)
  })

  it('loses no change of a request that runs beside', async () => {
    const store = createMemoryStore()
    const { manager } = setUp({ accept, store, hashKeys: false })
    await store.set(KEY, record(), DAY, {} as never)
    const session = await manager.load(header)
    await store.set(KEY, { ...record(), cart: 3 }, DAY, {} as never)
    session.n = 1
    const visitor = createVisitor(manager)
    visitor.jar.take(await manager.commit(session))
    expect({ ...(await visitor.peek()) }).toEqual({ user: 'fred', cart: 3, n: 1 })
    expect<unknown>((await store.get(KEY, DAY, {} as never)) ?? { _expire: 0 }).toMatchObject({
      _expire: expect.toSatisfy((time) => time < Date.now()),
    })
  })

  it('brings nothing over to the session that is begun after a logout', async () => {
    const store = createMemoryStore()
    const { manager } = setUp({ accept, store, hashKeys: false })
    await store.set(KEY, record(), DAY, {} as never)
    const session = await manager.load(header)
    await store.set(KEY, { ...record(), cart: 3 }, DAY, {} as never)
    session.destroy()
    session.user = 'wilma'
    const visitor = createVisitor(manager)
    visitor.jar.take(await manager.commit(session))
    expect({ ...(await visitor.peek()) }).toEqual({ user: 'wilma' })
    expect(await store.get(KEY, DAY, {} as never)).toBeFalsy()
  })

  it('is none without a store, or if it is not in the shape of one', async () => {
    expect((await setUp({ accept }).manager.load(header)).populated).toBe(false)
    const store = createRecordingStore()
    const { manager } = setUp({ accept, store })
    for (const value of ['a b'.repeat(9), 'x'.repeat(300), encode({ user: 'fred' })]) {
      await manager.load(eggHeader(value, { encrypt: how === 'encrypted' }))
    }
    expect(store.calls).toEqual([])
  })
})

describe('a store', () => {
  it('is not asked for a key too short to be a secret, unless it is signed', async () => {
    const store = createRecordingStore()
    await setUp({ accept: readers.encrypted, store }).manager.load(eggHeader('short-key'))
    expect(store.calls).toEqual([])
    const header = eggHeader('short-key', { encrypt: false })
    await setUp({ accept: readers.signed, store }).manager.load(header)
    expect(store.operations()).toEqual(['get'])
  })

  it('takes over what was kept in cookies', async () => {
    const store = createRecordingStore()
    const accept = [eggEncrypted({ keys: KEYS, until: UNTIL, verify: (data) => data })]
    const { manager } = setUp({ accept, store })
    const visitor = arrive(manager, eggHeader(encode(record())))
    const { session } = await visitor.visit()
    expect(store.operations()).toEqual(['set'])
    expect([...store.records.keys()]).toEqual([session.externalKey])
    expect((await visitor.peek()).user).toBe('fred')
  })

  it('gets a key that genid promises', async () => {
    const store = createRecordingStore()
    store.records.set(KEY, JSON.stringify(record()))
    const options = { accept: readers.encrypted, store, genid: async () => 'made-later' }
    const visitor = arrive(setUp(options).manager, headers.encrypted)
    await visitor.visit()
    expect([...store.records.keys()]).toEqual(['made-later'])
  })
})
