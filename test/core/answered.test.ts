/** What comes of a session when the response has gone: in a stream, or in work behind it. */
import { describe, expect, it } from 'vitest'
import {
  withSession,
  type LazySession,
  type SessionEvent,
  type SessionOptions,
} from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock, HOUR } from '../fixtures/clock.ts'
import { Jar } from '../fixtures/cookies.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'

type Visit = Record<string, any>
type Session = LazySession<Visit>

const TOO_LATE = { name: 'SessionError', code: 'ERR_SESSION_HEADERS_SENT' }
const LARGE = 'x'.repeat(6000)

const inCookies: [string, () => Partial<SessionOptions>][] = [
  ['a sealed cookie', () => ({})],
  ['a signed cookie', () => ({ encrypt: false })],
  ['a cookie that may overflow', () => ({ overflow: 'store', store: createMemoryStore() })],
]

const inStores: [string, () => Partial<SessionOptions>][] = [
  ['a store that compares', () => ({ store: createMemoryStore() })],
  ['a store of three methods', () => ({ store: createRecordingStore() })],
  ['a store, by a signed cookie', () => ({ encrypt: false, store: createMemoryStore() })],
]

/** A browser, at a site whose pages go on after their response. */
function createVisitor(given: Partial<SessionOptions>) {
  const jar = new Jar()
  const events: SessionEvent[] = []
  const options = { secrets: SECRET, on: (event: SessionEvent) => events.push(event), ...given }
  const visit = async (
    page: (session: Session) => unknown,
    later: (session: Session) => unknown = () => {},
  ): Promise<unknown> => {
    let lazy!: Session
    const handler = withSession<Visit>(options as SessionOptions, async (_, session) => {
      lazy = session
      await page(session)
      return new Response()
    })
    const request = new Request('https://example.com/')
    if (jar.header) request.headers.set('cookie', jar.header)
    const response = await handler(request)
    jar.take(response.headers.getSetCookie())
    return later(lazy)
  }
  return {
    events,
    visit,
    async data(): Promise<unknown> {
      let data: unknown
      await visit(async (session) => void (data = { ...(await session) }))
      return data
    },
  }
}

type Visitor = ReturnType<typeof createVisitor>

async function signedIn(given: Partial<SessionOptions>, more: object = {}): Promise<Visitor> {
  const visitor = createVisitor(given)
  await visitor.visit(
    async (session) => void Object.assign(await session, { user: 'ada', ...more }),
  )
  visitor.events.length = 0
  return visitor
}

const changes: [string, (session: Visit) => unknown][] = [
  ['save()', (session) => ((session['views'] = 1), session['save']())],
  ['update()', (session) => session['update']((session: Visit) => (session['views'] = 1))],
  [
    'manuallyCommit()',
    async (session) => {
      session['views'] = 1
      await session['manuallyCommit']()
    },
  ],
]

const moments: [string, (session: Session) => unknown][] = [
  ['before', (session) => session],
  ['afterwards alone', () => {}],
]

