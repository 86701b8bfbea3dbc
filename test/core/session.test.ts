import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createSessionManager, type Session, type SessionOptions } from '../../src/index.ts'
import { createClock, DAY, HOUR } from '../fixtures/clock.ts'
import { errorOf } from '../fixtures/errors.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

const members =
  'isNew maxAge externalKey length populated toJSON save regenerate manuallyCommit destroy flash'

function visitorOf(options: Partial<SessionOptions> = {}): Visitor {
  return createVisitor(
    createSessionManager({ secrets: SECRET, now: createClock().now, ...options }),
  )
}

async function newSession(options: Partial<SessionOptions> = {}): Promise<Session> {
  return visitorOf(options).peek()
}

const modes: [string, () => Partial<SessionOptions>][] = [
  ['a sealed cookie', () => ({})],
  ['a signed cookie', () => ({ encrypt: false })],
  ['a store', () => ({ store: createRecordingStore() })],
  ['a store behind a signed cookie', () => ({ encrypt: false, store: createRecordingStore() })],
]

describe('a session', () => {
  it('is an object of data: its members are neither enumerated nor stored', async () => {
    const session = await newSession()
    session.user = 'fred'
    session.list = [1, 2]
    expect(Object.keys(session)).toEqual(['user', 'list'])
    expect({ ...session }).toEqual({ user: 'fred', list: [1, 2] })
    expect(JSON.stringify(session)).toBe('{"user":"fred","list":[1,2]}')
    const enumerated: string[] = []
    for (const key in session) enumerated.push(key)
    expect(enumerated).toEqual(['user', 'list'])
    for (const name of members.split(' ')) expect(name in session).toBe(true)
    expect(session.length).toBe(2)
    expect(session.populated).toBe(true)
  })

  it('shows nothing but its data to a log', async () => {
    const store = createRecordingStore()
    const session = await newSession({ store, prefix: 'canary' })
    session.user = 'fred'
    session.flash('note', 'canary')
    const expected = /^Session ?\{ user: 'fred' \}$/
    expect(inspect(session)).toMatch(expected)
    expect(inspect(session, { depth: 9 })).toMatch(expected)
    const shown = inspect(session, { showHidden: true, getters: false, depth: 9 })
    expect(shown).not.toContain(SECRET)
    expect(shown).not.toContain('canary')
    expect(Reflect.ownKeys(session)).toEqual(['user'])
  })

  it('leaves functions, undefined values and keys with an underscore behind', async () => {
    const visitor = visitorOf()
    await visitor.visit((session) => {
      Object.assign(session, { _x: 1, __proto: 2, act() {}, a: undefined, b: null, c: 0, d: '' })
      expect(session.toJSON()).toEqual({ a: undefined, b: null, c: 0, d: '' })
    })
    expect((await visitor.peek()).toJSON()).toEqual({ b: null, c: 0, d: '' })
  })

  it('takes no nonsense for a maxAge, and goes back to the configured one for none', async () => {
    const session = await newSession()
    for (const maxAge of [-1, Infinity, -Infinity, '1h', '3600', true, {}, []]) {
      const error = errorOf(() => void (session.maxAge = maxAge as number))
      expect(error).toMatchObject({ name: 'SessionError', code: 'ERR_SESSION_OPTIONS' })
      expect(session.maxAge).toBe(DAY)
    }
    for (const none of [0, NaN, '', null, undefined]) {
      session.maxAge = HOUR
      expect(session.maxAge).toBe(HOUR)
      session.maxAge = none as never
      expect(session.maxAge).toBe(DAY)
    }
    expect(Object.keys(session)).toEqual([])
  })

  it('does not let its other members be assigned by mistake', async () => {
    const session = await newSession()
    for (const name of ['isNew', 'externalKey', 'length', 'populated']) {
      expect(() => Object.assign(session, { [name]: 1 })).toThrow(TypeError)
    }
    const methods = 'flash save destroy regenerate manuallyCommit update toJSON'.split(' ')
    for (const name of methods) {
      expect(() => (session[name].note = 'for all visitors')).toThrow(TypeError)
    }
  })
})

