import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import { createSessionManager, type SessionOptions, type Store } from '../../src/index.ts'
import { createClock, HOUR, MINUTE, SECOND, type Clock } from '../fixtures/clock.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

type Method = 'get' | 'set' | 'compareAndSet' | 'touch' | 'destroy'

interface Setting extends Visitor {
  clock: Clock
  /** What the login asked of the store. */
  atLogin: unknown[][]
  /** What was asked of the store since it was last looked at: the method, then its arguments. */
  calls(): unknown[][]
  /** What a method answers in place of doing its work, for the nth call of it from now on. */
  answers: Partial<Record<Method, (() => unknown)[]>>
}

/** A memory store, which compares and touches, with somebody who logged in. */
async function setUp(options: Partial<SessionOptions> = {}): Promise<Setting> {
  const clock = createClock()
  const memory = createMemoryStore(clock)
  const calls: unknown[][] = []
  const answers: Setting['answers'] = {}
  const methods = (['get', 'set', 'compareAndSet', 'touch', 'destroy'] as const).map((name) => {
    const call = (...given: unknown[]): unknown => {
      calls.push([name, ...structuredClone(given)])
      const instead = answers[name]?.shift()
      return instead ? instead() : (memory[name] as (...given: unknown[]) => unknown)(...given)
    }
    return [name, call]
  })
  const store = { ...memory, hashedKeys: false, ...Object.fromEntries(methods) } as Store
  const manager = createSessionManager({
    secrets: SECRET,
    store,
    now: clock.now,
    maxAge: HOUR,
    ...options,
  })
  const visitor = createVisitor(manager)
  await visitor.visit((session) => (session.user = 'fred'))
  const atLogin = calls.splice(0)
  return { ...visitor, clock, answers, atLogin, calls: () => calls.splice(0) }
}

const life = (clock: Clock): object => ({ _expire: clock.now() + HOUR, _maxAge: HOUR })
const KEPT = HOUR + 10 * SECOND
const names = (calls: unknown[][]): unknown[] => calls.map(([name]) => name)
const keyOf = (calls: unknown[][], name: Method): unknown =>
  calls.find(([called]) => called === name)![1]

/** What a store answers that ran into somebody's error page, or a client of another version. */
const unclear: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['1', 1],
  ['0', 0],
  ['"OK"', 'OK'],
  ['no text', ''],
  ['an object', {}],
]

describe('an answer that is neither true nor false', () => {
  const says = {
    code: 'ERR_SESSION_STORE',
    message: expect.stringMatching(/neither true nor false/),
  }

  it.each(unclear)(
    'to a write is no yes, and no cookie names the record: %s',
    async (_, answer) => {
      const { visit, answers, jar } = await setUp()
      const before = jar.header
      answers.compareAndSet = [() => answer]
      expect(await rejectionOf(visit((session) => (session.n = 1)))).toMatchObject(says)
      expect(jar.header).toBe(before)
    },
  )

  it.each(unclear)('to a touch is none: %s', async (_, answer) => {
    const { visit, answers } = await setUp({ rolling: true, touchAfter: 0 })
    answers.touch = [async () => answer]
    expect(await rejectionOf(visit())).toMatchObject(says)
  })

  it('to the end of the old id is none, and the new one goes', async () => {
    const { visit, answers, peek, calls } = await setUp()
    answers.compareAndSet = [undefined as never, () => 'OK']
    expect(await rejectionOf(visit((session) => session.regenerate()))).toMatchObject(says)
    const made = calls()
    expect(names(made)).toEqual(['get', 'compareAndSet', 'compareAndSet', 'destroy'])
    expect(keyOf(made, 'destroy')).toBe(keyOf(made, 'compareAndSet'))
    expect((await peek()).toJSON()).toEqual({ user: 'fred' })
  })
})

