import { Hono } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import { session, type SessionVariables } from '../adapters/hono.ts'
import { eggEncrypted, koaSigned } from '../adapters/legacy.ts'
import { createReader } from '../adapters/legacy/reader.ts'
import { withSession } from '../src/index.ts'
import { yieldsTo } from '../src/passed-on.ts'
import { createClock, DAY, HOUR } from './fixtures/clock.ts'
import { parseSetCookie } from './fixtures/cookies.ts'
import { SECRET } from './fixtures/secrets.ts'
import { createVisitor, type Visitor } from './fixtures/visitor.ts'
import { eggHeader, encode, KEYS, recordOf, setUp, UNTIL } from './legacy/fixture.ts'

const verify = (data: Record<string, unknown>): object => data
const fred = eggHeader(encode(recordOf({ user: 'fred', n: 1 })))
const egg = eggEncrypted({ keys: KEYS, until: UNTIL, verify })
const namesOf = (cookies: string[]): string[] => cookies.map((line) => parseSetCookie(line).name)
const isClearing = (line: string): boolean => /^[^=]+=;.*Max-Age=0/.test(line)

/** A browser that brings the old cookie, and keeps what it is told to. */
function arrive(visitor: Visitor, header: string): Visitor {
  visitor.jar.take(header.split('; ').map((pair) => `${pair}; Path=/; Secure; HttpOnly`))
  return visitor
}

describe('a session of another format', () => {
  it('becomes a new one, sealed in this response though nothing was changed', async () => {
    const { manager, events } = setUp({ accept: [egg] })
    const visitor = arrive(createVisitor(manager), fred)
    const { session, cookies } = await visitor.visit((session) => expect(session.isNew).toBe(true))

    expect({ ...session }).toEqual({ user: 'fred', n: 1 })
    expect(cookies).toHaveLength(1)
    expect(cookies[0]).toMatch(/^EGG_SESS=eyJ[^;]*\.\.[^;]*; Path=\/; Secure/)
    const next = await visitor.visit()
    expect({ ...next.session }).toEqual({ user: 'fred', n: 1 })
    expect(next.session.isNew).toBe(false)
    expect(next.cookies).toEqual([])
    expect(visitor.jar.size).toBe(1)
    expect(events).toEqual([])
  })

  it('is another session each time it comes', async () => {
    const { manager } = setUp({ accept: [egg] })
    const cookies = await Promise.all(
      [1, 2].map(async () => manager.commit(await manager.load(fred))),
    )
    expect(cookies[0]).not.toEqual(cookies[1])
  })

  it('leaves no cookie of its own name behind', async () => {
    const { manager } = setUp({
      accept: [eggEncrypted({ keys: KEYS, until: UNTIL, verify, key: 'EGG_SESS' })],
      key: '__Host-sid',
    })
    const visitor = arrive(createVisitor(manager), fred)
    const { cookies } = await visitor.visit()
    expect(namesOf(cookies)).toEqual(['EGG_SESS', '__Host-sid'])
    expect(cookies.map(isClearing)).toEqual([true, false])
    expect(visitor.jar.header).toMatch(/^__Host-sid=[^;]+$/)
    expect((await visitor.visit()).cookies).toEqual([])
  })

  it.each(['destroyed', 'destroyed unread', 'emptied', 'destroyed after it has moved'])(
    'does not come back once it is %s',
    async (how) => {
      const { manager } = setUp({
        accept: [eggEncrypted({ keys: KEYS, until: UNTIL, verify, key: 'EGG_SESS' })],
        key: 'sid',
      })
      const visitor = arrive(createVisitor(manager), fred)
      if (how === 'destroyed unread') {
        const handler = withSession(manager, (_, session) => {
          session.destroy()
          return new Response()
        })
        const request = new Request('https://a.example/', {
          headers: { cookie: visitor.jar.header },
        })
        visitor.jar.take((await handler(request)).headers.getSetCookie())
      } else if (how === 'emptied') {
        await visitor.visit((session) => {
          for (const name of Object.keys(session)) delete session[name]
        })
      } else {
        if (how.endsWith('moved')) {
          await visitor.visit()
          // An old server that is still running sets its cookie once more.
          arrive(visitor, fred)
        }
        await visitor.visit((session) => session.destroy())
      }
      expect((await visitor.peek()).populated).toBe(false)
      expect(visitor.jar.header).not.toMatch(/EGG_SESS/)
    },
  )

  it('keeps a life of its own, within the limit of the reader', async () => {
    const record = recordOf({ user: 'fred' }, Date.now(), 20 * DAY)
    const header = eggHeader(encode(record))
    const accept = [eggEncrypted({ keys: KEYS, until: UNTIL, verify, maxAge: 20 * DAY })]
    const { manager } = setUp({ accept })
    expect((await manager.load(header)).maxAge).toBe(20 * DAY)
    expect((await setUp({ accept: [egg] }).manager.load(header)).populated).toBe(false)
    expect((await manager.load(fred)).maxAge).toBe(DAY)
    const boasting = { ...recordOf({ user: 'fred' }), _maxAge: 300 * DAY }
    expect((await manager.load(eggHeader(encode(boasting)))).maxAge).toBe(DAY)
    const browser = eggHeader(encode({ user: 'fred', _session: true }))
    expect((await manager.load(browser)).maxAge).toBe('session')
  })

  it('goes through valid as every other', async () => {
    const valid = vi.fn<() => boolean>(() => false)
    const { manager, events } = setUp({ accept: [egg], valid })
    expect((await manager.load(fred)).populated).toBe(false)
    expect(events).toEqual(['invalid'])
  })

  it('is no session where two of one name differ', async () => {
    const other = eggHeader(encode(recordOf({ user: 'barney' })))
    const { manager, events } = setUp({ accept: [egg] })
    expect((await manager.load(`${fred}; ${other}`)).populated).toBe(false)
    expect((await manager.load(`${fred}; ${fred}; EGG_SESS=junk`)).user).toBe('fred')
    expect(events).toEqual(['tampered'])
  })
})