describe.each(moments)('a session that was loaded %s', (_, page) => {
  describe.each(inStores)('in %s', (_, options) => {
    it.each(changes)('keeps what %s saves after the response', async (_, change) => {
      const visitor = await signedIn(options())
      await visitor.visit(page, async (session) => change(await session))

      expect(await visitor.data()).toEqual({ user: 'ada', views: 1 })
    })

    it('keeps a message, and gives one up', async () => {
      const visitor = await signedIn(options())
      const flash = async (session: Session, ...message: [string?]): Promise<unknown> => {
        const loaded = (await session) as any
        const given = loaded.flash('notice', ...message)
        await loaded.save()
        return given
      }
      await visitor.visit(page, (session) => flash(session, 'Saved'))

      expect(await visitor.visit(page, (session) => flash(session))).toBe('Saved')
      expect(await visitor.visit(page, (session) => flash(session))).toBe(undefined)
    })

    it('is ended by destroy() and save()', async () => {
      const visitor = await signedIn(options())
      await visitor.visit(page, async (session) => {
        const loaded = await session
        loaded.destroy()
        await loaded.save()
      })

      expect(await visitor.data()).toEqual({})
    })

    it('is ended, and what begins then is refused', async () => {
      const visitor = await signedIn(options())
      const saved = visitor.visit(page, async (session) => {
        const loaded = await session
        loaded.destroy()
        loaded['user'] = 'grace'
        await loaded.save()
      })

      await expect(saved).rejects.toMatchObject(TOO_LATE)
      expect(await visitor.data()).toEqual({})
    })

    it('gets no new id, and keeps its own', async () => {
      const visitor = await signedIn(options())
      const saved = visitor.visit(page, async (session) => {
        const loaded = await session
        await loaded.regenerate()
        await loaded.save()
      })

      await expect(saved).rejects.toMatchObject(TOO_LATE)
      expect(await visitor.data()).toEqual({ user: 'ada' })
    })

    it('does not become another’s', async () => {
      const visitor = await signedIn({ ...options(), principal: (data: Visit) => data['user'] })
      const saved = visitor.visit(page, async (session) => {
        const loaded = await session
        loaded['user'] = 'grace'
        await loaded.save()
      })

      await expect(saved).rejects.toMatchObject(TOO_LATE)
      expect(await visitor.data()).toEqual({ user: 'ada' })
    })
  })

  describe.each(inCookies)('in %s', (_, options) => {
    it.each(changes)('tells that %s comes too late', async (_, change) => {
      const visitor = await signedIn(options())
      const saved = visitor.visit(page, async (session) => change(await session))

      await expect(saved).rejects.toMatchObject(TOO_LATE)
      expect(visitor.events.filter(({ type }) => type === 'commit').at(-1)).toMatchObject({
        outcome: 'failed',
      })
      expect(await visitor.data()).toEqual({ user: 'ada' })
    })

    it('tells that destroy() and save() come too late', async () => {
      const visitor = await signedIn(options())
      const saved = visitor.visit(page, async (session) => {
        const loaded = await session
        loaded.destroy()
        await loaded.save()
      })

      await expect(saved).rejects.toMatchObject(TOO_LATE)
      expect(visitor.events.map(({ type }) => type)).not.toContain('destroyed')
      expect(await visitor.data()).toEqual({ user: 'ada' })
    })
  })

  it.each([...inCookies, ...inStores])('is not begun: in %s', async (_, options) => {
    const given = options()
    const visitor = createVisitor(given)
    const saved = visitor.visit(page, async (session) => {
      const loaded = await session
      loaded['user'] = 'ada'
      await loaded.save()
    })

    await expect(saved).rejects.toMatchObject(TOO_LATE)
    expect(visitor.events.map(({ type }) => type)).not.toContain('created')
    expect((given.store as Partial<{ records: Map<string, string> }>)?.records?.size ?? 0).toBe(0)
  })

  it.each([...inCookies, ...inStores])(
    'need not be saved where it is new and empty: in %s',
    async (_, options) => {
      const visitor = createVisitor(options())
      await visitor.visit(page, async (session) => (await session).manuallyCommit())

      expect(await visitor.data()).toEqual({})
    },
  )

  it.each(inCookies)(
    'is no trouble if it was only looked at, and is due to be kept alive: in %s',
    async (_, options) => {
      const clock = createClock()
      const visitor = await signedIn({ ...options(), now: clock.now, rolling: true })
      clock.pass(HOUR)
      await visitor.visit(page, async (session) => (await session).manuallyCommit())

      expect(await visitor.data()).toEqual({ user: 'ada' })
    },
  )

  it('is changed where it is, when it has overflown to the store', async () => {
    const store = createMemoryStore()
    const visitor = await signedIn({ overflow: 'store', store }, { cart: LARGE })
    await visitor.visit(page, async (session) => {
      const loaded = await session
      delete loaded['cart']
      await loaded.save()
    })

    expect(await visitor.data()).toEqual({ user: 'ada' })
  })
})

it('c.var.session, or what withSession gives, cannot be ended by itself after the response', async () => {
  const visitor = await signedIn({ store: createMemoryStore() })
  const late = visitor.visit(
    () => {},
    (session) => session.destroy(),
  )

  await expect(late).rejects.toMatchObject(TOO_LATE)
  expect(await visitor.data()).toEqual({ user: 'ada' })
})
