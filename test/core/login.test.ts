import { describe, expect, it } from 'vitest'
import { createKvSimulator } from '../../adapters/testing.ts'
import { createKvStore } from '../../adapters/workers-kv.ts'
import {
  createSessionManager,
  type Session,
  type SessionManager,
  type SessionOptions,
} from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createRevocation } from '../../src/revocation.ts'
import { createClock, DAY, HOUR, MINUTE, SECOND, type Clock } from '../fixtures/clock.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

type Act = (session: Session) => unknown

/** What a late request with the old id comes to, where it has changed something. */
type Late = 'goes nowhere' | 'begins anew' | 'takes the place of the new one'

interface Kind {
  name: string
  options(clock: Clock): Partial<SessionOptions>
  /** Whether a copy of the old cookie is good for nothing from then on. */
  isDead: boolean
  late: Late
}

const kinds: Kind[] = [
  {
    name: 'in a store that compares',
    options: (clock) => ({ store: createMemoryStore(clock) }),
    isDead: true,
    late: 'goes nowhere',
  },
  {
    name: 'in a store that compares, by a signed cookie',
    options: (clock) => ({ store: createMemoryStore(clock), encrypt: false }),
    isDead: true,
    late: 'goes nowhere',
  },
  {
    name: 'in a store of three methods',
    options: () => ({ store: createRecordingStore() }),
    isDead: true,
    late: 'takes the place of the new one',
  },
  {
    name: 'in Workers KV',
    options(clock) {
      const { at } = createKvSimulator({ now: clock.now })
      return { store: createKvStore(at('here')) }
    },
    isDead: true,
    late: 'begins anew',
  },
  {
    name: 'in Workers KV, by a signed cookie',
    options(clock) {
      const { at } = createKvSimulator({ now: clock.now })
      return { store: createKvStore(at('here')), encrypt: false }
    },
    isDead: true,
    late: 'begins anew',
  },
  {
    name: 'in its cookie, with a store to overflow to',
    options: (clock) => ({ store: createMemoryStore(clock), overflow: 'store' }),
    isDead: false,
    late: 'takes the place of the new one',
  },
  {
    name: 'in its cookie',
    options: () => ({}),
    isDead: false,
    late: 'takes the place of the new one',
  },
  {
    name: 'in a signed cookie',
    options: () => ({ encrypt: false }),
    isDead: false,
    late: 'takes the place of the new one',
  },
]

const principal = (data: { user?: string }): string | undefined => data.user

interface Setting extends Visitor {
  manager: SessionManager<any>
  clock: Clock
  events: string[]
  /** What a cookie opens to. */
  behind(header: string): Promise<object>
}

async function setUp(kind: Kind, more: Partial<SessionOptions> = {}): Promise<Setting> {
  const clock = createClock()
  const events: string[] = []
  const manager = createSessionManager<any>({
    secrets: SECRET,
    now: clock.now,
    on: onTrouble(({ type }) => events.push(type)),
    ...kind.options(clock),
    ...more,
  })
  const visitor = createVisitor(manager)
  await visitor.visit((session) => (session.theme = 'dark'))
  clock.pass(MINUTE)
  const behind = async (header: string): Promise<object> => ({ ...(await manager.load(header)) })
  return { ...visitor, manager, clock, events, behind }
}

const logins: [string, Partial<SessionOptions>, Act][] = [
  [
    'by regenerate()',
    {},
    async (session) => {
      session.user = 'ada'
      await session.regenerate()
    },
  ],
  [
    'by regenerate(), first',
    {},
    async (session) => {
      await session.regenerate()
      session.user = 'ada'
    },
  ],
  ['by principal', { principal }, (session) => (session.user = 'ada')],
  [
    'by principal, and save()',
    { principal },
    async (session) => {
      session.user = 'ada'
      await session.save()
    },
  ],
  [
    'by principal, to be remembered',
    { principal },
    (session) => {
      session.user = 'ada'
      session.maxAge = 30 * DAY
    },
  ],
  [
    'by principal, in update()',
    { principal },
    (session) => session.update((session: any) => (session.user = 'ada')),
  ],
]

