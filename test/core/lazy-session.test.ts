import { describe, expect, it } from 'vitest'
import { createLazySession, createSessionManager, type LazyHandle } from '../../src/index.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { createRecordingStore, type RecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'

async function setUp(): Promise<{ lazy: LazyHandle<any>; store: RecordingStore }> {
  const store = createRecordingStore()
  const manager = createSessionManager({ secrets: SECRET, store })
  const { jar, visit } = createVisitor(manager)
  await visit((session) => (session.user = 'fred'))
  store.calls.length = 0
  return { lazy: createLazySession(manager, () => jar.header, undefined), store }
}

describe('createLazySession', () => {
  it('has nothing to add to the response of a handler that did not use it', async () => {
    const { lazy, store } = await setUp()
    for (const handler of ['answered', 'failed', 'unanswered'] as const) {
      expect(await lazy.finish(handler)).toEqual({ cookies: [], used: false })
    }
    expect(lazy.due()).toEqual([])
    expect(store.calls).toEqual([])
  })

  it.each(['session', 'handle'])(
    'still has the cookies of a logout that the store failed: by the %s',
    async (by) => {
      const { lazy, store } = await setUp()
      const session = by === 'session' ? await lazy.session : undefined
      ;(session ?? lazy.session).destroy()
      store.instead.destroy = () => Promise.reject(new Error('down'))
      expect(await rejectionOf(lazy.finish('answered'))).toMatchObject({
        code: 'ERR_SESSION_STORE',
      })
      expect(lazy.due()).toEqual([expect.stringMatching(/^__Host-sid=; .*Max-Age=0/)])
    },
  )

  it('can be ended while the store still looks for it', async () => {
    const { lazy, store } = await setUp()
    const [record] = [...store.records.values()].map((json) => JSON.parse(json))
    store.instead.get = () => {
      lazy.session.destroy()
      return record
    }
    const session = await lazy.session
    expect(session.toJSON()).toEqual({})
    const { cookies } = await lazy.finish('answered')
    expect(cookies).toEqual([expect.stringContaining('Max-Age=0')])
    expect(store.operations()).toEqual(['get', 'destroy'])
    expect(store.records.size).toBe(0)
  })

  it('keeps of a failed handler a new id, without what it left half-done', async () => {
    const { lazy, store } = await setUp()
    const session = await lazy.session
    session.user = 'flo'
    session.half = 1
    await session.regenerate()
    const { cookies } = await lazy.finish('failed')
    expect(cookies).toHaveLength(1)
    expect(store.operations()).toEqual(['get', 'set', 'destroy'])
    expect([...store.records.values()].map((json) => JSON.parse(json))).toEqual([
      { user: 'fred', _expire: expect.any(Number), _maxAge: 86_400_000 },
    ])
  })

  it('keeps of an unanswered one nothing that no cookie could name', async () => {
    const { lazy, store } = await setUp()
    const session = await lazy.session
    await session.regenerate()
    await lazy.finish('unanswered')
    expect(store.records.size).toBe(0)
  })
})
