import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createKvSimulator } from '../../adapters/testing.ts'
import { createKvStore } from '../../adapters/workers-kv.ts'
import {
  createSessionManager,
  type SessionClaims,
  type SessionEvent,
  type SessionManager,
  type SessionOptions,
} from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createRevocation } from '../../src/revocation.ts'
import { createClock, DAY, HOUR, SECOND } from '../fixtures/clock.ts'
import { copyCookies, Jar } from '../fixtures/cookies.ts'
import { isOnWebCrypto } from '../fixtures/engine.ts'
import { errorOf } from '../fixtures/errors.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

const principal = (data: { user?: string }): string | undefined => data.user

function managerOf(options: Partial<SessionOptions>): SessionManager {
  return createSessionManager({ secrets: SECRET, key: 'sid', principal, ...options })
}

/** A visitor who has logged in. */
async function login(manager: SessionManager, user = 'ada'): Promise<Visitor> {
  const visitor = createVisitor(manager)
  await visitor.visit((session) => Object.assign(session, { user, token: 'hidden' }))
  return visitor
}

/** Who a browser's cookies are taken for. */
async function userOf({ peek }: Visitor): Promise<unknown> {
  return (await peek()).user
}

describe('isRevoked', () => {
  it('hears what the cookie says of a session, and none of its data', async () => {
    const { now, pass } = createClock()
    const heard: SessionClaims[] = []
    const isRevoked = (claims: SessionClaims): boolean => heard.push(claims) < 0
    const visitor = await login(managerOf({ now, isRevoked }))
    expect(heard).toEqual([])
    pass(HOUR)
    await visitor.visit((session) => (session.views = 1))
    pass(HOUR)
    await visitor.peek()
    const created = now() - 2 * HOUR
    expect(heard).toEqual([
      { id: expect.stringMatching(/^[\w-]{43}$/), created, issued: created, subject: 'ada' },
      { id: heard[0]!.id, created, issued: now() - HOUR, subject: 'ada' },
    ])
    expect(visitor.jar.header).not.toContain(heard[0]!.id)
  })

  it('is not asked for a session that is new, forged or over', async () => {
    const clock = createClock()
    let asked = 0
    const isRevoked = (): boolean => ++asked < 0
    const manager = managerOf({ now: clock.now, maxAge: HOUR, isRevoked })
    const { jar } = await login(manager)
    await manager.load(null)
    await manager.load(`${jar.header}x`)
    clock.pass(HOUR)
    await manager.load(jar.header)
    expect(asked).toBe(0)
  })

  it.each([true, 'false', undefined, null, 0, ''])(
    'lets nobody in with %j, and tells of it',
    async (answer) => {
      const events: SessionEvent[] = []
      let isSet = false
      const visitor = await login(
        managerOf({
          on: onTrouble((event) => events.push(event)),
          isRevoked: async () => (isSet ? (answer as boolean) : false),
        }),
      )
      expect(await userOf(visitor)).toBe('ada')
      isSet = true
      const { session } = await visitor.visit()
      expect([session.isNew, { ...session }]).toEqual([true, {}])
      expect(events).toMatchObject([{ type: 'revoked', place: 'cookie' }])
    },
  )

  const failures: [string, () => never | Promise<never>, string][] = [
    [
      'throws',
      () => {
        throw new Error(`GET ${SECRET} ada hidden`)
      },
      'ERR_SESSION_STORE',
    ],
    ['rejects', () => Promise.reject(new TypeError('ada hidden')), 'ERR_SESSION_STORE'],
    ['never answers', () => new Promise(() => {}), 'ERR_SESSION_TIMEOUT'],
  ]

  it.each(failures)('lets nobody in if it %s, and keeps quiet why', async (_, isRevoked, code) => {
    const { jar } = await login(managerOf({}))
    const failing = managerOf({ isRevoked, storeTimeout: 20 })
    const error = await failing.load(jar.header).catch((error) => error)
    expect(error).toMatchObject({ name: 'SessionError', code })
    expect(`${error.stack}${error.cause}`).not.toMatch(/hidden|ada /)
  })

  it.each(failures)(
    'gives nothing but a new session with onStoreError, if it %s',
    async (...row) => {
      const { jar } = await login(managerOf({}))
      const failing = createVisitor(
        managerOf({ isRevoked: row[1], storeTimeout: 20, onStoreError: 'anonymous' }),
      )
      copyCookies(jar, failing.jar)
      const before = failing.jar.header
      const { session, cookies } = await failing.visit((session) => (session.user ??= 'eve'))
      expect([session.isNew, session.user, cookies]).toEqual([true, 'eve', []])
      expect(failing.jar.header).toBe(before)
    },
  )
})