describe.each(kinds)('a session $name that gets a new id', (kind) => {
  describe.each(logins)('%s', (_, more, login) => {
    it('has it, with what was in it', async () => {
      const { visit, peek, jar } = await setUp(kind, more)
      const [before, { externalKey }] = [jar.header, await peek()]
      await visit(login)

      expect(await peek()).toMatchObject({ user: 'ada', theme: 'dark', isNew: false })
      expect(jar.header).not.toBe(before)
      if (externalKey) expect((await peek()).externalKey).not.toBe(externalKey)
    })

    it(`leaves the old one ${kind.isDead ? 'dead' : 'as it was'}`, async () => {
      const { visit, jar, behind } = await setUp(kind, more)
      const before = jar.header
      await visit(login)

      expect(await behind(before)).toEqual(kind.isDead ? {} : { theme: 'dark' })
      expect(await behind(jar.header)).toMatchObject({ user: 'ada' })
    })
  })

  it('does so once: the second commit of a request does not', async () => {
    const { visit, peek, clock } = await setUp(kind, { principal })
    let key: string | undefined
    await visit(async (session) => {
      session.user = 'ada'
      await session.save()
      key = session.externalKey
      clock.pass(2 * SECOND)
      session.n = 1
    })
    expect(await peek()).toMatchObject({ user: 'ada', n: 1 })
    expect((await peek()).externalKey).toBe(key)
  })

  it('gets another when somebody else logs in, and when nobody is logged in any more', async () => {
    if (!kind.isDead) return
    const { visit, jar, behind } = await setUp(kind, { principal })
    for (const user of ['ada', 'bob', undefined]) {
      const before = jar.header
      await visit((session) => (session.user = user))
      expect(await behind(before)).toEqual({})
      expect(await behind(jar.header)).toEqual({ theme: 'dark', ...(user && { user }) })
    }
  })

  it('has it where beforeSave logs somebody in', async () => {
    const beforeSave = (_: unknown, session: Session): void => {
      if (session.n) session.user = 'ada'
    }
    const { visit, jar, behind } = await setUp(kind, { principal, beforeSave })
    const before = jar.header
    await visit((session) => (session.n = 1))
    expect(await behind(jar.header)).toEqual({ theme: 'dark', n: 1, user: 'ada' })
    expect(await behind(before)).toEqual(kind.isDead ? {} : { theme: 'dark' })
  })

  describe('a request under way with the old id', () => {
    const start = async (login: Act, act: Act, rolling = false) => {
      const setting = await setUp(kind, { rolling })
      const { manager, jar, visit } = setting
      if (rolling) setting.clock.pass(23 * HOUR)
      const late = await manager.load(jar.header)
      await visit(login)
      // Workers KV takes one write a second to a key.
      setting.clock.pass(2 * SECOND)
      await act(late)
      const cookies = await manager.commit(late)
      return { ...setting, late, cookies }
    }
    const login = logins[0]![2]

    it('that only read it sends nothing and undoes nothing', async () => {
      const { cookies, late, peek } = await start(login, () => {})
      expect(late).toMatchObject({ theme: 'dark' })
      expect(cookies).toEqual([])
      expect(await peek()).toMatchObject({ user: 'ada' })
    })

    it.each<[string, Act, boolean]>([
      ['changed something', (session) => (session.n = 1), false],
      ['saved it', (session) => session.save(), false],
      ['wanted it to live longer', (session) => (session.maxAge = 2 * DAY), false],
      ['left a message', (session) => session.flash('note', 'hi'), false],
      ['wanted a new id, too', (session) => session.regenerate(), false],
      ['read it, where each response saves it', () => {}, true],
    ])(`that ${'%s'}: ${kind.late}`, async (_, act, rolling) => {
      const { cookies, jar, peek, events, behind } = await start(login, act, rolling)
      const isLogin = { user: 'ada', theme: 'dark' }

      if (kind.late === 'goes nowhere') {
        expect(cookies).toEqual([])
        expect(events).toEqual(['missed'])
        expect({ ...(await peek()) }).toEqual(isLogin)
        return
      }
      // Its cookie may arrive after that of the login; nobody is logged in by it.
      const before = jar.header
      expect(await behind(before)).toEqual(isLogin)
      jar.take(cookies)
      const data = { ...(await peek()) } as { user?: string }
      expect(data.user).toBe(undefined)
    })

    it.each<[string, Act]>([
      ['logs out', (session) => session.destroy()],
      [
        'logs out when it may have heard that there is nothing to end',
        async (session) => {
          await session.save()
          session.destroy()
        },
      ],
    ])(
      'that %s: ends nothing but that, and leaves the browser without a cookie',
      async (_, act) => {
        const { cookies, jar, behind, peek } = await start(login, act)
        expect(await behind(jar.header)).toMatchObject({ user: 'ada' })

        // Which cookie the browser has by then nobody tells: a logout holds, rather than a login.
        jar.take(cookies)
        expect(jar.header).toBe('')
        expect((await peek()).isNew).toBe(true)
      },
    )
  })
})

describe('a session in its cookie, with isRevoked', () => {
  it('has no old id that is good for anything', async () => {
    const clock = createClock()
    const { isRevoked, revoke } = createRevocation(createMemoryStore(clock), { now: clock.now })
    const manager = createSessionManager<any>({ secrets: SECRET, now: clock.now, isRevoked })
    const { visit, jar, peek } = createVisitor(manager)
    await visit((session) => (session.theme = 'dark'))
    const before = jar.header
    const late = await manager.load(before)
    await visit(async (session) => {
      await revoke(session)
      session.user = 'ada'
      await session.regenerate()
    })
    expect(await peek()).toMatchObject({ user: 'ada' })
    expect((await manager.load(before)).isNew).toBe(true)
    late.n = 1
    const [cookie] = await manager.commit(late)
    expect((await manager.load(cookie!.split(';')[0])).isNew).toBe(true)
  })
})

describe('a change that is made again', () => {
  it('gives a new id where only what others stored makes it a login', async () => {
    const clock = createClock()
    const store = createMemoryStore(clock)
    const manager = createSessionManager<any>({ secrets: SECRET, store, now: clock.now, principal })
    const { visit, peek, jar } = createVisitor(manager)
    await visit((session) => (session.n = 0))
    const before = jar.header
    const { externalKey } = await peek()
    await visit((session) =>
      session.update(async (one: any) => {
        if (one.invited) one.user = one.invited
        else {
          one.n++
          const other = await manager.load(before)
          other.invited = 'ada'
          await manager.commit(other)
        }
      }),
    )
    expect(await peek()).toMatchObject({ user: 'ada', invited: 'ada' })
    expect((await peek()).externalKey).not.toBe(externalKey)
    expect({ ...(await manager.load(before)) }).toEqual({})
    expect(await manager.list('ada')).toHaveLength(1)
  })
})
