import { describe, expect, it } from 'vitest'
import { createSessionManager, type SessionEvent } from '../../src/index.ts'
import { createClock } from '../fixtures/clock.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore, type RecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

async function setUp(): Promise<Visitor & { store: RecordingStore; events: SessionEvent[] }> {
  const store = createRecordingStore()
  const events: SessionEvent[] = []
  const on = onTrouble((event) => events.push(event))
  const manager = createSessionManager({ secrets: SECRET, store, now: createClock().now, on })
  const visitor = createVisitor(manager)
  await visitor.visit((session) => (session.user = 'fred'))
  return { ...visitor, store, events }
}

describe('a store that answers', () => {
  const deep = nest(200_000)
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const answers: [string, unknown, string][] = [
    ['undefined', undefined, 'missed'],
    ['null', null, 'missed'],
    ['false', false, 'missed'],
    ['0', 0, 'missed'],
    ['no text', '', 'missed'],
    ['true', true, 'invalid'],
    ['a number', 42, 'invalid'],
    ['the JSON of a record', '{"user":"fred"}', 'invalid'],
    ['a list', [{ user: 'fred' }], 'invalid'],
    ['bytes', Buffer.from('{"user":"fred"}'), 'invalid'],
    ['a date', new Date(), 'invalid'],
    ['a map', new Map([['user', 'fred']]), 'invalid'],
    ['a function', () => ({ user: 'fred' }), 'invalid'],
    ['a bigint', 1n, 'invalid'],
    ['a cycle', cycle, 'invalid'],
    ['200,000 levels', deep, 'invalid'],
    ['a bigint within', { user: 1n }, 'invalid'],
    ['a record that is over', { user: 'fred', _expire: 1 }, 'expired'],
  ]

  it.each(answers)('%s has no session, and nothing breaks', async (_, answer, event) => {
    const { visit, store, events } = await setUp()
    store.instead.get = () => answer
    const { session } = await visit((session) => {
      expect(session.toJSON()).toEqual({})
      expect(session.isNew).toBe(true)
    })
    expect(session.user).toBeUndefined()
    expect(events).toMatchObject([{ type: event }])
  })

  it.each([
    ['a __proto__', JSON.parse('{"user":"fred","__proto__":{"admin":true}}')],
    ['strange limits', { user: 'fred', _expire: 'never', _maxAge: -1, _session: 1, _flash: [] }],
    ['no prototype', Object.assign(Object.create(null), { user: 'fred' })],
    [
      'getters',
      {
        get user() {
          return 'fred'
        },
      },
    ],
    ['a frozen record', Object.freeze({ user: 'fred' })],
  ])('with %s has one', async (_, answer) => {
    const { visit, peek, store } = await setUp()
    store.instead.get = () => answer
    const session = await peek()
    expect(session.toJSON()).toEqual({ user: 'fred' })
    expect(session.admin).toBeUndefined()
    expect((await visit((session) => (session.n = 1))).cookies).toHaveLength(1)
  })
})

function nest(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = { a: value }
  return value
}
