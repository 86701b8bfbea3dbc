import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createSessionManager,
  withSession,
  type SessionEvent,
  type SessionManager,
  type SessionOptions,
  type Store,
} from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createRevocation } from '../../src/revocation.ts'
import { createClock, DAY, HOUR, MINUTE } from '../fixtures/clock.ts'
import { Jar, parseSetCookie } from '../fixtures/cookies.ts'
import { errorOf, rejectionOf } from '../fixtures/errors.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

const clock = createClock()
const events: string[] = []
afterEach(() => void events.splice(0))

const BIG = 'x'.repeat(12_000)

/** A memory store that counts what is asked of it. */
function countingStore(): Store & { calls: string[] } {
  const store = createMemoryStore(clock)
  const calls: string[] = []
  const counted = Object.entries(store).map(([name, member]) => [
    name,
    typeof member === 'function'
      ? (...args: unknown[]) => {
          calls.push(name === 'compareAndSet' ? 'set' : name)
          return (member as (...args: unknown[]) => unknown)(...args)
        }
      : (member as unknown),
  ])
  return { ...Object.fromEntries(counted), calls }
}

interface Setting {
  manager: SessionManager<any, any>
  store: ReturnType<typeof countingStore>
  visitor: Visitor
  /** What the store was asked since, by the names of operations. */
  calls(): string[]
}

function setUp(options: Partial<SessionOptions> = {}): Setting {
  const store = countingStore()
  const on = onTrouble(({ type }) => events.push(type))
  const manager = createSessionManager<any, any>({
    secrets: SECRET,
    store,
    overflow: 'store',
    now: clock.now,
    on,
    ...options,
  })
  return { manager, store, visitor: createVisitor(manager), calls: () => store.calls.splice(0) }
}

const sizeOf = ([cookie]: string[]): number => cookie!.length

/** Whether a session's data are in the cookie: nothing else makes it long. */
const holdsData = (cookies: string[]): boolean => sizeOf(cookies) > 1000

/** A text that makes the session's cookie so long, from its name to its last attribute. */
async function fillOf(size: number): Promise<string> {
  const { manager } = setUp({ store: createMemoryStore(clock) })
  for (let length = Math.floor(((size - 400) * 3) / 4); ; length++) {
    const session = await manager.load(null)
    session.fill = 'x'.repeat(length)
    session.kind = 'text that is longer than the rest'
    const made = sizeOf(await manager.commit(session))
    if (made >= size || made < 1000) return 'x'.repeat(length - (made > size ? 1 : 0))
  }
}

