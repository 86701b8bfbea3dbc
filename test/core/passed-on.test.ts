import { describe, expect, it } from 'vitest'
import {
  createSessionManager,
  withSession,
  type Session,
  type SessionManager,
  type SessionOptions,
} from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { yieldsTo } from '../../src/passed-on.ts'
import { cookieHeader, Jar, parseSetCookie } from '../fixtures/cookies.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'

type Act = (session: Session) => unknown

const nothing: Act = () => {}
const read: Act = (session) => session.user

/** An edge in front of an origin, with the same options, and a browser that is logged in. */
async function setUp(options: Partial<SessionOptions> = {}) {
  const events: string[] = []
  const common = { key: 'sid', secrets: SECRET, ...options }
  let [before, there, after]: [Act, Act, Act] = [nothing, nothing, nothing]
  let extra: string[] = []
  const origin = withSession(common, async (_, session) => {
    if (there !== nothing) await there(await session)
    return new Response('from the origin')
  })
  const edge = withSession(
    { ...common, on: onTrouble(({ type }) => events.push(type)) },
    async (request, session) => {
      if (before !== nothing) await before(await session)
      const response = await origin(request)
      for (const cookie of extra) response.headers.append('set-cookie', cookie)
      if (after !== nothing) await after(await session)
      return response
    },
  )
  const jar = new Jar()
  const visit = async (acts: { before?: Act; there?: Act; after?: Act }, given: string[] = []) => {
    ;[before, there, after] = [acts.before ?? nothing, acts.there ?? nothing, acts.after ?? nothing]
    extra = given
    const headers = new Headers(jar.size ? { cookie: jar.header } : {})
    const response = await edge(new Request('http://edge.test/', { headers }))
    const cookies = response.headers.getSetCookie()
    jar.take(cookies)
    return cookies
  }
  await visit({ there: (session) => Object.assign(session, { user: 'Ada', n: 0 }) })
  const data = async (): Promise<unknown> => {
    let seen: unknown
    await visit({ before: (session) => (seen = { ...session }) })
    return seen
  }
  return { jar, visit, data, events }
}

/** A store with three methods and no more. */
const plain = (): ReturnType<typeof createRecordingStore> => createRecordingStore()

const kinds: [string, () => Partial<SessionOptions>][] = [
  ['in a sealed cookie', () => ({})],
  ['in a signed cookie', () => ({ encrypt: false })],
  ['in a store that compares', () => ({ store: createMemoryStore() })],
  ['in a store with three methods', () => ({ store: plain() })],
]

describe.each(kinds)('a session %s that an origin saves behind the handler', (_, options) => {
  it.each<[string, object]>([
    ['read', {}],
    ['read, where each response saves it', { rolling: true }],
  ])('goes out as the origin has it, if it was %s here', async (_, more) => {
    const { visit, data, events } = await setUp({ ...options(), ...more })
    const there: Act = (session) => (session.n = 1)
    expect(namesOf(await visit({ before: read, there }))).toHaveLength(
      options().encrypt === false ? 2 : 1,
    )
    await visit({ there: (session) => (session.n += 1), after: read })
    expect(await data()).toEqual({ user: 'Ada', n: 2 })
    expect(events).toEqual([])
  })

  it('begins there', async () => {
    const { jar, visit, data } = await setUp(options())
    jar.take(['sid=; Path=/; Max-Age=0', 'sid.sig=; Path=/; Max-Age=0'])
    await visit({ before: read, there: (session) => (session.user = 'Flo') })
    expect(await data()).toEqual({ user: 'Flo' })
  })

  it('ends, if it is ended there', async () => {
    const { jar, visit, data } = await setUp(options())
    const before = jar.header
    await visit({ before: (session) => (session.n = 1), there: (session) => session.destroy() })
    expect(jar.size).toBe(0)
    expect(await data()).toEqual({})
    if (!options().store) return
    jar.take(before.split('; '))
    expect(await data()).toEqual({})
  })

  it('ends, if it is ended here', async () => {
    const { jar, visit, data } = await setUp(options())
    const before = jar.header
    await visit({ before: (session) => session.destroy(), there: (session) => (session.n = 1) })
    expect(jar.size).toBe(0)
    expect(await data()).toEqual({})
    if (!options().store) return
    jar.take(before.split('; '))
    expect(await data()).toEqual({})
  })

  it('has its new id, if it gets one here', async () => {
    const { jar, visit, data } = await setUp(options())
    const before = jar.header
    await visit({
      before: async (session) => {
        session.user = 'Flo'
        await session.regenerate()
      },
      there: (session) => (session.n = 1),
    })
    expect(await data()).toMatchObject({ user: 'Flo' })
    if (!options().store) return
    jar.take(before.split('; '))
    expect(await data()).toEqual({})
  })

  it('keeps under its new id what was changed there if a store can merge, else tells', async () => {
    const { visit, data, events } = await setUp(options())
    await visit({
      before: async (session) => {
        session.cart = ['tea']
        await session.regenerate()
      },
      there: (session) => (session.n = 1),
    })
    const merges = options().store?.compareAndSet !== undefined
    expect(await data()).toEqual({ user: 'Ada', n: merges ? 1 : 0, cart: ['tea'] })
    expect(events).toEqual(merges ? [] : ['conflict'])
  })

  it('has its new id if it was only saved there, of which no conflict is told if that shows', async () => {
    const { visit, data, events } = await setUp({ ...options(), rolling: true, touchAfter: 0 })
    const cookies = await visit({ before: (session) => session.regenerate(), there: read })
    expect(cookies).not.toEqual([])
    expect(await data()).toEqual({ user: 'Ada', n: 0 })
    const shows = !options().store || options().store!.compareAndSet
    expect(events).toEqual(shows ? [] : ['conflict'])
  })

  it('has its new id, if it gets one there, and takes nothing along from here', async () => {
    const { jar, visit, data } = await setUp(options())
    const before = jar.header
    await visit({
      before: (session) => (session.cart = ['tea']),
      there: async (session) => {
        session.user = 'Flo'
        await session.regenerate()
      },
    })
    expect(await data()).toEqual({ user: 'Flo', n: 0 })
    if (!options().store) return
    jar.take(before.split('; '))
    expect(await data()).toEqual({})
  })

  it('keeps what was changed there, and what was changed here if a store can merge', async () => {
    const { visit, data, events } = await setUp(options())
    const cookies = await visit({
      before: (session) => (session.cart = ['tea']),
      there: (session) => (session.n = 1),
    })
    const merges = options().store?.compareAndSet !== undefined
    expect(await data()).toEqual({ user: 'Ada', n: 1, ...(merges && { cart: ['tea'] }) })
    expect(events).toEqual(merges ? [] : ['conflict'])
    expect(new Set(namesOf(cookies)).size).toBe(cookies.length)
  })

  it('replaces a cookie of its name that is no session', async () => {
    const { visit, data } = await setUp(options())
    await visit({ before: (session) => (session.n = 1) }, [
      'sid=other; Path=/',
      'sid.sig=x; Path=/',
    ])
    expect(await data()).toEqual({ user: 'Ada', n: 1 })
  })
})