describe('a cookie that an origin sends behind a handler', () => {
  it('is judged by itself, and not by the cookie that the request brought', async () => {
    const { manager } = setUp({ accept: [egg] })
    const arrived = await manager.load(null)
    arrived.n = 1
    const sent = await manager.commit(arrived)
    const session = await manager.load(sent[0]!.split(';')[0])
    session.n = 2

    expect(await yieldsTo(['EGG_SESS=other; Path=/'], session)).toBe(false)
    expect(await yieldsTo(sent, session)).toBe(true)
  })
})

describe('verify', () => {
  const load = (verify: (data: any, ctx: any) => any, header = fred): Promise<any> =>
    setUp({ accept: [eggEncrypted({ keys: KEYS, until: UNTIL, verify })] }).manager.load(header, {
      tenant: 7,
    })

  it('gets the data alone and the context, and says what is true', async () => {
    const calls: unknown[] = []
    const session = await load(async (...args) => {
      calls.push(args)
      return { id: 5, roles: ['user'], _maxAge: 5 }
    })
    expect(calls).toEqual([[{ user: 'fred', n: 1 }, { tenant: 7 }]])
    expect({ ...session }).toEqual({ id: 5, roles: ['user'] })
    expect(session.maxAge).toBe(DAY)
  })

  it.each([[null], [undefined], [false], [true], [[1]], ['text']])(
    'refuses with %j',
    async (answer) => {
      const accept = [
        eggEncrypted({ keys: KEYS, until: UNTIL, verify: () => answer as never, key: 'x' }),
      ]
      const { manager, events } = setUp({ accept })
      const session = await manager.load(fred.replace('EGG_SESS', 'x'))
      expect(session.populated).toBe(false)
      expect(events).toEqual(['invalid'])
      expect(await manager.commit(session)).toEqual([])
    },
  )

  it('fails the request if it throws', async () => {
    await expect(load(() => Promise.reject(new Error('database')))).rejects.toThrow('database')
  })
})

describe('a reader ends', () => {
  it('on its day', async () => {
    const clock = createClock(UNTIL - HOUR)
    const late = eggHeader(encode(recordOf({ user: 'fred' }, UNTIL - HOUR)))
    const { manager, events } = setUp({ accept: [egg], now: clock.now })
    expect((await manager.load(late)).user).toBe('fred')
    clock.set(UNTIL - 1)
    expect((await manager.load(late)).user).toBe('fred')
    clock.set(UNTIL)
    expect((await manager.load(late)).populated).toBe(false)
    clock.set(NaN)
    expect((await manager.load(late)).populated).toBe(false)
    expect(events).toEqual(['tampered', 'tampered'])
  })
})