describe('a session that may overflow', () => {
  it('asks nothing of the store while its cookie holds it', async () => {
    const { visitor, calls } = setUp()
    const { cookies } = await visitor.visit((session) => void (session.fill = 'x'.repeat(2000)))
    expect(holdsData(cookies)).toBe(true)
    await visitor.visit((session) => void (session.views = 1))
    await visitor.visit((session) => expect(session.views).toBe(1))
    expect((await visitor.peek()).externalKey).toBeUndefined()
    expect(calls()).toEqual([])
  })

  it.each<[string, (session: any) => unknown]>([
    ['under a new id', (session) => session.regenerate()],
    ['saved first', (session) => session.save()],
    [
      'saved first, and then under a new id',
      async (session) => {
        await session.save()
        await session.regenerate()
      },
    ],
  ])('comes back and moves again in one request: %s', async (_, act) => {
    const { visitor } = setUp()
    await visitor.visit((session) => void (session.fill = BIG))
    await visitor.visit(async (session) => {
      delete session.fill
      await act(session)
      await session.save()
      session.fill = `${BIG} again`
    })

    expect({ ...(await visitor.peek()) }).toEqual({ fill: `${BIG} again` })
    expect((await visitor.peek()).externalKey).toBeDefined()
  })

  it('moves to the store when it outgrows the cookie, in one write, and back in one', async () => {
    const { visitor, calls } = setUp()
    await visitor.visit((session) => void (session.user = 'ada'))
    const grown = await visitor.visit((session) => void (session.fill = BIG))
    expect([holdsData(grown.cookies), calls()]).toEqual([false, ['set']])
    expect({ ...(await visitor.peek()) }).toEqual({ user: 'ada', fill: BIG })
    expect((await visitor.peek()).externalKey).toMatch(/^[\w-]{43}$/)
    expect(calls()).toEqual(['get', 'get'])

    await visitor.visit((session) => void (session.views = 1))
    expect(calls()).toEqual(['get', 'set'])

    const shrunk = await visitor.visit((session) => void (session.fill = 'x'.repeat(1000)))
    expect([holdsData(shrunk.cookies), calls()]).toEqual([true, ['get', 'set']])
    expect(await visitor.peek()).toMatchObject({ user: 'ada', views: 1, isNew: false })
    expect((await visitor.peek()).externalKey).toBeUndefined()
    expect(calls()).toEqual([])
  })

  it('may be too large for its cookie from the start, and be ended and begun again', async () => {
    const { visitor, store, calls } = setUp()
    await visitor.visit((session) => void (session.fill = BIG))
    expect(calls()).toEqual(['set'])
    await visitor.visit((session) => {
      session.destroy()
      expect(session.externalKey).toBeUndefined()
      session.user = 'eve'
    })
    expect(calls()).toEqual(['get', 'destroy'])
    expect({ ...(await visitor.peek()) }).toEqual({ user: 'eve' })
    expect(store.calls).toEqual([])
  })

  it('is measured by the line, from the name to the last attribute: 4,096 bytes stay', async () => {
    const largest: number[] = []
    // Base64 goes in steps of one and two; the length of the name makes up for them.
    for (let extra = 0; extra < 8; extra++) {
      const { manager, calls } = setUp({ key: 's'.repeat(1 + extra) })
      let last = 0
      for (let length = 2600; ; length++) {
        const session = await manager.load(null)
        session.fill = 'x'.repeat(length)
        const cookies = await manager.commit(session)
        if (!holdsData(cookies)) break
        expect(calls()).toEqual([])
        last = sizeOf(cookies)
      }
      expect(calls()).toEqual(['set'])
      largest.push(last)
    }
    expect(Math.min(...largest)).toBeGreaterThanOrEqual(4095)
    expect(Math.max(...largest)).toBe(4096)
  })

  it('counts a domain that is long', async () => {
    const fill = await fillOf(4090)
    for (const [domain, place] of [
      [undefined, true],
      ['a'.repeat(60) + '.example', false],
    ] as const) {
      const { visitor } = setUp({ key: 'sid', domain: domain! })
      const { cookies } = await visitor.visit((session) => void (session.fill = fill))
      expect(holdsData(cookies)).toBe(place)
    }
  })

  it('comes back when it fills three quarters of the cookie, and not before', async () => {
    const { visitor, calls } = setUp()
    await visitor.visit((session) => void (session.fill = BIG))
    const almost = await visitor.visit((session) => void (session.fill = 'x'.repeat(2400)))
    expect(holdsData(almost.cookies)).toBe(false)
    calls()
    const back = await visitor.visit((session) => void (session.fill = 'x'.repeat(1700)))
    expect(holdsData(back.cookies)).toBe(true)
    expect(sizeOf(back.cookies)).toBeLessThanOrEqual(3072)
    calls()
    const fuller = await visitor.visit((session) => void (session.fill = 'x'.repeat(2400)))
    expect([holdsData(fuller.cookies), calls()]).toEqual([true, []])
  })

  it('keeps its flash, its own maxAge, and when it began, over both moves', async () => {
    const start = clock.now()
    const { visitor } = setUp({ absoluteMaxAge: 3 * DAY, rolling: true })
    await visitor.visit((session) => {
      session.maxAge = 2 * DAY
      session.flash('notice', 'Welcome')
    })
    for (const fill of [BIG, 'small', BIG, 'small']) {
      clock.pass(HOUR)
      await visitor.visit((session) => void (session.fill = fill))
      expect((await visitor.peek()).maxAge).toBe(2 * DAY)
    }
    expect((await visitor.peek()).flash('notice')).toBe('Welcome')
    clock.set(start + 2 * DAY + HOUR)
    await visitor.visit((session) => void (session.fill = BIG))
    clock.set(start + 3 * DAY - MINUTE)
    expect((await visitor.peek()).isNew).toBe(false)
    clock.set(start + 3 * DAY)
    expect((await visitor.peek()).isNew).toBe(true)
  })

  it('lasts as long as the browser is open, in both places', async () => {
    const { visitor } = setUp({ maxAge: 'session' })
    for (const fill of ['small', BIG, 'small']) {
      const { cookies } = await visitor.visit((session) => void (session.fill = fill))
      expect(cookies[0]).not.toContain('Max-Age')
    }
    expect((await visitor.peek()).maxAge).toBe('session')
  })

  it('is extended where it is', async () => {
    const { visitor, calls } = setUp({ rolling: true, touchAfter: HOUR })
    await visitor.visit((session) => void (session.user = 'ada'))
    await visitor.visit()
    expect(calls()).toEqual([])
    await visitor.visit((session) => void (session.fill = BIG))
    calls()
    clock.pass(HOUR)
    await visitor.visit()
    expect(calls()).toEqual(['get', 'touch'])
  })

  it('moves when nothing but its life was to be extended, too', async () => {
    const fill = await fillOf(4090)
    const store = countingStore()
    const narrow = setUp({ store, key: 'sid', rolling: true, touchAfter: 0 })
    await narrow.visitor.visit((session) => void (session.fill = fill))
    const wide = setUp({
      store,
      key: 'sid',
      rolling: true,
      touchAfter: 0,
      domain: `${'a'.repeat(60)}.example`,
    })
    const visitor = createVisitor(wide.manager)
    visitor.jar.take([`${narrow.visitor.jar.header}; Path=/`])
    store.calls.splice(0)
    const { cookies } = await visitor.visit()
    expect([holdsData(cookies), store.calls.splice(0)]).toEqual([false, ['set']])
    expect((await createVisitor(wide.manager).peek()).isNew).toBe(true)
    const key = parseSetCookie(cookies[0]!)
    expect((await wide.manager.load(`sid=${key.value}`)).fill).toBe(fill)
  })

  it('reads the same in both places', async () => {
    const { manager, visitor } = setUp()
    for (const fill of ['small', BIG, 'small']) {
      await visitor.visit((session) => void (session.fill = fill))
      expect(await manager.read(visitor.jar.header)).toEqual({ fill })
    }
  })

  it('may have a schema', async () => {
    const schema = z.object({ fill: z.string().default('') })
    const { visitor } = setUp({ schema })
    expect({ ...(await visitor.visit()).session }).toEqual({ fill: '' })
    for (const fill of ['small', BIG, 'small']) {
      await visitor.visit((session) => void (session.fill = fill))
      expect({ ...(await visitor.peek()) }).toEqual({ fill })
    }
  })
})

