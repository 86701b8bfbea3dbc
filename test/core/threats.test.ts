import { describe, expect, it } from 'vitest'
import { takeSnapshot } from '../../src/decide.ts'
import {
  createSessionManager,
  withSession,
  type SessionEvent,
  type SessionOptions,
} from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createRevocation } from '../../src/revocation.ts'
import { createClock, DAY } from '../fixtures/clock.ts'
import { cookieHeader } from '../fixtures/cookies.ts'
import { isOnWebCrypto } from '../fixtures/engine.ts'
import { onTrouble } from '../fixtures/events.ts'
import { patience, report, runsOf, seed } from '../fixtures/properties.ts'
import { createRandom, randomData } from '../fixtures/random.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { createSealedReader, ID } from '../fixtures/sealed-reader.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'

const random = createRandom(seed)
const { now } = createClock()

const modes: [string, () => Partial<SessionOptions>][] = [
  ['sealed', () => ({})],
  ['signed', () => ({ encrypt: false })],
  ['store', () => ({ store: createRecordingStore() })],
  ['store, signed', () => ({ store: createRecordingStore(), encrypt: false })],
]

describe.each(modes.slice(2))('an id that is a weapon: %s', (_, options) => {
  /** Ways out of a folder, of a query, of a line, of a key; and ids that look like any other. */
  const weapons = [
    '../',
    '..%2f..%2fetc%2fpasswd',
    '\0',
    '*',
    '?',
    '[a-z]',
    "' OR 1=1 --",
    '\r\nDEL x',
    '$(id)',
    '{{7*7}}',
    '__proto__',
    'constructor',
    'A'.repeat(600),
    '🐎'.repeat(50),
    ID,
    'sess:1',
  ]
  const ids = Array.from({ length: 300 }, (_, n) => {
    const at = random(40)
    return n < weapons.length ? weapons[n]! : ID.slice(0, at) + weapons[n % 14] + ID.slice(at + 3)
  })

  it('reaches no store: 300 of them', async () => {
    const { store, ...rest } = options() as { store: ReturnType<typeof createRecordingStore> }
    const manager = createSessionManager({ secrets: SECRET, key: 'sid', now, store, ...rest })
    for (const id of ids) {
      for (const header of [
        `sid=${id}`,
        `sid=${id}; sid.sig=${id}`,
        `sid=${Buffer.from(id).toString('base64url')}`,
        `sid=eyJ9..${id}.${id}.${id}`,
      ]) {
        const session = await manager.load(header)
        expect(session.isNew).toBe(true)
        session.destroy()
        await manager.commit(session)
      }
    }
    expect(store.calls).toEqual([])
  })
})

describe.each(modes)('a flood: %s', (_, options) => {
  it('of 10,000 visits without a cookie, 10,000 with a bad one, 1,000 logouts is nothing', async () => {
    const config = options()
    const store = config.store as ReturnType<typeof createRecordingStore> | undefined
    const events: SessionEvent[] = []
    const on = onTrouble((event) => events.push(event))
    const manager = createSessionManager({ secrets: SECRET, key: 'sid', now, on, ...config })
    let sent = 0
    const visits = isOnWebCrypto ? 1000 : 10_000
    for (let n = 0; n < visits; n++) {
      for (const header of [null, `sid=${'A'.repeat(n % 500)}.${n}; sid.sig=${n}`]) {
        sent += (await manager.commit(await manager.load(header))).length
      }
      if (n % 10) continue
      const session = await manager.load(null)
      session.destroy()
      sent += (await manager.commit(session)).length
    }
    expect(sent).toBe(0)
    expect(store?.calls ?? []).toEqual([])
    expect(events).toHaveLength(visits)
  })
})

