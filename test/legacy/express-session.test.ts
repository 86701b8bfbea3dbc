import { createHmac } from 'node:crypto'
import { MemoryStore } from 'express-session'
import { describe, expect, it } from 'vitest'
import { createExpressStore } from '../../adapters/express-store.ts'
import { withSession } from '../../src/index.ts'
import { errorOf, rejectionOf } from '../fixtures/errors.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'
import { setUp, UNTIL, type Setting } from './fixture.ts'
import { expressStore, named, SECRET } from './libraries.ts'
import { readers } from './readers.ts'

const { write, read } = named('express-session')

const idOf = (header: string): string =>
  decodeURIComponent(header).slice('connect.sid=s:'.length).split('.')[0]!

const isThere = (id: string): Promise<boolean> =>
  new Promise((resolve) => expressStore.get(id, (_, found) => resolve(Boolean(found))))

function arrive({ manager }: Setting, header: string): Visitor {
  const visitor = createVisitor(manager)
  visitor.jar.take([`${header}; Path=/`])
  return visitor
}

/** A store that fails at one operation. */
function failing(operation: 'get' | 'destroy'): any {
  const store = Object.create(expressStore)
  store[operation] = (id: string, done: (error: Error) => void) => done(new Error(`leak ${id}`))
  return store
}

describe('expressSession()', () => {
  it('moves the record: it is gone once the new session is written', async () => {
    const header = await write({ user: 'fred' })
    const setting = setUp({ accept: [read()] })
    const session = await setting.manager.load(header)
    expect(await isThere(idOf(header))).toBe(true)
    await setting.manager.commit(session)
    expect(await isThere(idOf(header))).toBe(false)
    expect((await setting.manager.load(header)).populated).toBe(false)
    expect(setting.events).toEqual(['missed'])
  })

  it('leaves the record where a session is merely read', async () => {
    const header = await write({ user: 'fred' })
    const { manager } = setUp({ accept: [read()] })
    for (let time = 0; time < 2; time++)
      expect(await manager.read(header)).toEqual({ user: 'fred' })
    expect(await isThere(idOf(header))).toBe(true)
  })

  it('destroys the record with the session, read or not', async () => {
    const headers = [await write({ user: 'fred' }), await write({ user: 'wilma' })]
    const { manager } = setUp({ accept: [read()] })
    await arrive({ manager, events: [] }, headers[0]!).visit((session) => session.destroy())
    const handler = withSession(manager, (_, session) => {
      session.destroy()
      return new Response()
    })
    await handler(new Request('https://a.example/', { headers: { cookie: headers[1]! } }))
    for (const header of headers) expect(await isThere(idOf(header))).toBe(false)
  })

  it('keeps the record where the handler fails, or nothing could be written', async () => {
    const header = await write({ user: 'fred' })
    const { manager } = setUp({ accept: [read()] })
    const handler = withSession(manager, async (_, session) => {
      await session
      throw new Error('bug')
    })
    const request = new Request('https://a.example/', { headers: { cookie: header } })
    await expect(handler(request)).rejects.toThrow('bug')
    const session = await manager.load(header)
    session.fill = 'x'.repeat(5000)
    expect((await rejectionOf(manager.commit(session))).code).toBe('ERR_SESSION_TOO_LARGE')
    expect(await isThere(idOf(header))).toBe(true)
  })

  it.each(['throw', 'anonymous'] as const)(
    'fails with the old store, and tells nothing: onStoreError %s',
    async (onStoreError) => {
      const header = await write({ user: 'fred' })
      const mute = setUp({
        onStoreError,
        accept: [readers.expressSession({ keys: SECRET, store: failing('get') })],
      })
      const error = await rejectionOf(Promise.resolve(mute.manager.load(header)))
      expect(error.code).toBe('ERR_SESSION_STORE')
      expect(error.message).not.toContain(idOf(header))
      const stuck = setUp({
        onStoreError,
        accept: [readers.expressSession({ keys: SECRET, store: failing('destroy') })],
      })
      const session = await stuck.manager.load(header)
      expect((await rejectionOf(stuck.manager.commit(session))).code).toBe('ERR_SESSION_STORE')
      expect(await isThere(idOf(header))).toBe(true)
    },
  )

  it('goes on in the same store', async () => {
    const header = await write({ user: 'fred' })
    const store = createExpressStore(expressStore)
    const visitor = arrive(setUp({ accept: [read()], store }), header)
    const { session } = await visitor.visit()
    expect(session.externalKey).not.toBe(idOf(header))
    expect({ ...(await visitor.visit()).session }).toEqual({ user: 'fred' })
    expect(await isThere(idOf(header))).toBe(false)
  })

  it('asks the store for no id that is not signed', async () => {
    const asked: string[] = []
    const store = new MemoryStore()
    store.get = (id, done) => void (asked.push(id), done(null, null))
    const { manager } = setUp({ accept: [readers.expressSession({ keys: SECRET, store })] })
    const mac = (id: string): string =>
      createHmac('sha256', SECRET).update(id).digest('base64').replace(/=+$/, '')
    const values = [
      'an-id',
      's:an-id',
      `an-id.${mac('an-id')}`,
      `j:an-id.${mac('an-id')}`,
      `s:an-id.${mac('another')}`,
      `s:.${mac('')}`,
      `s:an-id.${mac('an-id')}=`,
      `s:an-id.${mac('an-id').slice(0, -1)}`,
    ]
    for (const value of values) await manager.load(`connect.sid=${encodeURIComponent(value)}`)
    await manager.load(`connect.sid=s:an-id.${mac('an-id')}`)
    expect(asked).toEqual([])
    for (const id of ['an-id', 'a.b.c.d.e', 'ž/+']) {
      await manager.load(`connect.sid=${encodeURIComponent(`s:${id}.${mac(id)}`)}`)
    }
    expect(asked).toEqual(['an-id', 'a.b.c.d.e', 'ž/+'])
  })

  it('believes the store where the record does not tell the end', async () => {
    const header = await write({ user: 'fred' }, SECRET, 600)
    const id = idOf(header)
    const record = await new Promise<any>((resolve) =>
      expressStore.get(id, (_, found) => resolve(found)),
    )
    // That of connect-redis: it forgets by itself, and leaves the record as it was.
    const store = new MemoryStore()
    const past = { ...record.cookie, expires: new Date(Date.now() - 1000).toISOString() }
    store.get = (_, done) => void done(null, { ...record, cookie: past })
    const load = async (expires: string): Promise<unknown> => {
      const accept = [readers.expressSession({ keys: SECRET, store, expires })]
      return (await setUp({ accept }).manager.load(header)).user
    }
    expect(await load('record')).toBe(undefined)
    expect(await load('store')).toBe('fred')
  })

  it.each([
    [{ keys: SECRET }, /expressSession.*"store" must be/],
    [{ keys: SECRET, store: {} }, /"store" must be/],
    [{ keys: SECRET, store: expressStore, expires: 'never' }, /"expires" must be/],
    [{ store: expressStore }, /"keys" must be/],
    [{ keys: SECRET, store: expressStore, until: UNTIL + 1e11 }, /90 days/],
    [{ keys: SECRET, store: expressStore, ttl: 1 }, /"ttl" is unknown/],
  ])('refuses options %#', (options, message) => {
    const error = errorOf(() => readers.expressSession(options))
    expect(error.code).toBe('ERR_SESSION_OPTIONS')
    expect(error.message).toMatch(message)
  })
})