describe('requests that overlap a move', () => {
  async function race(fill: string, options: Partial<SessionOptions> = {}) {
    const setting = setUp(options)
    const { visitor, manager } = setting
    await visitor.visit((session) => void Object.assign(session, { user: 'ada', fill }))
    const { header } = visitor.jar
    return { ...setting, header, a: await manager.load(header), b: await manager.load(header) }
  }

  /** What a browser has that gets these cookies in turn. */
  async function after(manager: Setting['manager'], ...answers: string[][]): Promise<object> {
    const jar = new Jar()
    for (const cookies of answers) jar.take(cookies)
    return { ...(await manager.load(jar.header)) }
  }

  it('keep both changes where both outgrow the cookie', async () => {
    const { manager, a, b } = await race('small')
    a.left = BIG
    b.right = BIG
    const answers = [await manager.commit(a), await manager.commit(b)]
    const both = { user: 'ada', fill: 'small', left: BIG, right: BIG }
    expect(await after(manager, ...answers)).toEqual(both)
    expect(await after(manager, ...answers.toReversed())).toEqual(both)
    expect(events).toEqual([])
  })

  it('are a conflict there, too, where that is asked for', async () => {
    const { manager, a, b } = await race('small', { conflict: 'error' })
    a.fill = BIG
    b.fill = `${BIG}b`
    await manager.commit(a)
    expect(await rejectionOf(manager.commit(b))).toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
  })

  it('keep both changes where one brings the session back', async () => {
    const { manager, a, b } = await race(BIG)
    a.fill = 'small'
    b.views = 1
    const answers = [await manager.commit(a), await manager.commit(b)]
    expect(answers.map(holdsData)).toEqual([false, false])
    expect(await after(manager, ...answers)).toEqual({ user: 'ada', fill: 'small', views: 1 })
    expect(events).toEqual([])
  })

  it('keep a change that was made before the other brought the session back', async () => {
    const { manager, a, b } = await race(BIG)
    a.fill = 'small'
    b.views = 1
    const answers = [await manager.commit(b), await manager.commit(a)]
    expect(await after(manager, ...answers)).toEqual({ user: 'ada', fill: 'small', views: 1 })
    expect(events).toEqual([])
  })

  it('may come with the old cookie after the session came back: an answer may get lost', async () => {
    const { manager, header, a } = await race(BIG)
    a.fill = 'small'
    await manager.commit(a)
    const late = await manager.load(header)
    expect({ ...late }).toEqual({ user: 'ada', fill: 'small' })
    late.views = 1
    const cookies = await manager.commit(late)
    expect(await after(manager, cookies)).toEqual({ user: 'ada', fill: 'small', views: 1 })
  })

  it('lose no change to one that only makes the session live on', async () => {
    const { manager, header, a: mover } = await race(BIG, { rolling: true })
    mover.fill = 'small'
    await manager.commit(mover)
    const [reader, writer] = [await manager.load(header), await manager.load(header)]
    writer.views = 1
    const answers = [await manager.commit(writer), await manager.commit(reader)]

    expect(await after(manager, ...answers)).toEqual({ user: 'ada', fill: 'small', views: 1 })
  })

  it('are one after the other in the cookie: the last answer is the session', async () => {
    const { manager, a, b } = await race('small')
    a.left = 1
    b.fill = BIG
    const answers = [await manager.commit(a), await manager.commit(b)]
    expect(await after(manager, ...answers)).toEqual({ user: 'ada', fill: BIG })
    expect(await after(manager, ...answers.toReversed())).toEqual({
      user: 'ada',
      fill: 'small',
      left: 1,
    })
  })

  it('bring nothing back of an earlier stay in the store', async () => {
    const { visitor } = await race(BIG)
    await visitor.visit((session) => void Object.assign(session, { fill: 'small', views: 1 }))
    await visitor.visit((session) => void session.views++)
    await visitor.visit((session) => delete session.user)
    await visitor.visit((session) => void (session.fill = BIG))
    expect({ ...(await visitor.peek()) }).toEqual({ fill: BIG, views: 2 })
    expect(events).toEqual([])
  })

  it('bring nothing back of a move whose answer came before another', async () => {
    const { manager, visitor, a, b } = await race('small')
    a.fill = BIG
    b.views = 1
    await manager.commit(a)
    visitor.jar.take(await manager.commit(b))
    await visitor.visit((session) => void session.views++)
    await visitor.visit((session) => void (session.other = BIG))
    expect({ ...(await visitor.peek()) }).toEqual({
      user: 'ada',
      fill: 'small',
      views: 2,
      other: BIG,
    })
  })

  it('move into a store that forgets nothing by itself, and has one long over', async () => {
    const records = createRecordingStore()
    const compareAndSet: Store['compareAndSet'] = async (
      key,
      record,
      maxAge,
      previous,
      options,
    ) => {
      if ((records.records.get(key) ?? 'null') !== JSON.stringify(previous)) return false
      await records.set(key, record, maxAge, options)
      return true
    }
    for (const store of [records, { ...records, compareAndSet }]) {
      const { visitor } = setUp({ store, rolling: true })
      await visitor.visit((session) => void (session.fill = BIG))
      await visitor.visit((session) => void (session.fill = 'small'))
      for (let hours = 0; hours < 60; hours += 20) {
        clock.pass(20 * HOUR)
        await visitor.visit((session) => void (session.hours = hours))
      }
      await visitor.visit((session) => void (session.fill = BIG))
      expect({ ...(await visitor.peek()) }).toEqual({ fill: BIG, hours: 40 })
    }
    expect(events).toEqual([])
  })
})