describe('a change of one leaf', () => {
  type Path = (string | number)[]
  const leaves = (value: unknown, path: Path = []): Path[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
      : [path]

  it(
    'is a change of the session, and no change is none',
    async () => {
      let missed = 0
      let imagined = 0
      const pairs = runsOf('changes of one leaf')
      const compare = (): void => {
        const data = randomData(random)
        const before = takeSnapshot(data, {})
        if (takeSnapshot(structuredClone(data), {}) !== before) imagined++
        const all = leaves(data)
        const path = all[random(all.length)]!
        const parent = path.slice(0, -1).reduce<any>((value, key) => value[key], data)
        const last = path.at(-1)!
        const old = parent[last]
        parent[last] =
          typeof old === 'number' ? old + 1 : typeof old === 'string' ? `${old}\u0000` : [old]
        if (takeSnapshot(data, {}) === before) missed++
      }
      await report('changes of one leaf', pairs, () => {
        for (let pair = 0; pair < pairs; pair++) compare()
        expect([missed, imagined]).toEqual([0, 0])
      })
    },
    patience,
  )
})

describe.each(modes)('1,000 requests at once, each as slow as it likes: %s', (_, options) => {
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, random(20)))

  it('are each served their own session', async () => {
    const config = options()
    const { store } = config as { store?: ReturnType<typeof createRecordingStore> }
    if (store) {
      for (const method of ['get', 'set'] as const) {
        const real = store[method] as (...given: unknown[]) => unknown
        Object.assign(store, {
          async [method](...given: unknown[]) {
            await pause()
            return real(...given)
          },
        })
      }
    }
    const handler = withSession({ secrets: SECRET, now, ...config }, async (request, lazy) => {
      const name = new URL(request.url).pathname.slice(1)
      const session = await lazy
      await pause()
      const found = session.user
      session.user = name
      await pause()
      return Response.json({ found, user: session.user })
    })
    const visit = async (user: number, cookie: string): Promise<[any, string]> => {
      const request = new Request(`https://a.example/user-${user}`, { headers: { cookie } })
      await pause()
      const response = await handler(request)
      return [await response.json(), cookieHeader(response.headers.getSetCookie())]
    }
    const users = Array.from({ length: 1000 }, (_, user) => user)
    const first = await Promise.all(users.map((user) => visit(user, '')))
    const second = await Promise.all(users.map((user) => visit(user, first[user]![1])))
    expect(second.map(([{ found }]) => found)).toEqual(users.map((user) => `user-${user}`))
    expect(second.map(([{ user }]) => user)).toEqual(users.map((user) => `user-${user}`))
  }, 60_000)
})

describe('cookies of one name', () => {
  it('cost four decryptions, though 500 of them come', async () => {
    const { format, seal, engine } = createSealedReader()
    const [good, other] = [await seal({ a: 1 }), await seal({ a: 2 }, { id: 'z'.repeat(43) })]
    for (const header of [
      `sid=${good}; `.repeat(500).slice(0, 65_536),
      [good, ...Array<string>(499).fill('junk')].map((value) => `sid=${value}`).join('; '),
      `${`sid=${other}; sid=${good}; `.repeat(100)}`,
    ]) {
      engine.reset()
      await format.open(header, undefined)
      expect(engine.counts.open).toBeLessThanOrEqual(4)
    }
  })

  it('one of this site and one of a site that embeds it, are one session or none', async () => {
    // A browser that keeps partitioned cookies apart sends both, and tells neither from the other.
    const options = { secrets: SECRET, key: '__Host-sid', now, sameSite: 'none' } as const
    const plain = createSessionManager(options)
    const embedded = createSessionManager({ ...options, partitioned: true })
    const visitors = [createVisitor(plain), createVisitor(embedded)] as const
    await visitors[0].visit((session) => (session.user = 'ada'))
    await visitors[1].visit((session) => (session.user = 'bob'))
    const [own, theirs] = visitors.map(({ jar }) => jar.header)
    for (const header of [`${own}; ${theirs}`, `${theirs}; ${own}`]) {
      expect((await plain.load(header)).user).toBe(undefined)
    }
    expect((await plain.load(`${own}; ${own}`)).user).toBe('ada')
  })
})

describe('a cookie in parts', () => {
  it.each([
    ['sid.0 and sid.1', (value: string) => `sid.0=${value.slice(0, 99)}; sid.1=${value.slice(99)}`],
    ['sid0 and sid1', (value: string) => `sid0=${value.slice(0, 99)}; sid1=${value.slice(99)}`],
    ['sidC1', (value: string) => `sid=${value.slice(0, 99)}; sidC1=${value.slice(99)}`],
    ['a count of parts', () => 'sid=__chunked__999999; sid-1=x'],
    ['chunks', () => 'sid=chunks-999999; sidC1=x'],
    ['5,000 parts', () => Array.from({ length: 5000 }, (_, n) => `sid.${n}=x`).join('; ')],
  ])('is none: %s', async (_, part) => {
    const { format, seal, engine } = createSealedReader()
    const value = await seal({ a: 1 })
    engine.reset()
    expect(await format.open(part(value), undefined)).not.toMatchObject({ id: ID })
    expect(engine.total()).toBe(0)
  })
})