describe('no downgrade', () => {
  it('asks no reader about a sealed value, whichever bit of it has changed', async () => {
    const read = vi.fn<() => { record: { user: string } }>(() => ({ record: { user: 'mallory' } }))
    const spy = createReader({ names: (key) => [key], read })
    const { manager } = setUp({ accept: [spy] })
    const session = await setUp({}).manager.load('')
    session.user = 'fred'
    const [line] = await setUp({}).manager.commit(session)
    const { value } = parseSetCookie(line!)
    const loads: Promise<any>[] = []
    for (let bit = 0; bit < value.length * 8; bit++) {
      const code = value.charCodeAt(bit >> 3) ^ (1 << (bit & 7))
      const changed =
        value.slice(0, bit >> 3) + String.fromCharCode(code) + value.slice((bit >> 3) + 1)
      loads.push(manager.load(`EGG_SESS=${changed}`))
    }
    for (const header of [
      value,
      `${value}.`,
      `junk; EGG_SESS=${value.slice(9)}`,
      '....',
      'a.b.c.d.e',
    ])
      loads.push(manager.load(`EGG_SESS=${header}`))
    const users = (await Promise.all(loads)).map(({ user }) => user)
    expect(users.filter(Boolean)).toEqual(['fred'])
    expect(read).toHaveBeenCalledTimes(0)
    expect((await manager.load('EGG_SESS=old')).user).toBe('mallory')
  })

  it('takes nothing that only looks like an older session', async () => {
    const admin = recordOf({ user: 'admin' })
    const text = encode(admin)
    const readers = [egg, koaSigned({ keys: KEYS, until: UNTIL })]
    const { manager } = setUp({ accept: readers })
    const taken: string[] = []
    for (const value of [
      text,
      JSON.stringify(admin),
      encodeURIComponent(JSON.stringify(admin)),
      Buffer.from(JSON.stringify(admin)).toString('base64url'),
      encode(text),
      `${text}; EGG_SESS.sig=`,
      `${text}; EGG_SESS.sig=${'A'.repeat(27)}`,
      `${text}; EGG_SESS.sig=${'A'.repeat(43)}`,
      // What was encrypted for another cookie is bound to none: `verify` stands there alone.
      eggHeader(JSON.stringify(admin)).slice(9),
      eggHeader(text.replace(/=+$/, '')).slice(9),
    ]) {
      if ((await manager.load(`EGG_SESS=${value}`)).populated) taken.push(value)
    }
    expect(taken).toEqual([])
  })

  it('prefers the session itself', async () => {
    const { manager } = setUp({ accept: [egg] })
    const own = await manager.load('')
    own.user = 'wilma'
    const { value } = parseSetCookie((await manager.commit(own))[0]!)
    expect((await manager.load(`${fred}; EGG_SESS=${value}`)).user).toBe('wilma')
  })
})

describe('the edge reads what Egg 3 wrote', () => {
  const options = { secrets: SECRET, key: 'EGG_SESS', accept: [egg] }
  const expected = [
    ['fred', 1, 'private, no-store'],
    ['fred', 0, null],
  ]

  /** What two requests answer, the second with the cookie that the first set. */
  async function answers(
    fetch: (request: Request) => Response | Promise<Response>,
  ): Promise<unknown[]> {
    const ask = async (cookie: string): Promise<Response> =>
      fetch(new Request('https://a.example/', { headers: { cookie } }))
    const first = await ask(fred)
    const { name, value } = parseSetCookie(first.headers.getSetCookie()[0]!)
    const second = await ask(`${name}=${value}`)
    const tell = async (answer: Response): Promise<unknown[]> => [
      await answer.text(),
      answer.headers.getSetCookie().length,
      answer.headers.get('cache-control'),
    ]
    return [await tell(first), await tell(second)]
  }

  it('with withSession()', async () => {
    const handler = withSession(options, async (_, lazy) => new Response((await lazy).user))
    expect(await answers(handler)).toEqual(expected)
  })

  it('with Hono', async () => {
    const app = new Hono<{ Variables: SessionVariables<{ user?: string }> }>()
    app.use(session(options))
    app.get('/', async (c) => c.text((await c.var.session).user ?? 'nobody'))
    expect(await answers((request) => app.fetch(request))).toEqual(expected)
  })
})