describe('the end of a session that may overflow', () => {
  it('holds in the store: what was under way brings nothing back, be it small by then', async () => {
    for (const fill of [`${BIG}more`, 'small']) {
      const { visitor, manager, store } = setUp()
      await visitor.visit((session) => void (session.fill = BIG))
      const { header } = visitor.jar
      const slow = await manager.load(header)
      await visitor.visit((session) => session.destroy())
      slow.fill = fill
      expect(await manager.commit(slow)).toEqual([])
      expect((await manager.load(header)).isNew).toBe(true)
      expect(store.calls.filter((call) => call === 'destroy').length).toBe(1)
    }
  })

  it('takes along what is left in the store of an earlier stay', async () => {
    const { visitor, manager, calls } = setUp()
    await visitor.visit((session) => void (session.fill = BIG))
    const { header } = visitor.jar
    await visitor.visit((session) => void (session.fill = 'small'))
    calls()
    await visitor.visit((session) => session.destroy())
    expect([calls(), visitor.jar.size]).toEqual([['destroy'], 0])
    expect((await manager.load(header)).isNew).toBe(true)
  })

  it('takes it along without loading the session', async () => {
    const { visitor, manager } = setUp()
    await visitor.visit((session) => void (session.fill = BIG))
    const key = visitor.jar.header
    await visitor.visit((session) => void (session.fill = 'small'))
    const handler = withSession(manager, (_, session) => {
      session.destroy()
      return new Response()
    })
    const headers = { cookie: visitor.jar.header }
    const response = await handler(new Request('https://shop.example/', { headers }))
    expect(response.headers.getSetCookie()[0]).toContain('Max-Age=0')
    expect((await manager.load(key)).isNew).toBe(true)
  })

  it('clears the cookie although the store fails', async () => {
    const store = createRecordingStore()
    const { visitor, manager } = setUp({ store })
    await visitor.visit((session) => void (session.user = 'ada'))
    store.instead.destroy = () => Promise.reject(new Error('down'))
    const handler = withSession(manager, (_, session) => {
      session.destroy()
      return new Response()
    })
    const { error } = console
    console.error = () => {}
    const headers = { cookie: visitor.jar.header }
    const response = await handler(new Request('https://shop.example/', { headers }))
    console.error = error
    expect(response.status).toBe(500)
    expect(response.headers.getSetCookie()[0]).toContain('Max-Age=0')
  })

  it('comes with a new id, wherever the session is before and after', async () => {
    for (const [before, after] of [
      ['small', 'small'],
      ['small', BIG],
      [BIG, 'small'],
      [BIG, BIG],
    ]) {
      const { visitor, manager } = setUp()
      await visitor.visit((session) => void (session.fill = BIG))
      const first = visitor.jar.header
      await visitor.visit((session) => void (session.fill = before))
      await visitor.visit(async (session) => {
        await session.regenerate()
        session.fill = after
      })
      expect((await manager.load(first)).isNew).toBe(true)
      expect({ ...(await visitor.peek()) }).toEqual({ fill: after })
    }
  })

  it('takes along to a new id what another request has stored', async () => {
    const { visitor, manager } = setUp()
    await visitor.visit((session) => void (session.fill = BIG))
    const [a, b] = [await manager.load(visitor.jar.header), await manager.load(visitor.jar.header)]
    a.views = 1
    await manager.commit(a)
    await b.regenerate()
    b.fill = 'small'
    visitor.jar.take(await manager.commit(b))
    expect({ ...(await visitor.peek()) }).toEqual({ fill: 'small', views: 1 })
    a.views = 2
    expect(await manager.commit(a)).toEqual([])
    expect({ ...(await visitor.peek()) }).toEqual({ fill: 'small', views: 1 })
  })

  it('holds where a request of the old id comes from the cookie, and outgrows it', async () => {
    const { visitor, manager } = setUp()
    await visitor.visit((session) => void (session.fill = BIG))
    const a = await manager.load(visitor.jar.header)
    await visitor.visit((session) => void (session.fill = 'small'))
    const b = await manager.load(visitor.jar.header)
    await a.regenerate()
    visitor.jar.take(await manager.commit(a))
    b.fill = `${BIG}b`
    expect(await manager.commit(b)).toEqual([])
    expect(events).toEqual(['missed'])
    expect({ ...(await visitor.peek()) }).toEqual({ fill: 'small' })
  })

  it('is a login’s by itself, with `principal`', async () => {
    const principal = ({ user }: any): string | undefined => user
    const { visitor, manager, calls } = setUp({ principal })
    await visitor.visit((session) => void (session.fill = BIG))
    const first = visitor.jar.header
    await visitor.visit((session) => void (session.fill = 'small'))
    calls()
    await visitor.visit((session) => void (session.user = 'ada'))
    expect(calls()).toEqual(['destroy'])
    expect((await manager.load(first)).isNew).toBe(true)
    expect({ ...(await visitor.peek()) }).toEqual({ fill: 'small', user: 'ada' })
  })

  it('is heard by isRevoked, in the cookie and in the store', async () => {
    const principal = ({ user }: any): string | undefined => user
    const revocation = createRevocation(createMemoryStore(clock), { now: clock.now })
    const { isRevoked } = revocation
    for (const fill of ['small', BIG]) {
      const { visitor, manager } = setUp({ principal, isRevoked })
      await visitor.visit((session) => void Object.assign(session, { user: 'ada', fill }))
      const thief = visitor.jar.header
      await visitor.visit(async (session) => {
        await revocation.revoke(session)
        session.destroy()
      })
      expect((await manager.load(thief)).isNew).toBe(true)

      clock.pass(MINUTE)
      await visitor.visit((session) => void Object.assign(session, { user: 'ada', fill }))
      expect((await visitor.peek()).isNew).toBe(false)
      clock.pass(MINUTE)
      await revocation.revokeAll('ada')
      expect((await visitor.peek()).isNew).toBe(true)
      clock.pass(MINUTE)
    }
    expect(events).toContain('revoked')
  })

  it('cannot be had from a list: there is none of sessions in cookies', async () => {
    const { manager, visitor, calls } = setUp({ principal: ({ user }) => user })
    await visitor.visit((session) => void Object.assign(session, { user: 'ada', fill: BIG }))
    expect(calls()).toEqual(['set'])
    for (const call of [
      () => manager.list('ada'),
      () => manager.destroyAll('ada'),
      () => manager.destroy('id'),
    ]) {
      expect(await rejectionOf(call())).toMatchObject({
        code: 'ERR_SESSION_OPTIONS',
        message: expect.stringContaining('session-kit/revocation'),
      })
    }
  })
})

