import { describe, expect, it } from 'vitest'
import {
  createSessionManager,
  type SessionManager,
  type SessionOptions,
  type Store,
} from '../../src/index.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

/**
 * Plays requests that overlap through the core.
 *
 * @param open Gives two stores over the same records, as two processes have them.
 */
export function describeRaces(open: () => [Store, Store]): void {
  interface Setting extends Visitor {
    /** The managers of two processes. */
    one: SessionManager
    other: SessionManager
  }

  async function setUp(options: Partial<SessionOptions> = {}): Promise<Setting> {
    const [one, other] = open().map((store) =>
      createSessionManager({ secrets: SECRET, store, ...options }),
    ) as [SessionManager, SessionManager]
    const visitor = createVisitor(one)
    await visitor.visit((session) => (session.user = 'ada'))
    return { ...visitor, one, other }
  }

  describe('requests that overlap', () => {
    it('change different keys, and both changes stay', async () => {
      const { one, other, jar, peek } = await setUp()
      const first = await one.load(jar.header)
      const second = await other.load(jar.header)
      first.cart = [1]
      second.theme = 'dark'
      delete second.user
      await Promise.all([one.commit(first), other.commit(second)])

      expect(await peek()).toEqual({ cart: [1], theme: 'dark' })
    })

    it('change a key each, ten at a time, and all ten changes stay', async () => {
      const { one, other, jar, peek } = await setUp()
      await Promise.all(
        Array.from({ length: 10 }, async (_, index) => {
          const manager = index % 2 ? one : other
          const session = await manager.load(jar.header)
          session[`key${index}`] = index
          await manager.commit(session)
        }),
      )

      expect(Object.keys(await peek())).toHaveLength(11)
    })

    it('change, and only live on, and the change stays', async () => {
      for (const isFirst of [true, false]) {
        const { one, other, jar, peek } = await setUp({ rolling: true, touchAfter: 0 })
        const reading = await other.load(jar.header)
        const writing = await one.load(jar.header)
        writing.cart = [1]
        if (isFirst) await one.commit(writing)
        expect(await other.commit(reading)).toHaveLength(1)
        await one.commit(writing)

        expect(await peek()).toEqual({ user: 'ada', cart: [1] })
      }
    })

    it.each<[string, (session: any) => unknown]>([
      ['changes something', (session) => (session.cart = [1])],
      ['only lives on', () => {}],
      ['is saved', (session) => session.save()],
      ['is given a new id', (session) => session.regenerate()],
      ['is updated', (session) => session.update((fresh: any) => (fresh.n = 1))],
    ])('end a session for good, whatever a slow one does: it %s', async (_, act) => {
      const { one, other, jar, visit } = await setUp({ rolling: true, touchAfter: 0 })
      const cookie = jar.header
      const slow = await other.load(cookie)
      await visit((session) => session.destroy())
      await act(slow)

      expect(await other.commit(slow)).toEqual([])
      expect(await one.load(cookie)).toMatchObject({ isNew: true, length: 0 })
    })

    it.each<[string, (session: any) => unknown]>([
      ['changes something', (session) => (session.cart = [1])],
      ['only lives on', () => {}],
      ['is saved', (session) => session.save()],
    ])('give it a new id, and a slow one keeps the old id dead: it %s', async (_, act) => {
      const { one, other, jar, visit, peek } = await setUp({ rolling: true, touchAfter: 0 })
      const cookie = jar.header
      const slow = await other.load(cookie)
      await visit((session) => session.regenerate())
      await act(slow)

      expect(await other.commit(slow)).toEqual([])
      expect(await one.load(cookie)).toMatchObject({ isNew: true, length: 0 })
      expect(await peek()).toMatchObject({ isNew: false, user: 'ada' })
    })

    it('give it a new id all at once, and one of them does', async () => {
      const { one, other, jar } = await setUp()
      const sessions = await Promise.all(
        Array.from({ length: 8 }, (_, index) => (index % 2 ? one : other).load(jar.header)),
      )
      const outcomes = await Promise.all(
        sessions.map(async (session, index) => {
          await session.regenerate()
          session.winner = index
          return (index % 2 ? one : other).commit(session)
        }),
      )
      const winners = outcomes.filter((cookies) => cookies.length)

      expect(winners).toHaveLength(1)
      expect(await one.load(jar.header)).toMatchObject({ isNew: true })
      jar.take(winners[0]!)
      const { winner } = await other.load(jar.header)
      expect(outcomes[winner]).toBe(winners[0])
    })

    it('count to 200 from two processes', async () => {
      const { one, other, jar, visit, peek } = await setUp()
      await visit((session) => (session.count = 0))
      const count = async (manager: SessionManager): Promise<void> => {
        for (let time = 0; time < 100; time++) {
          const session = await manager.load(jar.header)
          await session.update((fresh: any) => fresh.count++)
          await manager.commit(session)
        }
      }
      await Promise.all([count(one), count(other)])

      expect(await peek()).toEqual({ user: 'ada', count: 200 })
    })

    it('begin under one id, and no record takes another’s place', async () => {
      const { other, peek } = await setUp({ genid: () => 'the-only-id' })
      const session = await other.load(null)
      session.user = 'mallory'

      await expect(other.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
      expect(await peek()).toEqual({ user: 'ada' })
    })
  })
}
