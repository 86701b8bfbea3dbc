import type { Store } from '../../src/index.ts'
import { check, checkEqual } from './assert.ts'
import { setStage } from './stage.ts'
import { viewOf } from './store-view.ts'
import { Skipped, type Section } from './trial.ts'

/** What an application sees of a store: sessions from request to request. */
export const sessionSection: Section = {
  subject: 'a session in it',
  cases: [
    [
      'is there in the next request, with all that was put in',
      async (trial) => {
        const stage = setStage(trial)
        const data = { user: 'Zoë 🐦', cart: { items: [1, { n: 2 }], empty: [] } }
        const cookie = await stage.enter(data)
        checkEqual(await stage.read(cookie), data, 'The next request finds the data')
        checkEqual(stage.events, [], 'Nothing is set aside')
      },
    ],
    [
      'keeps a change within an object',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ cart: { items: [1] } })
        const next = await stage.act(cookie, (session) => session.cart.items.push(2))
        checkEqual(
          await stage.read(next),
          { cart: { items: [1, 2] } },
          'What was pushed into a list is there in the next request',
        )
      },
    ],
    [
      'is written at the first try when nobody else writes, time after time',
      async (trial) => {
        const { store, writes } = counting(trial.store)
        const stage = setStage(trial)
        const cookie = await stage.enter({ cart: { items: [0] } })
        for (let time = 1; time <= 3; time++) {
          const visit = await stage.visit(cookie, store)
          visit.session.cart.items.push(time)
          await visit.commit()
        }
        checkEqual(writes(), 3, 'Three changes are three writes')
        checkEqual(stage.events, [], 'Nobody is in anybody’s way')
      },
    ],
    [
      'is over after a logout, for every copy of its cookie',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        await stage.act(cookie, (session) => session.destroy())
        checkEqual(await stage.read(cookie), null, 'A session that was ended is gone')
      },
    ],
    [
      'goes on under a new id, and no more under the old one',
      async (trial) => {
        const stage = setStage(trial)
        const old = await stage.enter({ cart: [1] })
        const next = await stage.act(old, async (session) => {
          session.user = 'fred'
          await session.regenerate()
        })
        checkEqual(await stage.read(next), { cart: [1], user: 'fred' }, 'The new id has the data')
        checkEqual(await stage.read(old), null, 'The old id has nothing')
      },
    ],
    [
      'starts anew where one was ended in the same request',
      async (trial) => {
        const stage = setStage(trial)
        const old = await stage.enter({ user: 'fred', cart: [1] })
        const next = await stage.act(old, (session) => {
          session.destroy()
          session.user = 'flo'
        })
        checkEqual(await stage.read(next), { user: 'flo' }, 'The new session has its own data')
        checkEqual(await stage.read(old), null, 'The old session is gone')
      },
    ],
    [
      'brings a message to the next page, once',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const second = await stage.act(cookie, (session) => session.flash('note', { hi: ['é'] }))
        let taken: unknown
        const third = await stage.act(second!, (session) => {
          taken = session.flash('note')
        })
        checkEqual(taken, { hi: ['é'] }, 'The next page gets the message')
        const { session } = await stage.visit(third)
        checkEqual(session.flash('note'), undefined, 'The page after it does not')
      },
    ],
    [
      'may live as long as the browser',
      async (trial) => {
        const stage = setStage(trial, { maxAge: 'session' })
        const cookie = await stage.enter({ user: 'fred' })
        const next = await stage.act(cookie, (session) => (session.n = 1))
        checkEqual(await stage.read(next), { user: 'fred', n: 1 }, 'A browser session is kept')
      },
    ],
    [
      'ends when its time is over, and lives on if it rolls',
      async (trial) => {
        if (!trial.hasClock) throw new Skipped('there is no advance')
        if (trial.store.consistency === 'eventual') throw new Skipped('touches are spaced out')
        if (trial.life < 10_000) throw new Skipped('sessions count in seconds')
        const stage = setStage(trial, { rolling: true, touchAfter: 0, maxAge: trial.life })
        const [idle, busy] = [await stage.enter({ n: 1 }), await stage.enter({ n: 2 })]
        await trial.advance(0.5)
        const next = await stage.act(busy, () => {})
        check(next, 'A rolling session sends its cookie again')
        await trial.advance(0.75)
        checkEqual(await stage.read(idle), null, 'A session nobody used is over')
        checkEqual(await stage.read(next), { n: 2 }, 'A session that rolled is not')
      },
    ],
  ],
}

/** A view of a store that counts what is written. */
function counting(store: Store<any>): { store: Store<any>; writes(): number } {
  let writes = 0
  const view = viewOf(store, (method, _, proceed) => {
    if (method !== 'get') writes++
    return proceed()
  })
  return { store: view, writes: () => writes }
}