describe.each(modes)('a session in %s', (_, options) => {
  const hostile = JSON.parse(`{"maxAge":1,"save":2,"toJSON":3,"constructor":{"a":4},"length":5,
    "destroy":6,"flash":7,"externalKey":8,"populated":9,"regenerate":10,"manuallyCommit":11,
    "hasOwnProperty":12,"toString":13,"then":14,"__proto__":{"x":1},"_x":15,"isNew":false,
    "d":"data"}`)

  it('keeps data whatever their names are, but for isNew and those with an underscore', async () => {
    const visitor = visitorOf(options())
    const { __proto__: _proto, _x, isNew: _isNew, ...kept } = hostile
    await visitor.visit((session) => {
      for (const key of Object.keys(hostile)) {
        Object.defineProperty(session, key, {
          value: hostile[key],
          enumerable: true,
          configurable: true,
          writable: true,
        })
      }
    })
    const { session, cookies } = await visitor.visit()
    expect(JSON.parse(JSON.stringify({ ...session }))).toEqual(kept)
    expect(session).toMatchObject({ maxAge: 1, toJSON: 3, length: 5, constructor: { a: 4 } })
    expect(session.isNew).toBe(false)
    expect(Object.hasOwn(session, '__proto__')).toBe(false)
    expect(cookies).toEqual([])
    expect(({} as any).x).toBeUndefined()
    // And it can be written again, though its own data hide the members that write it.
    await visitor.visit((session) => (session.n = 1))
    expect((await visitor.peek()).n).toBe(1)
  })

  it('sees nested changes', async () => {
    const visitor = visitorOf(options())
    await visitor.visit((session) => (session.cart = { items: [{ id: 1 }] }))
    await visitor.visit((session) => (session.cart.items[0].id = 2))
    expect((await visitor.peek()).cart).toEqual({ items: [{ id: 2 }] })
    expect((await visitor.visit((session) => (session.cart.items[0].id = 2))).cookies).toEqual([])
  })

  it('carries a flash to the next page that asks, once', async () => {
    const visitor = visitorOf(options())
    await visitor.visit((session) => {
      session.user = 'fred'
      session.flash('note', { text: 'Saved.' })
      session.flash('__proto__', 'x')
      expect(session.toJSON()).toEqual({ user: 'fred' })
    })
    expect((await visitor.visit()).cookies).toEqual([])
    const { session, cookies } = await visitor.visit((session) => {
      expect(session.flash('other')).toBeUndefined()
      expect(session.flash('toString')).toBeUndefined()
      expect(session.flash('note')).toEqual({ text: 'Saved.' })
      expect(session.flash('note')).toBeUndefined()
    })
    expect(session.user).toBe('fred')
    expect(cookies.length).toBeGreaterThan(0)
    await visitor.visit((session) => expect(session.flash('note')).toBeUndefined())
    await visitor.visit((session) => session.flash('note', null))
    await visitor.visit((session) => expect(session.flash('note')).toBeNull())
  })

  it('may hold nothing but a flash', async () => {
    const visitor = visitorOf(options())
    await visitor.visit((session) => session.flash('note', 'hi'))
    await visitor.visit((session) => {
      expect(session.populated).toBe(false)
      expect(session.flash('note')).toBe('hi')
    })
  })

  it('ends: data, flash and cookie go', async () => {
    const visitor = visitorOf(options())
    await visitor.visit((session) => {
      session.user = 'fred'
      session.flash('note', 'hi')
    })
    const { session, cookies } = await visitor.visit((session) => {
      session.destroy()
      expect(session.toJSON()).toEqual({})
      expect(session.isNew).toBe(true)
    })
    expect(cookies.length).toBeGreaterThan(0)
    expect(cookies.every((cookie) => cookie.includes('Max-Age=0'))).toBe(true)
    expect(visitor.jar.size).toBe(0)
    expect(session.flash('note')).toBeUndefined()
  })

  it('is another session if something is put in after it ended', async () => {
    const visitor = visitorOf(options())
    await visitor.visit((session) => {
      session.user = 'fred'
      session.maxAge = HOUR
      session.flash('note', 'hi')
    })
    const old = visitor.jar.header
    const oldKey = (await visitor.peek()).externalKey
    await visitor.visit(async (session) => {
      session.destroy()
      await session.regenerate()
      session.theme = 'dark'
    })
    const session = await visitor.peek()
    expect(session.toJSON()).toEqual({ theme: 'dark' })
    expect(session).toMatchObject({ isNew: false, maxAge: DAY })
    expect(session.flash('note')).toBeUndefined()
    expect(visitor.jar.header).not.toBe(old)
    expect(oldKey === undefined || session.externalKey !== oldKey).toBe(true)
  })

  it('keeps its data under a new id', async () => {
    const visitor = visitorOf(options())
    await visitor.visit((session) => (session.user = 'fred'))
    const before = await visitor.peek()
    const { session, cookies } = await visitor.visit((session) => session.regenerate())
    expect(cookies.length).toBeGreaterThan(0)
    expect(session.user).toBe('fred')
    const after = await visitor.peek()
    expect(after).toMatchObject({ user: 'fred', isNew: false })
    expect(before.externalKey === undefined || after.externalKey !== before.externalKey).toBe(true)
  })

  it('saves at once when told to, and the cookie goes out with the response', async () => {
    const visitor = visitorOf(options())
    const { session, cookies } = await visitor.visit(async (session) => {
      expect(session.isNew).toBe(true)
      session.user = 'fred'
      await session.save()
      expect(session.isNew).toBe(false)
    })
    expect(cookies.length).toBeGreaterThan(0)
    expect(await visitor.peek()).toMatchObject({ user: 'fred', isNew: false })
    const { cookies: later } = await visitor.visit((session) => session.save())
    expect(later.length).toBeGreaterThan(0)
    expect(session.user).toBe('fred')
  })

  it('sends the last of several commits', async () => {
    const visitor = visitorOf(options())
    const { cookies } = await visitor.visit(async (session) => {
      session.n = 1
      await session.save()
      session.n = 2
      await session.manuallyCommit()
      await session.manuallyCommit()
    })
    expect(new Set(cookies.map((cookie) => cookie.split('=')[0])).size).toBe(cookies.length)
    expect((await visitor.peek()).n).toBe(2)
    await visitor.visit(async (session) => {
      session.n = 3
      await session.save()
      session.destroy()
    })
    expect(visitor.jar.size).toBe(0)
  })
})

describe('externalKey', () => {
  it('is the key in the store, and nothing where there is none', async () => {
    expect((await newSession()).externalKey).toBeUndefined()
    expect((await newSession({ store: createRecordingStore() })).externalKey).toMatch(/^[\w-]{43}$/)
  })
})
