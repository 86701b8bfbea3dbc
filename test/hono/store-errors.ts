import { Hono } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import { session, type HonoSessionOptions } from '../../adapters/hono.ts'
import { SessionError, type SessionEvent } from '../../src/index.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { setCookies, Visitor, type Visit } from './fixture.ts'

function site(options: Partial<HonoSessionOptions>, heard = vi.fn<(error: Error) => void>()) {
  return new Hono()
    .use(session<Visit>({ secrets: SECRET, ...options } as HonoSessionOptions))
    .get('/count', async (c) => {
      const session = await c.var.session
      session.views = (session.views ?? 0) + 1
      return c.text(`${session.views}`)
    })
    .get('/catch', async (c) => {
      const session = await Promise.resolve(c.var.session).catch(() => null)
      return c.text(session ? 'fine' : 'without a session')
    })
    .get('/out', (c) => {
      c.var.session.destroy()
      return c.text('goodbye')
    })
    .get('/catch-and-out', async (c) => {
      await Promise.resolve(c.var.session).catch(() => {})
      c.var.session.destroy()
      return c.text('goodbye')
    })
    .get('/load-and-out', async (c) => {
      const session = await c.var.session
      session.destroy()
      return c.text('goodbye')
    })
    .get('/big', async (c) => {
      Object.assign(await c.var.session, { user: 'x'.repeat(5000) })
      return c.text('')
    })
    .get('/big-and-caught', async (c) => {
      const session = await c.var.session
      session.user = 'x'.repeat(5000)
      const error = await session.save().catch((error: unknown) => error as SessionError)
      session.user = error ? error.code : 'Ada'
      return c.text('')
    })
    .get('/user', async (c) => c.text(`${(await c.var.session).user}`))
    .onError((error, c) => {
      heard(error)
      return c.text(error instanceof SessionError ? error.code : error.message, 500)
    })
}

const down = (): never => {
  throw Object.assign(new Error('redis://user:password@host said no to sid'), { code: 'ECONN' })
}

async function visitorOf(app: ReturnType<typeof site>): Promise<Visitor> {
  const visitor = new Visitor(app)
  await visitor.visit('/count')
  return visitor
}

describe('a store that fails', () => {
  it('to get a record fails the handler that asks for it, once', async () => {
    const store = createRecordingStore()
    const heard = vi.fn<(error: Error) => void>()
    const visitor = await visitorOf(site({ store }, heard))
    store.instead.get = down
    const response = await visitor.visit('/count')

    expect(await response.text()).toBe('ERR_SESSION_STORE')
    expect(setCookies(response)).toEqual([])
    expect(heard).toHaveBeenCalledTimes(1)
    expect(heard.mock.calls[0]![0].message).toBe('The session store failed to get (Error ECONN).')
  })

  it('to get a record does not fail a handler that goes on without', async () => {
    const store = createRecordingStore()
    const visitor = await visitorOf(site({ store }))
    store.instead.get = down
    const response = await visitor.visit('/catch')

    expect(response.status).toBe(200)
    expect(await response.text()).toBe('without a session')
    expect(response.headers.get('vary')).toBe('Cookie')
  })

  it('does not stand in the way of routes without a session', async () => {
    const store = createRecordingStore()
    const app = site({ store }).get('/about', (c) => c.text('about'))
    const visitor = await visitorOf(app)
    store.instead = { get: down, set: down, destroy: down }

    expect(await visitor.read('/about')).toBe('about')
  })

  it('to set a record sends no cookie that names it', async () => {
    const store = createRecordingStore()
    store.instead.set = down
    const response = await new Visitor(site({ store })).visit('/count')

    expect(response.status).toBe(500)
    expect(await response.text()).toBe('ERR_SESSION_STORE')
    expect(setCookies(response)).toEqual([])
  })

  it.each(['/out', '/catch-and-out'])('at a logout still clears the cookie: %s', async (path) => {
    const store = createRecordingStore()
    const visitor = await visitorOf(site({ store }))
    store.instead = { get: path === '/out' ? undefined! : down, destroy: down }
    const response = await visitor.visit(path)

    expect(await response.text()).toBe('ERR_SESSION_STORE')
    expect(setCookies(response)).toEqual(['-__Host-sid'])
    expect(response.headers.get('cache-control')).toBe('private, no-store')
  })

  it('gives an anonymous session that is not saved, if onStoreError says so', async () => {
    const store = createRecordingStore()
    const events: SessionEvent[] = []
    const visitor = await visitorOf(
      site({ store, onStoreError: 'anonymous', on: onTrouble((event) => events.push(event)) }),
    )
    store.instead.get = down
    const response = await visitor.visit('/count')

    expect(await response.text()).toBe('1')
    expect(setCookies(response)).toEqual([])
    expect(store.operations()).toEqual(['set', 'get'])
    expect(events.map(({ type }) => type)).toEqual(['store-error'])
    delete store.instead.get
    expect(await visitor.read('/count')).toBe('2')
  })

  it('and is gone on without still lets a visitor log out', async () => {
    const store = createRecordingStore()
    const visitor = await visitorOf(site({ store, onStoreError: 'anonymous' }))
    store.instead.get = down
    const response = await visitor.visit('/load-and-out')

    expect(setCookies(response)).toEqual(['-__Host-sid'])
    expect(store.records.size).toBe(0)
  })

  it('is judged case by case by a function', async () => {
    const store = createRecordingStore()
    const onStoreError = vi.fn<(error: SessionError, operation: string) => 'anonymous' | 'throw'>(
      (_, operation) => (operation === 'get' ? 'anonymous' : 'throw'),
    )
    const visitor = await visitorOf(site({ store, onStoreError }))
    store.instead = { get: down }
    expect(await visitor.read('/count')).toBe('1')
    store.instead = { set: down }
    expect(await visitor.read('/count')).toBe('ERR_SESSION_STORE')
    expect(onStoreError.mock.calls.map(([, operation]) => operation)).toEqual(['get', 'set'])
  })

  it.each<[string, unknown]>([
    ['text', 'garbage'],
    ['a number', 1],
    ['true', true],
    ['a list', []],
    ['a list of records', [{ views: 1 }]],
    ['an expired record', { views: 8, _expire: 1 }],
    ['false', false],
    ['0', 0],
    ['nothing', undefined],
  ])('to answer a record, but answers %s, is a new session', async (_, answer) => {
    const store = createRecordingStore()
    const visitor = await visitorOf(site({ store }))
    store.instead.get = () => answer
    const response = await visitor.visit('/count')

    expect(await response.text()).toBe('1')
    expect(setCookies(response)).toEqual(['__Host-sid'])
  })
})