it('events tell where the session is', async () => {
  const told: string[] = []
  const on = ({ type, place }: SessionEvent): void => void told.push(`${type} ${place}`)
  const { visitor } = setUp({ on })
  const seen = async (act: (session: any) => unknown): Promise<string[]> => {
    await visitor.visit(act)
    return told.splice(0)
  }
  expect(await seen((session) => void (session.fill = 'small'))).toEqual([
    'load cookie',
    'created cookie',
    'commit cookie',
  ])
  expect(await seen((session) => void (session.fill = BIG))).toEqual([
    'loaded cookie',
    'load cookie',
    'store store',
    'commit store',
  ])
  expect(await seen((session) => void (session.fill = 'small'))).toEqual([
    'store store',
    'loaded store',
    'load store',
    'store store',
    'commit cookie',
  ])
  expect(await seen(() => {})).toEqual(['loaded cookie', 'load cookie', 'commit cookie'])
})

describe('a store that fails', () => {
  it('keeps a session from moving, and nothing is sent', async () => {
    const store = createRecordingStore()
    const { visitor, manager } = setUp({ store })
    await visitor.visit((session) => void (session.user = 'ada'))
    store.instead.set = () => Promise.reject(new Error('down'))
    const session = await manager.load(visitor.jar.header)
    session.fill = BIG
    expect(await rejectionOf(manager.commit(session))).toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect({ ...(await visitor.peek()) }).toEqual({ user: 'ada' })
  })

  it('is no matter of a session in its cookie', async () => {
    const down = (): Promise<never> => Promise.reject(new Error('down'))
    const store = createRecordingStore()
    Object.assign(store.instead, { get: down, set: down, destroy: down })
    const { visitor } = setUp({ store })
    await visitor.visit((session) => void (session.user = 'ada'))
    await visitor.visit((session) => void (session.views = 1))
    expect({ ...(await visitor.peek()) }).toEqual({ user: 'ada', views: 1 })
  })

  it('is left alone by a cookie that is over, or refused', async () => {
    const refusing = setUp({ valid: () => false })
    await refusing.visitor.visit((session) => void (session.user = 'ada'))
    expect((await refusing.visitor.peek()).isNew).toBe(true)
    expect([refusing.calls(), events.splice(0)]).toEqual([[], ['invalid']])
    const { visitor, calls } = setUp()
    await visitor.visit((session) => void (session.user = 'ada'))
    clock.pass(2 * DAY)
    expect((await visitor.peek()).isNew).toBe(true)
    expect([calls(), events]).toEqual([[], ['expired']])
  })
})

