import { check, checkEqual } from './assert.ts'
import { hold, setStage } from './stage.ts'
import type { Section } from './trial.ts'

/** Requests that change one session at the same time. */
export const updateRaces: Section = {
  subject: 'requests that change one session at once',
  needs: 'compareAndSet',
  cases: [
    [
      'keep both their changes, if they change different keys',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const [first, second] = [await stage.visit(cookie), await stage.visit(cookie)]
        first.session.a = 1
        second.session.b = 2
        await first.commit()
        const next = await second.commit()
        checkEqual(
          await stage.read(next),
          { user: 'fred', a: 1, b: 2 },
          'Neither of two changes to different keys is lost',
        )
        checkEqual(stage.events, [], 'Changes to different keys are no conflict')
      },
    ],
    [
      'keep all three changes, if three of them write at the same moment',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const visits = await Promise.all(['a', 'b', 'c'].map(() => stage.visit(cookie)))
        for (const [index, { session }] of visits.entries()) session[`key${index}`] = index
        await Promise.all(visits.map(({ commit }) => commit()))
        checkEqual(
          await stage.read(cookie),
          { user: 'fred', key0: 0, key1: 1, key2: 2 },
          'None of three changes to different keys is lost',
        )
      },
    ],
    [
      'leave the stored value where they change the same key, and tell of it',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ theme: 'light', n: 0 })
        const [first, second] = [await stage.visit(cookie), await stage.visit(cookie)]
        first.session.theme = 'dark'
        Object.assign(second.session, { theme: 'blue', n: 1 })
        await first.commit()
        const next = await second.commit()
        checkEqual(await stage.read(next), { theme: 'dark', n: 1 }, 'The value stored first stays')
        checkEqual(stage.events, ['conflict'], 'A change that is lost is told of')
      },
    ],
    [
      'leave nothing behind of a key that one changes and one deletes',
      async (trial) => {
        for (const order of ['deleted last', 'deleted first']) {
          const stage = setStage(trial)
          const cookie = await stage.enter({ cart: [1], n: 0 })
          const [changing, deleting] = [await stage.visit(cookie), await stage.visit(cookie)]
          Object.assign(changing.session, { cart: [1, 2], n: 1 })
          delete deleting.session.cart
          const visits = order === 'deleted last' ? [changing, deleting] : [deleting, changing]
          for (const { commit } of visits) await commit()
          checkEqual(await stage.read(cookie), { n: 1 }, `A deletion beats a change (${order})`)
        }
      },
    ],
    [
      'are refused, the later one, where the application wants no merging',
      async (trial) => {
        const stage = setStage(trial, { conflict: 'error' })
        const cookie = await stage.enter({ user: 'fred' })
        const [first, second] = [await stage.visit(cookie), await stage.visit(cookie)]
        first.session.a = 1
        second.session.b = 2
        await first.commit()
        const code = await second.commit().then(
          () => 'none',
          (error: { code: string }) => error.code,
        )
        checkEqual(code, 'ERR_SESSION_CONFLICT', 'With `conflict: "error"` the later one fails')
        checkEqual(await stage.read(cookie), { user: 'fred', a: 1 }, 'And changes nothing')
      },
    ],
    [
      'both leave their messages for the next page',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const [first, second] = [await stage.visit(cookie), await stage.visit(cookie)]
        first.session.flash('saved', 'yes')
        second.session.flash('mailed', 'yes')
        await first.commit()
        const { session } = await stage.visit(await second.commit())
        checkEqual(
          [session.flash('saved'), session.flash('mailed')],
          ['yes', 'yes'],
          'Neither of two messages is lost',
        )
      },
    ],
    [
      'take a message and change a key without undoing each other',
      async (trial) => {
        const stage = setStage(trial)
        const start = await stage.enter({ user: 'fred' })
        const cookie = await stage.act(start, (session) => session.flash('note', 'hi'))
        const [taking, changing] = [await stage.visit(cookie), await stage.visit(cookie)]
        taking.session.flash('note')
        changing.session.n = 1
        await taking.commit()
        const { session } = await stage.visit(await changing.commit())
        checkEqual(session.flash('note'), undefined, 'A message that was taken stays taken')
        checkEqual(session.n, 1, 'A key that was changed stays changed')
      },
    ],
    [
      'lose no increment that is made by update()',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ n: 0 })
        const visits = await Promise.all(Array.from({ length: 5 }, () => stage.visit(cookie)))
        await Promise.all(
          visits.map(async ({ session, commit }) => {
            await session.update((session) => {
              session.n++
            })
            await commit()
          }),
        )
        checkEqual(await stage.read(cookie), { n: 5 }, 'Five increments at once make five')
        checkEqual(stage.events, [], 'An increment that is made again is no conflict')
      },
    ],
    [
      'lose no change to one that only lives on',
      async (trial) => {
        for (const order of ['changed first', 'changed last']) {
          const stage = setStage(trial, { rolling: true, touchAfter: 0 })
          const cookie = await stage.enter({ n: 0 })
          const [changing, rolling] = [await stage.visit(cookie), await stage.visit(cookie)]
          changing.session.n = 1
          const visits = order === 'changed first' ? [changing, rolling] : [rolling, changing]
          for (const { commit } of visits) await commit()
          checkEqual(await stage.read(cookie), { n: 1 }, `A touch undoes no change (${order})`)
          checkEqual(stage.events, [], 'A touch is no conflict')
        }
      },
    ],
    [
      'find each other also between the look and the write',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        // The second write of this one comes after it has looked at what the other stored.
        const held = hold(trial.store, ['compareAndSet'], 'before', 2)
        const slow = await stage.visit(cookie, held.store)
        slow.session.slow = true
        await stage.act(cookie, (session) => (session.a = 1))
        const done = slow.commit()
        await held.reachedBy(done)
        await stage.act(cookie, (session) => (session.b = 2))
        held.release()
        check(await done, 'A request that was overtaken twice is saved all the same')
        checkEqual(
          await stage.read(cookie),
          { user: 'fred', a: 1, b: 2, slow: true },
          'None of three changes is lost',
        )
      },
    ],
  ],
}