describe('a store that hangs', () => {
  const hanging = () => {
    const store = createRecordingStore()
    let tell = (): void => {}
    const called = new Promise<void>((resolve) => (tell = resolve))
    const hang = () => {
      tell()
      return new Promise(() => {})
    }
    return { store, called, hang }
  }

  it.each(['get', 'set', 'destroy'] as const)(
    'on %s is waited for as long as storeTimeout',
    async (operation) => {
      const { store, called, hang } = hanging()
      const visitor = await visitorOf(site({ store }))
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      store.instead[operation] = hang
      let answered = false
      const response = visitor.visit(operation === 'destroy' ? '/out' : '/count')
      void response.then(() => (answered = true))

      await called
      await vi.advanceTimersByTimeAsync(1999)
      expect(answered).toBe(false)
      await vi.advanceTimersByTimeAsync(1)
      expect(await (await response).text()).toBe('ERR_SESSION_TIMEOUT')
      expect(setCookies(await response)).toEqual(operation === 'destroy' ? ['-__Host-sid'] : [])
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  it('may be given another time, and be gone on without', async () => {
    const { store, called, hang } = hanging()
    const visitor = await visitorOf(site({ store, storeTimeout: 50, onStoreError: 'anonymous' }))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    store.instead.get = hang
    const body = visitor.read('/count')

    await called
    await vi.advanceTimersByTimeAsync(50)
    expect(await body).toBe('1')
  })

  it('leaves no timer behind when it answers in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const visitor = await visitorOf(site({ store: createRecordingStore() }))
    await visitor.visit('/count')

    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a session that is too large for a cookie', () => {
  it('fails the response and leaves the session as it was', async () => {
    const visitor = await visitorOf(site({}))
    const response = await visitor.visit('/big')

    expect(await response.text()).toBe('ERR_SESSION_TOO_LARGE')
    expect(setCookies(response)).toEqual([])
    expect(await visitor.read('/count')).toBe('2')
  })

  it('can be caught by the handler, which saves less', async () => {
    const visitor = new Visitor(site({}))

    expect(setCookies(await visitor.visit('/big-and-caught'))).toEqual(['__Host-sid'])
    expect(await visitor.read('/user')).toBe('ERR_SESSION_TOO_LARGE')
  })

  it('is no trouble in a store', async () => {
    const visitor = new Visitor(site({ store: createRecordingStore() }))

    expect(setCookies(await visitor.visit('/big'))).toEqual(['__Host-sid'])
  })

  it('by its id is refused before anything is stored', async () => {
    const store = createRecordingStore()
    const response = await new Visitor(site({ store, genid: () => 'x'.repeat(5000) })).visit(
      '/count',
    )

    expect(await response.text()).toBe('ERR_SESSION_TOO_LARGE')
    expect(store.operations()).toEqual([])
  })
})