describe('the keys of the store', () => {
  it.each([[true], [false]])('begin with the prefix: hashed %s', async (hashedKeys) => {
    const store = createRecordingStore(hashedKeys)
    const { visitor, manager } = setUp({ store, prefix: 'app:' })
    await visitor.visit((session) => void (session.fill = BIG))
    await visitor.visit((session) => void (session.views = 1))
    expect([...store.records.keys()]).toEqual([expect.stringMatching(/^app:[\w-]{43}$/)])
    await visitor.visit((session) => session.destroy())
    expect(store.records.size).toBe(0)
    expect((await manager.load(visitor.jar.header)).isNew).toBe(true)
  })

  it.each<[string, Partial<SessionOptions>]>([
    ['a store alone', { overflow: 'error', prefix: 'app:' }],
    ['keys of an application’s making', { overflow: 'error', genid: () => 'k1' }],
    ['a cookie alone', { overflow: 'error', store: null }],
  ])('and sessions that were there before go on: %s', async (_, before) => {
    const store = createRecordingStore()
    const earlier = setUp({ store, ...before })
    await earlier.visitor.visit((session) => void (session.user = 'ada'))
    const { visitor } = setUp({ store, prefix: 'app:' })
    visitor.jar.take([`${earlier.visitor.jar.header}; Path=/`])
    await visitor.visit(async (session) => {
      expect({ ...session }).toEqual({ user: 'ada' })
      await session.save()
      session.views = 1
    })
    for (const fill of [BIG, 'small']) {
      await visitor.visit((session) => void (session.fill = fill))
      expect({ ...(await visitor.peek()) }).toEqual({ user: 'ada', views: 1, fill })
    }
  })
})