describe('a store that compares', () => {
  it('is asked to write a new record in nobody’s place', async () => {
    const { atLogin, clock } = await setUp()
    expect(atLogin).toEqual([
      [
        'compareAndSet',
        expect.any(String),
        { user: 'fred', ...life(clock) },
        KEPT,
        null,
        { rolling: false, changed: true, ctx: undefined },
      ],
    ])
  })

  it('is asked to write a changed one in the place of what was loaded', async () => {
    const { visit, calls, clock } = await setUp()
    const before = { user: 'fred', ...life(clock) }
    clock.pass(MINUTE)
    await visit((session) => (session.n = 1))
    const [get, write, ...rest] = calls()
    expect(rest).toEqual([])
    expect(write).toEqual([
      'compareAndSet',
      get![1],
      { user: 'fred', n: 1, ...life(clock) },
      KEPT,
      before,
      { rolling: false, changed: true, ctx: undefined },
    ])
  })

  it('hears at a new id first of that, and then that the old one is over', async () => {
    const { visit, calls, clock } = await setUp()
    const before = { user: 'fred', ...life(clock) }
    clock.pass(MINUTE)
    await visit((session) => session.regenerate())
    const [get, write, giveUp, ...rest] = calls()
    expect(rest).toEqual([])
    expect(write).toEqual([
      'compareAndSet',
      expect.not.stringMatching(get![1] as string),
      { user: 'fred', ...life(clock) },
      KEPT,
      null,
      { rolling: false, changed: true, ctx: undefined },
    ])
    expect(giveUp).toEqual([
      'compareAndSet',
      get![1],
      { _expire: 1, _maxAge: 1000 },
      1000,
      before,
      { rolling: false, changed: true, ctx: undefined },
    ])
  })

  it('compares a second write of one request with the first, and is asked nothing in between', async () => {
    const { visit, calls, clock } = await setUp()
    await visit(async (session) => {
      session.n = 1
      await session.save()
      session.n = 2
    })
    const [, , second, ...rest] = calls()
    expect(rest).toEqual([])
    expect(second!.slice(2, 5)).toEqual([
      { user: 'fred', n: 2, ...life(clock) },
      KEPT,
      { user: 'fred', n: 1, ...life(clock) },
    ])
  })

  it('is told once that an id is over', async () => {
    const { visit, calls } = await setUp()
    await visit(async (session) => {
      await session.regenerate()
      await session.save()
      session.n = 1
    })
    const [get, first, giveUp, second, ...rest] = calls()
    expect(rest).toEqual([])
    expect(giveUp![1]).toBe(get![1])
    expect(second![1]).toBe(first![1])
  })

  it('compares a write after a touch with what was touched', async () => {
    const { visit, calls, clock } = await setUp({ rolling: true, touchAfter: 0 })
    clock.pass(MINUTE)
    await visit(async (session) => {
      await session.manuallyCommit()
      session.n = 1
    })
    const made = calls()
    expect(names(made)).toEqual(['get', 'touch', 'compareAndSet'])
    expect(made[1]!.slice(2)).toEqual([KEPT, { expire: clock.now() + HOUR, ctx: undefined }])
    expect(made[2]![4]).toEqual({ user: 'fred', ...life(clock) })
  })

  it('is never asked to put a session in the place of the one that has just ended', async () => {
    const { visit, calls } = await setUp()
    await visit(async (session) => {
      session.destroy()
      await session.manuallyCommit()
      session.user = 'flo'
    })
    const made = calls()
    expect(names(made)).toEqual(['get', 'destroy', 'compareAndSet'])
    expect(made[2]![4]).toBeNull()
    expect(made[2]![1]).not.toBe(made[0]![1])
  })

  it('destroys what ended, where something was put in afterwards, and marks nothing', async () => {
    const { visit, calls, peek } = await setUp()
    await visit((session) => {
      session.destroy()
      session.user = 'flo'
    })
    const [get, write, end, ...rest] = calls()
    expect(rest).toEqual([])
    expect(write!.slice(2, 5)).toMatchObject([{ user: 'flo' }, KEPT, null])
    expect(end!.slice(0, 2)).toEqual(['destroy', get![1]])
    expect((await peek()).toJSON()).toEqual({ user: 'flo' })
  })
})

describe('a new id that the store could not give', () => {
  const fails = async (): Promise<never> => Promise.reject(new Error('down'))

  it('leaves no record behind, and the old one as it was', async () => {
    const { visit, answers, calls, peek } = await setUp()
    answers.compareAndSet = [undefined as never, fails]
    const error = await rejectionOf(visit((session) => session.regenerate()))
    expect(error).toMatchObject({ code: 'ERR_SESSION_STORE' })
    const made = calls()
    expect(names(made)).toEqual(['get', 'compareAndSet', 'compareAndSet', 'destroy'])
    expect(keyOf(made, 'destroy')).toBe(keyOf(made, 'compareAndSet'))
    expect((await peek()).toJSON()).toEqual({ user: 'fred' })
  })

  it('is the error that is told, though its record cannot be destroyed either', async () => {
    const { visit, answers } = await setUp()
    answers.compareAndSet = [undefined as never, fails]
    answers.destroy = [fails]
    const error = await rejectionOf(visit((session) => session.regenerate()))
    expect(error.message).toBe('The session store failed to set (Error).')
  })

  it('sends no cookie where the application goes on', async () => {
    const { visit, answers, calls, peek } = await setUp({ onStoreError: 'anonymous' })
    answers.compareAndSet = [undefined as never, fails]
    expect((await visit((session) => session.regenerate())).cookies).toEqual([])
    expect(names(calls())).toEqual(['get', 'compareAndSet', 'compareAndSet', 'destroy'])
    expect((await peek()).toJSON()).toEqual({ user: 'fred' })
  })
})

