import { describe, expect, it, vi } from 'vitest'
import { createSessionManager, type SessionOptions } from '../../src/index.ts'
import { createClock, HOUR, MINUTE } from '../fixtures/clock.ts'
import { cookieHeader, parseSetCookie } from '../fixtures/cookies.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

const modes: [string, () => Partial<SessionOptions>][] = [
  ['sealed', () => ({})],
  ['signed', () => ({ encrypt: false })],
  ['store', () => ({ store: createRecordingStore() })],
  ['store, signed', () => ({ encrypt: false, store: createRecordingStore(true) })],
]

interface Setting extends Visitor {
  events: string[]
  header(): string
}

function setUp(options: Partial<SessionOptions> = {}): Setting {
  const events: string[] = []
  const on = onTrouble(({ type }) => events.push(type))
  const manager = createSessionManager({ secrets: SECRET, now: createClock().now, on, ...options })
  const visitor = createVisitor(manager)
  return { ...visitor, events, header: () => visitor.jar.header }
}

describe.each(modes)('a manager: %s', (_, options) => {
  it('makes a new session of nothing, and sends nothing until something is in it', async () => {
    const { visit, events } = setUp(options())
    const { session, cookies } = await visit()
    expect(session.isNew).toBe(true)
    expect(session.toJSON()).toEqual({})
    expect(cookies).toEqual([])
    expect(events).toEqual([])
  })

  it('loads what it committed', async () => {
    const { visit, peek, events } = setUp(options())
    await visit((session) => Object.assign(session, { user: 'fred', list: [1, { a: null }] }))
    const session = await peek()
    expect(session.isNew).toBe(false)
    expect(session.toJSON()).toEqual({ user: 'fred', list: [1, { a: null }] })
    expect(events).toEqual([])
  })

  it('takes the Cookie header as text, in several lines, or not at all', async () => {
    const config = { secrets: SECRET, now: createClock().now, ...options() }
    const manager = createSessionManager(config)
    const visitor = createVisitor(manager)
    await visitor.visit((session) => (session.user = 'fred'))
    const lines = ['a=1; b=2', ...visitor.jar.header.split('; ')]
    for (const header of [lines, lines.join('; '), Object.freeze(lines.toReversed())]) {
      expect((await manager.load(header)).user).toBe('fred')
    }
    for (const header of [null, undefined, '', []]) {
      expect((await manager.load(header)).isNew).toBe(true)
    }
  })

  it('has nothing to say the second time', async () => {
    const acts: ((session: any) => unknown)[] = [
      (session) => (session.user = 'fred'),
      () => {},
      (session) => (session.user = 'flo'),
      (session) => session.save(),
      (session) => session.regenerate(),
      (session) => (session.maxAge = HOUR),
      (session) => session.flash('note', 'hi'),
      (session) => session.flash('note'),
      (session) => session.destroy(),
    ]
    for (const more of [{}, { rolling: true }, { renew: true }]) {
      const manager = createSessionManager({
        secrets: SECRET,
        now: createClock().now,
        ...options(),
        ...more,
      })
      const visitor = createVisitor(manager)
      for (const act of acts) {
        const { session } = await visitor.visit(act)
        expect(await manager.commit(session)).toEqual([])
        expect(await manager.commit(session)).toEqual([])
      }
    }
  })

  it('commits what changed since the last commit', async () => {
    const manager = createSessionManager({ secrets: SECRET, ...options() })
    const session = await manager.load(null)
    session.n = 1
    const first = await manager.commit(session)
    session.n = 2
    const second = await manager.commit(session)
    expect(second.length).toBe(first.length)
    expect((await manager.load(cookieHeader(second))).n).toBe(2)
    session.destroy()
    const third = await manager.commit(session)
    expect(third.length).toBe(first.length)
    expect(third.every((cookie) => cookie.includes('Max-Age=0'))).toBe(true)
  })

  it('clears a cookie that opens to nothing when the session is ended, and no other', async () => {
    const { visit, jar } = setUp(options())
    expect((await visit((session) => session.destroy())).cookies).toEqual([])
    jar.take(['__Host-sid=junk; Path=/'])
    const { cookies } = await visit((session) => session.destroy())
    expect(cookies[0]).toMatch(/^__Host-sid=; .*Max-Age=0/)
    expect(jar.size).toBe(0)
  })

  it('sets a forged cookie aside, and says so', async () => {
    const { visit, peek, jar, events } = setUp(options())
    await visit((session) => (session.user = 'fred'))
    const forged = jar.header.replace(/=(.)/, (_, letter) => `=${letter === 'A' ? 'B' : 'A'}`)
    jar.take(forged.split('; ').map((pair) => `${pair}; Path=/`))
    expect((await peek()).toJSON()).toEqual({})
    expect(events).toEqual(['tampered'])
    const { session } = await visit((session) => (session.user = 'flo'))
    expect(session.isNew).toBe(false)
    expect((await peek()).user).toBe('flo')
  })

  it('opens a cookie of an older secret and makes it anew, for no longer', async () => {
    const clock = createClock()
    const base = { ...options(), now: clock.now, maxAge: HOUR }
    const visitor = createVisitor(createSessionManager({ ...base, secrets: SECRETS[1]! }))
    await visitor.visit((session) => (session.user = 'fred'))
    clock.pass(40 * MINUTE)
    const rotated = createSessionManager({ ...base, secrets: [SECRETS[0]!, SECRETS[1]!] })
    const session = await rotated.load(visitor.jar.header)
    expect(session.user).toBe('fred')
    const cookies = await rotated.commit(session)
    expect(parseSetCookie(cookies[0]!).attributes.get('max-age')).toBe(String(20 * 60))
    const newest = createSessionManager({ ...base, secrets: SECRETS[0]! })
    const again = await newest.load(cookieHeader(cookies))
    expect(again.user).toBe('fred')
    expect(await newest.commit(again)).toEqual([])
    clock.pass(20 * MINUTE + 1)
    expect((await newest.load(cookieHeader(cookies))).isNew).toBe(true)
  })

  it('loses no session while secrets are rolled out one server after another', async () => {
    const [old, next] = SECRETS as [string, string]
    const base = { ...options(), now: createClock().now, rolling: true }
    const server = (secrets: string[]): Visitor =>
      createVisitor(createSessionManager({ ...base, secrets }))
    const phases = [
      [server([old]), server([old, next])],
      [server([old, next]), server([next, old])],
      [server([next, old]), server([next])],
    ]
    const { jar, visit } = phases[0]![0]!
    await visit((session) => (session.n = 0))
    let cookies: string[] = []
    for (let request = 0; request < 201; request++) {
      const visitor = phases[Math.floor(request / 67)]![request % 2]!
      visitor.jar.take(
        cookies.length ? cookies : jar.header.split('; ').map((one) => `${one}; Path=/; Secure`),
      )
      const answer = await visitor.visit((session) => session.n++)
      expect(answer.session.n).toBe(request + 1)
      cookies = answer.cookies
    }
  })

  it('serves 300 requests at once without mixing them up', async () => {
    const config = { secrets: SECRET, now: createClock().now, ...options() }
    const manager = createSessionManager(config)
    const visitors = Array.from({ length: 100 }, () => createVisitor(manager))
    await Promise.all(
      visitors.map((visitor, user) => visitor.visit((session) => (session.user = user))),
    )
    await Promise.all(
      visitors.map((visitor, user) => visitor.visit((session) => (session.friend = user))),
    )
    const sessions = await Promise.all(visitors.map((visitor) => visitor.peek()))
    expect(sessions.map((session) => session.toJSON())).toEqual(
      visitors.map((_, user) => ({ user, friend: user })),
    )
  })

  it('asks `valid` before it lets a session in', async () => {
    const config = { secrets: SECRET, now: createClock().now, ...options() }
    const visitor = createVisitor(createSessionManager(config))
    await visitor.visit((session) => (session.user = 'fred'))
    for (const verdict of [false, 0, null, Promise.resolve(false), true, 1, Promise.resolve('x')]) {
      const valid = vi.fn<() => unknown>(() => verdict)
      const events: string[] = []
      const on = onTrouble(({ type }) => events.push(type))
      const manager = createSessionManager({ ...config, valid, on })
      const session = await manager.load(visitor.jar.header, 'ctx')
      expect(valid).toHaveBeenCalledWith('ctx', expect.objectContaining({ user: 'fred' }))
      expect(session.isNew).toBe(!(await verdict))
      expect(events).toEqual((await verdict) ? [] : ['invalid'])
      if (!(await verdict)) await visitor.visit((session) => (session.user = 'fred'))
    }
  })

  it('calls `beforeSave` before it saves, and not otherwise', async () => {
    const beforeSave = vi.fn<(ctx: unknown, session: any) => Promise<void>>(async (_, session) => {
      await Promise.resolve()
      session.savedBy = 'hook'
    })
    const { visit, peek } = setUp({ ...options(), beforeSave })
    await visit()
    expect(beforeSave).not.toHaveBeenCalled()
    await visit((session) => (session.user = 'fred'))
    expect(beforeSave).toHaveBeenCalledTimes(1)
    expect((await peek()).toJSON()).toEqual({ user: 'fred', savedBy: 'hook' })
    expect((await visit()).cookies).toEqual([])
    await visit((session) => session.destroy())
    expect(beforeSave).toHaveBeenCalledTimes(1)
  })

  it('saves, for a new life, though `beforeSave` undoes what changed', async () => {
    const clock = createClock()
    const beforeSave = (_ctx: unknown, session: any): void => void (session.n = 0)
    const { visit, peek } = setUp({ ...options(), beforeSave, maxAge: HOUR, now: clock.now })
    await visit((session) => (session.user = 'fred'))
    clock.pass(HOUR - MINUTE)
    const { cookies } = await visit((session) => (session.n = 1))
    expect(parseSetCookie(cookies[0]!).attributes.get('max-age')).toBe('3600')
    clock.pass(HOUR - MINUTE)
    expect((await peek()).toJSON()).toEqual({ user: 'fred', n: 0 })
  })

  it('writes nothing if `beforeSave` fails', async () => {
    const store = options().store && createRecordingStore()
    const beforeSave = (): never => {
      throw new RangeError('no')
    }
    const more = { ...options(), beforeSave, ...(store && { store }) }
    const manager = createSessionManager({ secrets: SECRET, ...more })
    const session = await manager.load(null)
    session.user = 'fred'
    await expect(manager.commit(session)).rejects.toThrow(RangeError)
    expect(store?.operations() ?? []).toEqual([])
  })

  it('refuses data that are no JSON, writes nothing, and goes on once they are', async () => {
    const store = options().store && createRecordingStore()
    const config = { secrets: SECRET, ...options(), ...(store && { store }) }
    const manager = createSessionManager(config)
    const session = await manager.load(null)
    session.user = 'fred'
    session.self = session
    expect(await rejectionOf(manager.commit(session))).toMatchObject({ code: 'ERR_SESSION_DATA' })
    session.self = 1n
    expect(await rejectionOf(manager.commit(session))).toMatchObject({ code: 'ERR_SESSION_DATA' })
    expect(store?.operations() ?? []).toEqual([])
    delete session.self
    expect((await manager.load(cookieHeader(await manager.commit(session)))).user).toBe('fred')
  })
})

describe('two managers with one secret', () => {
  it('have nothing to do with each other if their keys differ', async () => {
    const admin = createSessionManager({ secrets: SECRET, key: 'admin' })
    const visitor = createVisitor(createSessionManager({ secrets: SECRET, key: 'visit' }))
    await visitor.visit((session) => (session.admin = true))
    const header = visitor.jar.header
    expect((await admin.load(header)).isNew).toBe(true)
    expect((await admin.load(header.replace('visit=', 'admin='))).isNew).toBe(true)
  })
})

describe('commit()', () => {
  it.each([{}, Object.create(null), { user: 'ada' }])('takes sessions alone', async (thing) => {
    const manager = createSessionManager({ secrets: SECRET })
    await expect(manager.commit(thing as never)).rejects.toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: 'This is no session: take what `load()` gave.',
    })
  })
})