describe('an origin behind the handler', () => {
  it('has the last word where one of the two is in the cookie', async () => {
    for (const [edgeFill, originFill, expected] of [
      ['edge', BIG, BIG],
      [BIG, 'origin', 'origin'],
      ['edge', 'origin', 'origin'],
    ]) {
      const { manager, store } = setUp()
      const origin = withSession(manager, async (_, lazy) => {
        ;(await lazy).fill = originFill
        return new Response()
      })
      const edge = withSession(manager, async (request, lazy) => {
        ;(await lazy).fill = edgeFill
        return origin(request)
      })
      const first = await manager.load(null)
      first.user = 'ada'
      const jar = new Jar()
      jar.take(await manager.commit(first))
      const headers = { cookie: jar.header }
      const response = await edge(new Request('https://shop.example/', { headers }))
      jar.take(response.headers.getSetCookie())
      expect(await manager.load(jar.header)).toMatchObject({ user: 'ada', fill: expected })
      expect(events.splice(0)).toEqual(['conflict'])
      expect(store.calls.filter((call) => call === 'set').length).toBe(originFill === BIG ? 1 : 0)
    }
  })
})

describe('a session of any history', () => {
  const size = fc.constantFrom(0, 10, 1500, 2200, 2400, 2800, 3000, 12_000)
  const act = fc.oneof(
    fc.record({ act: fc.constant('fill' as const), size }),
    fc.record({ act: fc.constantFrom('read', 'count', 'save', 'regenerate', 'destroy', 'wait') }),
  )

  it.each<[string, () => Partial<SessionOptions>]>([
    ['with a store that compares', () => ({})],
    ['with a store of three methods', () => ({ store: createRecordingStore() })],
    ['rolling', () => ({ rolling: true })],
  ])('is what was put in it, wherever it is: %s', async (_, options) => {
    let moves = 0
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 14 }), async (acts) => {
        const { visitor, manager } = setUp(options())
        let model: Record<string, unknown> = {}
        let wasOut = false
        const over: string[] = []
        for (const one of acts) {
          const { header } = visitor.jar
          const { session } = await visitor.visit(async (session) => {
            expect({ ...session }).toEqual(model)
            if ('size' in one) model = { ...model, fill: 'x'.repeat(one.size) }
            else if (one.act === 'count') model = { ...model, n: Number(model['n'] ?? 0) + 1 }
            else if (one.act === 'destroy') model = {}
            if (one.act === 'regenerate') await session.regenerate()
            if (one.act === 'save') await session.save()
            if (one.act === 'destroy') session.destroy()
            else Object.assign(session, model)
          })
          if (one.act === 'wait') clock.pass(5 * HOUR)
          // A key that was given up opens nothing; a cookie with data may be copied at any time.
          if (/^(regenerate|destroy)$/.test(one.act) && wasOut) over.push(header)
          const isOut = session.externalKey !== undefined
          if (isOut !== wasOut) moves++
          wasOut = isOut
          expect(parseSetCookie(`${visitor.jar.header}; `).value.length).toBeLessThan(4096)
        }
        expect({ ...(await visitor.peek()) }).toEqual(model)
        for (const header of over) expect((await manager.load(header)).isNew).toBe(true)
      }),
      // However long it takes: they have to move often enough.
      { numRuns: 150, interruptAfterTimeLimit: 60_000 },
    )
    expect(moves).toBeGreaterThan(20)
  })
})

it('an error tells how many bytes there are, and what to do', async () => {
  const manager = createSessionManager<any>({ secrets: SECRET, now: clock.now })
  const session = await manager.load(null)
  session.fill = BIG
  expect((await rejectionOf(manager.commit(session))).message).toMatch(
    /^The session cookie has \d{5} bytes and browsers keep 4096: keep less in the session, or use a store\.$/,
  )
})

it('is refused at start where it cannot work', () => {
  const create = (options: Partial<SessionOptions>) => () =>
    createSessionManager({ secrets: SECRET, overflow: 'store', ...options })
  expect(errorOf(create({})).message).toContain('needs "store"')
})