describe('a session from before the second factor', () => {
  /** A page for who is wholly logged in. */
  const guard = (session: { user?: string; isPending?: boolean }): number =>
    session.user && !session.isPending ? 200 : 403

  it.each(['in a store', 'in its cookie'])('is good for nothing after it: %s', async (place) => {
    const clock = createClock()
    const { isRevoked, revoke } = createRevocation(createMemoryStore(clock), clock)
    const kept = place === 'in a store' ? { store: createMemoryStore(clock) } : { isRevoked }
    const { now } = clock
    const manager = createSessionManager<any>({ secrets: SECRET, key: 'sid', now, ...kept })
    const { visit, jar, peek } = createVisitor(manager)
    await visit((session) => Object.assign(session, { user: 'ada', isPending: true }))
    expect(guard((await peek()) as object)).toBe(403)
    const copy = jar.header

    clock.pass(1000)
    await visit(async (session) => {
      delete session.isPending
      if (place === 'in its cookie') await revoke(session)
      await session.regenerate()
    })
    expect(guard((await peek()) as object)).toBe(200)
    expect((await manager.load(copy)).user).toBe(undefined)
  })
})

describe('a session in its cookie, changed by two requests at once', () => {
  it('is what the last answer says', async () => {
    const manager = createSessionManager({ secrets: SECRET, key: 'sid', now })
    const { visit, jar, peek } = createVisitor(manager)
    await visit((session) => (session.n = 0))
    const [one, two] = [await manager.load(jar.header), await manager.load(jar.header)]
    one.a = 1
    two.b = 2
    const cookies = [await manager.commit(one), await manager.commit(two)]
    for (const lines of cookies) jar.take(lines)
    expect({ ...(await peek()) }).toEqual({ n: 0, b: 2 })
  })
})

describe('how long a store keeps a record', () => {
  it(
    'is longer than its session lives, and never odd',
    async () => {
      const spans = [1, 999, 1000, 60_000, 3_600_000, DAY, 30 * DAY, 400 * DAY]
      const span = (): number =>
        Math.ceil(spans[random(spans.length)]! * (random(1000) / 1000 || 1))
      const odd: unknown[] = []
      const settings = runsOf('how long a record is kept')
      const judge = async (): Promise<void> => {
        const maxAge = random(4) ? span() : ('session' as const)
        const absoluteMaxAge = random(2) ? span() : null
        const own = random(3) ? undefined : span()
        const start = random(2) ? now() : 2 ** (31 + random(2)) * 1000
        const clock = createClock(start)
        const store = createRecordingStore()
        // Without secrets of its own to derive: the signed format is quicker, where it will do.
        const encrypt = absoluteMaxAge !== null
        const config = { secrets: SECRET, store, maxAge, absoluteMaxAge, encrypt, now: clock.now }
        const manager = createSessionManager(config)
        const session = await manager.load(null)
        session.n = 1
        if (own) session.maxAge = own
        await manager.commit(session)
        const [{ maxAge: kept, record }] = store.calls as [(typeof store.calls)[0]]
        const idle = own ?? (maxAge === 'session' ? (absoluteMaxAge ?? 30 * DAY) : maxAge)
        const life = Math.min(idle, absoluteMaxAge ?? Infinity)
        const isSane = kept === life + 10_000 && Number.isFinite(kept) && (kept as number) > 10_000
        const ends = record._session ? isBrowser(own, maxAge) : record._expire === start + life
        if (!isSane || !ends) odd.push({ maxAge, absoluteMaxAge, own, kept, record })
      }
      await report('how long a record is kept', settings, async () => {
        for (let setting = 0; setting < settings; setting++) await judge()
        expect(odd).toEqual([])
      })
    },
    patience,
  )

  const isBrowser = (own: number | undefined, maxAge: unknown): boolean =>
    own === undefined && maxAge === 'session'

  it('does not bring back a session whose time is over', async () => {
    const clock = createClock()
    const store = createRecordingStore()
    const { visit, peek } = createVisitor(
      createSessionManager({ secrets: SECRET, store, now: clock.now }),
    )
    await visit((session) => (session.user = 'ada'))
    clock.pass(DAY)
    expect(store.records.size).toBe(1)
    expect((await peek()).user).toBe(undefined)
  })
})