describe('a new id that the store could not give at first', () => {
  it('is given by another commit of the same request, as if it were the first', async () => {
    const { visit, answers, calls, clock } = await setUp({ onStoreError: 'anonymous' })
    const before = { user: 'fred', ...life(clock) }
    answers.compareAndSet = [undefined as never, async () => Promise.reject(new Error('down'))]
    const { cookies } = await visit(async (session) => {
      await session.regenerate()
      await session.save()
      calls()
    })
    expect(cookies).toHaveLength(1)
    const [write, giveUp, ...rest] = calls()
    expect(rest).toEqual([])
    expect(write!.slice(2, 5)).toEqual([before, KEPT, null])
    expect(giveUp!.slice(2, 5)).toEqual([{ _expire: 1, _maxAge: 1000 }, 1000, before])
  })
})

describe('a record that another request was quicker to change', () => {
  it('cannot be looked at: the change is lost, and no cookie goes out', async () => {
    const { visit, answers, peek } = await setUp({ onStoreError: 'anonymous' })
    answers.compareAndSet = [() => false]
    answers.get = [undefined as never, async () => Promise.reject(new Error('down'))]
    expect((await visit((session) => (session.n = 1))).cookies).toEqual([])
    expect((await peek()).toJSON()).toEqual({ user: 'fred' })
  })

  it('cannot be looked at: the error tells what the store was asked', async () => {
    const { visit, answers } = await setUp()
    answers.compareAndSet = [() => false]
    answers.get = [undefined as never, async () => Promise.reject(new Error('down'))]
    const error = await rejectionOf(visit((session) => (session.n = 1)))
    expect(error.message).toBe('The session store failed to get (Error).')
  })

  it.each([null, undefined, { _expire: 1, _maxAge: 1000 }, 'text'])(
    'and has ended, stays ended: %j',
    async (found) => {
      const { visit, answers, calls } = await setUp()
      answers.compareAndSet = [() => false]
      answers.get = [undefined as never, () => found]
      const { session, cookies } = await visit((session) => (session.n = 1))
      expect(cookies).toEqual([])
      expect(session.toJSON()).toEqual({})
      expect(names(calls())).toEqual(['get', 'compareAndSet', 'get'])
    },
  )

  it('and that its schema refuses now, is gone', async () => {
    const validate = (value: unknown): any =>
      (value as { user?: string }).user === 'mallory' ? { issues: [{ message: 'no' }] } : { value }
    const { visit, answers, clock } = await setUp({
      schema: { '~standard': { version: 1, vendor: 'test', validate } },
    })
    answers.compareAndSet = [() => false]
    answers.get = [undefined as never, () => ({ user: 'mallory', ...life(clock) })]
    const { session, cookies } = await visit((session) => (session.n = 1))
    expect(cookies).toEqual([])
    expect(session.toJSON()).toEqual({})
  })

  it('is asked for as any other, with the time that it may be kept', async () => {
    const { visit, answers, calls } = await setUp({ rolling: true, touchAfter: 0 })
    answers.compareAndSet = [() => false]
    await visit((session) => (session.n = 1))
    const [first, , again] = calls()
    expect(again).toEqual(first)
    expect(first!.slice(2)).toEqual([HOUR, { rolling: true, ctx: undefined }])
  })
})

describe('a store that hears late of an end', () => {
  it.each([
    ['the configured time', undefined, HOUR],
    ['its own, if that is longer', 3 * HOUR, 3 * HOUR],
    ['the configured time, though its own is shorter', MINUTE, HOUR],
  ])('remembers it for as long as a cookie may live: %s', async (_, own, longest) => {
    const calls: unknown[][] = []
    const memory = createMemoryStore()
    const { compareAndSet: _cas, touch: _touch, ...three } = memory
    const store: Store = {
      ...three,
      consistency: 'eventual',
      destroy(key, options) {
        calls.push([options])
        return memory.destroy(key, options)
      },
    }
    const visitor = createVisitor(createSessionManager({ secrets: SECRET, store, maxAge: HOUR }))
    await visitor.visit((session) => {
      session.user = 'fred'
      if (own) session.maxAge = own
    })
    await visitor.visit((session) => session.destroy())
    const maxAge = longest + 90 * SECOND + 10 * SECOND
    expect(calls).toEqual([[{ ctx: undefined, maxAge }]])
  })

  it('is told nothing of the kind where it hears at once', async () => {
    const { visit, calls } = await setUp()
    await visit((session) => session.destroy())
    expect(calls().at(-1)).toEqual(['destroy', expect.any(String), { ctx: undefined }])
  })
})
