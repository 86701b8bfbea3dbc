import { describe, expect, it } from 'vitest'
import {
  createSessionManager,
  type SessionOptions,
  type SessionRecord,
  type Store,
} from '../../src/index.ts'
import { createClock, HOUR, MINUTE, SECOND, type Clock } from '../fixtures/clock.ts'
import { onTrouble } from '../fixtures/events.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

/** More than a cookie has room for beside its record. */
const LARGE = 'x'.repeat(4000)

interface Setting extends Visitor {
  clock: Clock
  events: string[]
  /** What was asked of the store since it was last looked at. */
  done(): string[]
  /** Answers from now on with what is there now, whatever is written. */
  hold(): void
  /** Hears of all writes. */
  hear(): void
  records: Map<string, any>
  /** Another server with the same store and browser. */
  other(options: Partial<SessionOptions>): Visitor
}

/** A store that may not have heard of the last writes, and marks sessions that have ended. */
function setUp(options: Partial<SessionOptions> = {}): Setting {
  const clock = createClock()
  const records = new Map<string, any>()
  const calls: string[] = []
  const events: string[] = []
  let held: Map<string, any> | undefined
  const store: Store = {
    consistency: 'eventual',
    get(key) {
      calls.push('get')
      return structuredClone((held ?? records).get(key)) as SessionRecord | undefined
    },
    set(key, record) {
      calls.push('set')
      records.set(key, structuredClone(record))
    },
    destroy(key) {
      calls.push('destroy')
      records.set(key, { _ended: true })
    },
  }
  const on = onTrouble(({ type }) => events.push(type))
  const base = { secrets: SECRET, store, now: clock.now, maxAge: HOUR, on, ...options }
  const visitor = createVisitor(createSessionManager(base))
  return {
    ...visitor,
    clock,
    events,
    records,
    done: () => calls.splice(0),
    hold: () => void (held = new Map(records)),
    hear: () => void (held = undefined),
    other: (more) => createVisitor(createSessionManager({ ...base, ...more }), visitor.jar),
  }
}

describe('a store that has not heard of the last write', () => {
  it('is overruled by the cookie for 90 seconds, and decides after them', async () => {
    const { visit, peek, clock, hold } = setUp()
    await visit((session) => (session.views = 1))
    hold()
    await visit((session) => (session.views = 2))
    clock.pass(90 * SECOND - 1)
    expect((await peek()).views).toBe(2)
    clock.pass(1)
    expect((await peek()).views).toBe(1)
  })

  it('is overruled where it knows of no record, for as long', async () => {
    const { visit, peek, clock, hold, events } = setUp()
    hold()
    await visit((session) => (session.views = 1))
    clock.pass(90 * SECOND - 1)
    expect(await peek()).toMatchObject({ views: 1, isNew: false })
    expect(events).toEqual([])
    clock.pass(1)
    expect(await peek()).toMatchObject({ isNew: true })
    expect(events).toEqual(['missed'])
  })

  it('brings messages along in the cookie', async () => {
    const { visit, hold } = setUp()
    hold()
    await visit((session) => session.flash('note', 'hi'))
    const { session } = await visit((session) => (session.note = session.flash('note')))
    expect(session.note).toBe('hi')
  })

  it('is believed where it has heard of a later write than the cookie', async () => {
    const { visit, peek, jar, other } = setUp()
    await visit((session) => (session.views = 1))
    const before = jar.header
    await visit((session) => (session.views = 2))
    expect((await peek()).views).toBe(2)
    const late = other({})
    late.jar.take([`${before}; Path=/; Secure`])
    expect((await late.peek()).views).toBe(2)
  })

  it('is not believed about a write at the same time as the cookie’s', async () => {
    const { visit, peek, records } = setUp()
    await visit((session) => (session.views = 1))
    const [[key, record]] = [...records] as [[string, any]]
    records.set(key, { ...record, views: 7 })
    expect((await peek()).views).toBe(1)
    records.set(key, { ...record, views: 7, _version: record._version + 1 })
    expect((await peek()).views).toBe(7)
  })

  it('is believed at once that a session has ended', async () => {
    const { visit, peek, records, events } = setUp()
    await visit((session) => (session.views = 1))
    for (const key of records.keys()) records.set(key, { _ended: true })
    expect((await peek()).isNew).toBe(true)
    expect(events).toEqual(['missed'])
  })
})