describe('a list of revoked sessions', () => {
  const setUp = (maxAge = DAY, options: Partial<SessionOptions> = {}) => {
    const clock = createClock()
    const store = createMemoryStore(clock)
    const revocation = createRevocation(store, { maxAge, now: clock.now })
    const { isRevoked } = revocation
    const manager = managerOf({ now: clock.now, maxAge, isRevoked, ...options })
    return { clock, store, manager, ...revocation }
  }

  it('ends every copy of a cookie at a logout, in a process that starts later, too', async () => {
    const { clock, store, manager, revoke } = setUp()
    const [ada, bob] = [await login(manager), await login(manager, 'bob')]
    const thief = createVisitor(manager)
    copyCookies(ada.jar, thief.jar)
    expect(await userOf(thief)).toBe('ada')
    await ada.visit(async (session) => {
      await revoke(session)
      session.destroy()
    })
    expect(ada.jar.size).toBe(0)
    expect(await userOf(thief)).toBeUndefined()
    expect(await userOf(bob)).toBe('bob')

    const { isRevoked } = createRevocation(store, { now: clock.now })
    const later = createVisitor(managerOf({ now: clock.now, isRevoked }))
    copyCookies(thief.jar, later.jar)
    expect(await userOf(later)).toBeUndefined()
  })

  it('ends what a request that was under way has sealed anew', async () => {
    const { manager, revoke } = setUp()
    const ada = await login(manager)
    const slow = await manager.load(ada.jar.header)
    slow.views = 1
    await revoke(await manager.load(ada.jar.header))
    ada.jar.take(await manager.commit(slow))
    expect(await userOf(ada)).toBeUndefined()
  })

  it("ends a user's sessions, and none that begins in a later second", async () => {
    const { clock, manager, revokeAll } = setUp()
    const [first, second, bob] = [
      await login(manager),
      await login(manager),
      await login(manager, 'bob'),
    ]
    clock.pass(300)
    await revokeAll('ada')
    expect(await Promise.all([first, second, bob].map(userOf))).toEqual([
      undefined,
      undefined,
      'bob',
    ])
    clock.pass(SECOND)
    expect(await userOf(await login(manager))).toBe('ada')
  })

  it('spares the session that asks for it, as it is or with a new id', async () => {
    const { manager, revokeAll } = setUp()
    const [own, other] = [await login(manager), await login(manager)]
    await own.visit((session) => revokeAll('ada', { except: session }))
    expect([await userOf(own), await userOf(other)]).toEqual(['ada', undefined])
    await own.visit(async (session) => {
      await session.regenerate()
      await revokeAll('ada', { except: session })
    })
    expect(await userOf(own)).toBe('ada')
  })

  it('does not take a session that has ended already', async () => {
    const { manager, revoke } = setUp()
    const session = await (await login(manager)).peek()
    session.destroy()
    await expect(revoke(session)).rejects.toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: 'revoke() has to come before session.destroy().',
    })
  })

  it('holds until no copy can be good, whenever that is looked at', async () => {
    const life = fc.integer({ min: 2, max: 40 * 86_400 }).map((seconds) => seconds * SECOND)
    const share = fc.double({ min: 0, max: 1.5, noNaN: true })
    const isAll = fc.boolean()
    const check = fc.asyncProperty(life, share, isAll, share, async (maxAge, age, all, later) => {
      const { clock, manager, revoke, revokeAll } = setUp(maxAge, { rolling: true })
      const ada = await login(manager)
      const thief = new Jar()
      copyCookies(ada.jar, thief)
      clock.pass(Math.floor(maxAge * Math.min(age, 0.9)))
      await ada.visit((session) => (all ? revokeAll('ada') : revoke(session)))
      clock.pass(Math.floor(maxAge * later))
      for (const { header } of [thief, ada.jar]) {
        expect((await manager.load(header)).user).toBeUndefined()
      }
    })
    await fc.assert(check, { numRuns: isOnWebCrypto ? 50 : 300 })
  })

  it('fails with its store: nobody gets in, nothing is told', async () => {
    const store = createRecordingStore()
    const { isRevoked, revoke } = createRevocation(store)
    const manager = managerOf({ isRevoked })
    const ada = await login(manager)
    store.instead = {
      get: () => Promise.reject(new Error('GET revoked:ada')),
      set: () => Promise.reject(new Error('SET revoked:ada')),
    }
    const fresh = await manager.load(null)
    for (const [operation, attempt] of [
      ['get', () => manager.load(ada.jar.header)],
      ['set', () => revoke(fresh)],
    ] as const) {
      const error = await attempt().then(String, (error) => error)
      expect(error).toMatchObject({
        code: 'ERR_SESSION_STORE',
        message: `The session store failed to ${operation} (Error).`,
      })
    }
    store.instead = { get: () => 'OK' }
    expect(await userOf(ada)).toBeUndefined()
  })

  it.each([
    ['as long as a cookie lives', { maxAge: HOUR }, HOUR],
    ['400 days, where nobody says', {}, 400 * DAY],
  ])('keeps hashes alone, for a minute more than: %s', async (_, options, longest) => {
    const store = createRecordingStore()
    const { now } = createClock()
    const { isRevoked, revoke, revokeAll } = createRevocation(store, { now, ...options })
    const ada = await login(managerOf({ isRevoked, now }))
    await ada.visit(async (session) => {
      await revoke(session)
      await revokeAll('ada', { except: session })
    })
    await userOf(ada)
    const life = longest + 60_000
    const record = { _expire: now() + life, _maxAge: life }
    const [one, all] = store.calls.map(({ key }) => key)
    expect(one).toMatch(/^revoked:[\w-]{43}$/)
    expect(all).toMatch(/^revoked-subject:[\w-]{43}$/)
    const get = { operation: 'get', maxAge: life, options: { rolling: false, ctx: undefined } }
    const set = {
      operation: 'set',
      maxAge: life,
      options: { rolling: false, changed: true, ctx: undefined },
    }
    expect(store.calls).toEqual([
      { ...get, key: one },
      { ...get, key: all },
      { ...set, key: one, record: { revoked: true, ...record } },
      { ...set, key: all, record: { before: now(), except: one!.slice(8), ...record } },
      { ...get, key: one },
      { ...get, key: all },
    ])
    expect(JSON.stringify(store.calls)).not.toMatch(/ada|hidden/)
  })

  it('is asked for one entry where a session is nobody’s', async () => {
    const store = createRecordingStore()
    const { isRevoked } = createRevocation(store)
    const claims = { id: 'x'.repeat(43), created: 0, issued: 0, subject: undefined }
    expect(await isRevoked(claims)).toBe(false)
    expect(store.calls.map(({ key }) => key)).toEqual([`revoked:${claims.id}`])
  })

  it.each([
    ['no object', true],
    ['no time', {}],
    ['text in place of a time', { before: '0' }],
    ['a spared id alone', { except: 'x'.repeat(43) }],
    ['nothing that compares', { before: Number.NaN }],
  ])('lets nobody in by an entry that holds %s', async (_, entry) => {
    const store = createRecordingStore()
    const { isRevoked } = createRevocation(store)
    store.instead.get = () => (store.calls.length === 1 ? null : entry)
    const claims = { id: 'x'.repeat(43), created: 1, issued: 1, subject: 'ada' }
    expect(await isRevoked(claims)).toBe(true)
  })

  it('ends at a moment what began in it, and nothing that began after it', async () => {
    const { now } = createClock()
    const { isRevoked, revokeAll } = createRevocation(createMemoryStore({ now }), { now })
    await revokeAll('ada')
    const claims = { id: 'x'.repeat(43), issued: now(), subject: 'ada' }
    for (const [created, isOver] of [
      [now() - 1, true],
      [now(), true],
      [now() + 1, false],
    ] as const) {
      expect(await isRevoked({ ...claims, created })).toBe(isOver)
    }
  })

  it.each([
    [undefined, 2000],
    [50, 50],
  ])('waits for its store no longer than it says: %j', async (storeTimeout, longest) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const store = createRecordingStore()
      store.instead.get = () => new Promise(() => {})
      const { isRevoked } = createRevocation(store, storeTimeout ? { storeTimeout } : {})
      const claims = { id: 'x'.repeat(43), created: 0, issued: 0, subject: undefined }
      const failing = isRevoked(claims).catch((error) => error)
      await vi.advanceTimersByTimeAsync(longest)
      expect(await failing).toMatchObject({
        code: 'ERR_SESSION_TIMEOUT',
        message: `The session store took longer than ${longest} ms to get.`,
      })
    } finally {
      vi.useRealTimers()
    }
  })

  it('is heard everywhere within a minute in Workers KV', async () => {
    const { now, pass } = createClock()
    const kv = createKvSimulator({ now, lag: 60_000, writeInterval: 0 })
    const at = (place: string) => {
      const revocation = createRevocation(createKvStore(kv.at(place)), { now })
      return { ...revocation, manager: managerOf({ now, isRevoked: revocation.isRevoked }) }
    }
    const [paris, tokyo] = [at('paris'), at('tokyo')]
    const ada = await login(paris.manager)
    const away = createVisitor(tokyo.manager)
    copyCookies(ada.jar, away.jar)
    expect(await userOf(away)).toBe('ada')
    await ada.visit(paris.revoke)
    expect(await userOf(ada)).toBeUndefined()
    pass(121_000)
    expect(await userOf(away)).toBeUndefined()
  })

  it.each([
    [undefined, {}, 'takes a store'],
    [null, {}, 'takes a store'],
    [{}, {}, 'takes a store'],
    [{ get() {} }, {}, 'takes a store'],
    [{ set() {} }, {}, 'takes a store'],
    [createMemoryStore(), { maxAge: 0 }, 'must be milliseconds'],
    [createMemoryStore(), { maxAge: NaN }, 'must be milliseconds'],
    [createMemoryStore(), { storeTimeout: 0 }, 'must be milliseconds'],
    [createMemoryStore(), { storeTimeout: -1 }, 'must be milliseconds'],
  ])('is not made of %j and %j', (store, options, fault) => {
    expect(errorOf(() => createRevocation(store as never, options))).toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: expect.stringMatching(`^createRevocation\\(\\).* ${fault}`),
    })
  })
})
