import { describe, expect, it, vi } from 'vitest'
import { createReader, type Found, type ReaderRequest } from '../../adapters/legacy/reader.ts'
import { createSessionManager, type Reader, type SessionOptions } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { stateOf } from '../../src/session.ts'
import { createClock, DAY, HOUR } from '../fixtures/clock.ts'
import { parseSetCookie } from '../fixtures/cookies.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'

const clock = createClock()
const good: Found = { record: { user: 'fred' } }

/** A reader of the cookie `old` that finds what it is told to find, and what it was asked. */
function finding(found: Found): { reader: Reader; asked: ReaderRequest[] } {
  const asked: ReaderRequest[] = []
  const reader = createReader({
    names: (key) => ['old', key],
    read(request) {
      asked.push(request)
      return found
    },
  })
  return { reader, asked }
}

const managerOf = (accept: Reader[], options: Partial<SessionOptions> = {}): any =>
  createSessionManager({ secrets: SECRET, key: 'sid', now: clock.now, accept, ...options })

/** How long a session would live that this header brings, in days, if a handler says so. */
async function daysOf(found: Found, maxAge: number): Promise<number> {
  const manager = managerOf([finding(found).reader], { maxAge: DAY })
  const session = await manager.load('old=1')
  session.maxAge = maxAge
  const line = (await manager.commit(session)).at(-1)
  return Number(parseSetCookie(line).attributes.get('max-age')) / 86_400
}

describe('a reader', () => {
  it('hears what it has to know of a request', async () => {
    const { reader, asked } = finding(null)
    await managerOf([reader], { maxAge: HOUR }).load('old=1; sid=a; old=2', 'ctx')
    await managerOf([reader], { maxAge: HOUR, store: createMemoryStore() }).load('old=1', 'ctx')
    const request = { key: 'sid', now: clock.now(), usual: HOUR, ctx: 'ctx' }
    expect(asked).toMatchObject([
      { ...request, hasStore: false },
      { ...request, hasStore: true },
    ])
    expect(asked[0]!.cookies('old')).toEqual(['1', '2'])
    expect(asked[0]!.cookies('sid')).toEqual(['a'])
  })

  it('is not asked where there is a session, be its secret an older one', async () => {
    const { reader, asked } = finding(good)
    const visitor = createVisitor(managerOf([]))
    await visitor.visit((session) => (session.user = 'ada'))
    for (const secrets of [SECRET, [SECRETS[1]!, SECRET]]) {
      const session = await managerOf([reader], { secrets }).load(`old=1; ${visitor.jar.header}`)
      expect([session.user, session.isNew]).toEqual(['ada', false])
    }
    expect(asked).toEqual([])
  })

  it.each(['invalid', 'unknown'] as const)(
    'is not asked where another has said the last word: %s',
    async (last) => {
      const { reader, asked } = finding(good)
      const session = await managerOf([finding(last).reader, reader]).load('old=1')
      expect(session.isNew).toBe(true)
      expect(session.populated).toBe(false)
      expect(asked).toEqual([])
    },
  )

  it.each(['tampered', 'expired', null] as const)(
    'is asked where another has found none: %s',
    async (found) => {
      const { reader, asked } = finding(good)
      expect((await managerOf([finding(found).reader, reader]).load('old=1')).user).toBe('fred')
      expect(asked).toHaveLength(1)
    },
  )

  it('is asked about the request alone, and not about what an origin sends', async () => {
    const { reader, asked } = finding(good)
    const { kit } = stateOf(await managerOf([reader]).load('old=1'))
    expect(asked).toHaveLength(1)
    expect(await kit.format.open('old=2', undefined)).toBeNull()
    expect(await kit.format.open('sid=text', undefined)).toBe('tampered')
    expect(asked).toHaveLength(1)
  })

  it('is asked about what has three parts, or something sealed within', async () => {
    for (const value of ['a.b.c', 'x-eyJhbGciOiJkaXIi', 'eyJhbGciOiJIUzI1NiJ9.e30.AA']) {
      expect((await managerOf([finding(good).reader]).load(`sid=${value}`)).user).toBe('fred')
    }
  })

  it.each(['a.b.c.d', 'a..b.c.d', 'eyJhbGciOiJkaXIi', 'eyJhbGciOiJFZERTQSIs.e30.AA'])(
    'is not asked about what looks sealed: %s',
    async (value) => {
      const { reader, asked } = finding(good)
      expect((await managerOf([reader]).load(`sid=${value}`)).populated).toBe(false)
      expect(asked).toEqual([])
    },
  )
})

describe('the end of what a reader found', () => {
  it('holds, whatever the handler says', async () => {
    const end = clock.now() + 2 * DAY
    expect(await daysOf({ record: { user: 'fred', _expire: end } }, 10 * DAY)).toBe(2)
  })

  it('is the longest that a browser session may live where it lies farther off', async () => {
    const end = clock.now() + 365 * DAY
    expect(await daysOf({ record: { user: 'fred', _expire: end } }, 20 * DAY)).toBe(20)
    expect(await daysOf({ record: { user: 'fred', _expire: end } }, 40 * DAY)).toBe(30)
  })

  it('is none where it has none', async () => {
    expect(await daysOf(good, 100 * DAY)).toBe(100)
  })
})

describe('a record in an old store', () => {
  it('is asked for as any other, and goes once the session is written', async () => {
    const from = {
      get: vi.fn<(...given: unknown[]) => any>(() => ({ user: 'fred' })),
      destroy: vi.fn<(...given: unknown[]) => any>(),
    }
    const manager = managerOf([finding({ key: 'k', from }).reader], { maxAge: HOUR, rolling: true })
    const session = await manager.load('old=1', 'ctx')
    expect(from.get.mock.calls).toEqual([['k', HOUR, { rolling: true, ctx: 'ctx' }]])
    expect(from.destroy).not.toHaveBeenCalled()
    await manager.commit(session)
    expect(from.destroy.mock.calls).toEqual([['k', { ctx: 'ctx' }]])
  })

  it('is left alone where there is none', async () => {
    const from = { get: () => null, destroy: vi.fn<() => void>() }
    const manager = managerOf([finding({ key: 'k', from }).reader])
    const session = await manager.load('old=1')
    expect(session.isNew).toBe(true)
    session.user = 'eve'
    await manager.commit(session)
    expect(from.destroy).not.toHaveBeenCalled()
  })

  it('fails the commit if it does not go, and says so', async () => {
    const from = { get: () => ({ user: 'fred' }), destroy: () => Promise.reject(new Error('down')) }
    const manager = managerOf([finding({ key: 'k', from }).reader], { onStoreError: 'anonymous' })
    const error = await rejectionOf(manager.commit(await manager.load('old=1')))
    expect(error).toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: 'The session store failed to destroy (Error).',
    })
  })
})

describe('a session that a reader brought', () => {
  it('may have an id that is promised, and is asked for again where that failed', async () => {
    const unhandled = vi.fn<() => void>()
    process.on('unhandledRejection', unhandled)
    const genid = vi.fn<() => Promise<string>>(async () => 'an id')
    genid.mockRejectedValueOnce(new Error('busy'))
    genid.mockRejectedValueOnce(new Error('busy'))
    const store = createMemoryStore()
    const manager = managerOf([finding(good).reader], { store, genid })
    const session = await manager.load('old=1')
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
    await rejectionOf(manager.commit(session))
    await manager.commit(session)
    expect(session.externalKey).toBe('an id')
  })
})