describe('a record that is older than its cookie', () => {
  /** A session whose cookie has no copy of it, and whose last write nobody has heard of. */
  async function stale(options: Partial<SessionOptions> = {}): Promise<Setting> {
    const setting = setUp({ rolling: true, ...options })
    await setting.visit((session) => (session.letter = LARGE))
    setting.hold()
    setting.clock.pass(50 * MINUTE)
    await setting.visit((session) => (session.views = 1))
    setting.done()
    return setting
  }

  it('does not end the session at its own end', async () => {
    const { clock, peek } = await stale()
    clock.pass(20 * MINUTE)
    expect(await peek()).toMatchObject({ letter: LARGE, isNew: false })
    clock.pass(40 * MINUTE + 1)
    expect((await peek()).isNew).toBe(true)
  })

  it('is left alone where the application refuses it, for it may no longer be so', async () => {
    let isGood = true
    const { visit, done, events } = await stale({ valid: () => isGood })
    isGood = false
    expect((await visit()).session.isNew).toBe(true)
    expect(done()).toEqual(['get'])
    expect(events).toEqual(['invalid'])
  })

  it('ends the session once it has been heard of', async () => {
    let isGood = true
    const { visit, done, hear, events } = await stale({ valid: () => isGood })
    hear()
    isGood = false
    expect((await visit()).session.isNew).toBe(true)
    expect(done()).toEqual(['get', 'destroy'])
    expect(events).toEqual(['invalid'])
  })
})

describe('a session that is over', () => {
  it('is left to its store, which forgets it by itself', async () => {
    const { visit, peek, records, done, events, other, clock } = setUp()
    await visit((session) => (session.views = 1))
    const [[key, record]] = [...records] as [[string, any]]
    records.set(key, { ...record, _version: 9, _expire: clock.now() - 1 })
    done()
    expect((await peek()).isNew).toBe(true)
    expect((await other({}).peek()).isNew).toBe(true)
    expect(done()).toEqual(['get', 'get'])
    expect(events).toEqual(['expired', 'expired'])
  })

  it('is ended by a logout all the same, for the store may not have heard that it goes on', async () => {
    const { visit, records, done } = setUp()
    await visit((session) => (session.views = 1))
    const keys = [...records.keys()]
    records.clear()
    records.set(keys[0]!, { views: 1, _version: 9, _expire: 1 })
    done()
    await visit((session) => session.destroy())
    expect(done()).toEqual(['get', 'destroy'])
    expect([...records]).toEqual([[keys[0], { _ended: true }]])
  })
})

describe('rolling, where every write counts', () => {
  it('saves a session that is merely read once a minute', async () => {
    const { visit, clock, done } = setUp({ rolling: true, touchAfter: 0 })
    await visit((session) => (session.views = 1))
    done()
    clock.pass(MINUTE - 1)
    expect((await visit()).cookies).toEqual([])
    expect(done()).toEqual(['get'])
    clock.pass(1)
    expect((await visit()).cookies).toHaveLength(1)
    expect(done()).toEqual(['get', 'set'])
  })

  it('saves it after half its time where the cookie does not tell how old it is', async () => {
    const { visit, clock, done } = setUp({ rolling: true, touchAfter: 0, encrypt: false })
    await visit((session) => (session.views = 1))
    done()
    clock.pass(30 * MINUTE - 1)
    expect((await visit()).cookies).toEqual([])
    expect(done()).toEqual(['get'])
    clock.pass(1)
    expect((await visit()).cookies).toHaveLength(2)
  })

  it('counts on from what the cookie or the record says, whichever is later', async () => {
    const { visit, records, hold } = setUp()
    await visit((session) => (session.views = 1))
    hold()
    for (const views of [2, 3, 4]) await visit((session) => (session.views = views))
    expect([...records.values()]).toMatchObject([{ views: 4, _version: 4 }])
  })

  it('goes on in another server that has a newer secret', async () => {
    const { visit, other, hold, clock } = setUp()
    hold()
    await visit((session) => (session.views = 1))
    clock.pass(MINUTE)
    const { session, cookies } = await other({ secrets: [SECRETS[1]!, SECRET] }).visit()
    expect(session.views).toBe(1)
    expect(cookies).toHaveLength(1)
  })
})