describe('a signature that an origin sends alone, for a key that is no longer the newest', () => {
  it('goes through with a session that was read', async () => {
    const { jar, visit, data } = await setUp({ encrypt: false })
    const signature = jar.header.split('; ')[1]!
    expect(await visit({ before: read }, [`${signature}; path=/`])).toEqual([
      `${signature}; path=/`,
    ])
    expect(await data()).toEqual({ user: 'Ada', n: 0 })
  })

  it('gives way to that of a session that was changed', async () => {
    const { jar, visit, data } = await setUp({ encrypt: false })
    const signature = jar.header.split('; ')[1]!
    await visit({ before: (session) => (session.n = 1) }, [`${signature}; path=/`])
    expect(await data()).toEqual({ user: 'Ada', n: 1 })
  })
})

describe('a session that is saved before the request is passed on', () => {
  it('goes out with the last of the two cookies', async () => {
    const { visit, data } = await setUp({ store: createMemoryStore() })
    await visit({
      before: async (session) => {
        session.cart = ['tea']
        await session.save()
      },
      there: (session) => (session.n = (session.cart as string[]).length),
    })
    expect(await data()).toEqual({ user: 'Ada', n: 1, cart: ['tea'] })
  })
})

describe('yieldsTo', () => {
  const saved = async (manager: SessionManager): Promise<string[]> => {
    const session = await manager.load(null)
    session.user = 'Flo'
    return manager.commit(session)
  }

  it('tells of no conflict where a session was not even begun here', async () => {
    const events: string[] = []
    const on = onTrouble(({ type }) => events.push(type))
    const manager = createSessionManager({ secrets: SECRET, on })
    expect(await yieldsTo(await saved(manager), await manager.load(null))).toBe(true)
    expect(events).toEqual([])
  })

  it.each([
    ['in a cookie', {}],
    ['in a store that compares, as another session', { store: createMemoryStore() }],
  ])('gives up what was changed, with a conflict, if it was saved there %s', async (_, options) => {
    const events: string[] = []
    const on = onTrouble(({ type }) => events.push(type))
    const manager = createSessionManager({ secrets: SECRET, on, ...options })
    const session = await manager.load(cookieHeader(await saved(manager)))
    session.n = 1
    expect(await yieldsTo(await saved(manager), session)).toBe(true)
    expect(events).toEqual(['conflict'])
  })

  it('needs nobody who listens', async () => {
    const manager = createSessionManager({ secrets: SECRET })
    const session = await manager.load(null)
    session.n = 1
    expect(await yieldsTo(await saved(manager), session)).toBe(true)
  })

  it('gives a new id up if the session was ended there', async () => {
    const manager = createSessionManager({ key: 'sid', secrets: SECRET })
    const session = await manager.load(cookieHeader(await saved(manager)))
    await session.regenerate()
    expect(await yieldsTo(['sid=; Path=/; Max-Age=0'], session)).toBe(true)
    expect(await yieldsTo(await saved(manager), session)).toBe(false)
  })
})

function namesOf(cookies: string[]): string[] {
  return cookies.map((cookie) => parseSetCookie(cookie).name)
}
