import type { Session } from '../../src/index.ts'
import { check, checkEqual } from './assert.ts'
import { setStage } from './stage.ts'
import type { Section } from './trial.ts'

/** What is left of the promises where a store cannot tell that another was first. */
export const weakRaces: Section = {
  subject: 'without compareAndSet, overlapping requests',
  lacks: 'compareAndSet',
  cases: [
    [
      'leave the later of two changes, whatever becomes of the earlier',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const [first, second] = [await stage.visit(cookie), await stage.visit(cookie)]
        first.session.a = 1
        second.session.b = 2
        await first.commit()
        const found = await stage.read(await second.commit())
        const { a, ...rest } = found ?? {}
        checkEqual(rest, { user: 'fred', b: 2 }, 'The change that was written last is there')
        check(a === undefined || a === 1, 'The other one is there or not, and nothing else')
      },
    ],
    [
      'leave one whole change, if they write at the same moment',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ n: 0 })
        const visits = await Promise.all([1, 2, 3].map(() => stage.visit(cookie)))
        for (const [index, { session }] of visits.entries()) {
          Object.assign(session, { n: index, same: index })
        }
        await Promise.all(visits.map(({ commit }) => commit()))
        const found = await stage.read(cookie)
        check(found && 'n' in found, 'One of the changes is there')
        checkEqual(found['same'], found['n'], 'What one request wrote is not mixed with another’s')
      },
    ],
    [
      'count at least one increment that is made by update(), and none twice',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ n: 0 })
        const visits = await Promise.all([1, 2, 3].map(() => stage.visit(cookie)))
        for (const { session } of visits) {
          await session.update((session) => {
            session.n++
          })
        }
        const { n } = ((await stage.read(cookie)) ?? {}) as { n?: number }
        check(n === 1 || n === 2 || n === 3, 'Three increments make one, two or three')
      },
    ],
    [
      'may bring back a session that was ended, with their own data and no others',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const slow = await stage.visit(cookie)
        slow.session.late = true
        await stage.act(cookie, (session) => session.destroy())
        await slow.commit()
        const found = await stage.read(cookie)
        if (found) checkEqual(found, { user: 'fred', late: true }, 'Nothing else is brought back')
      },
    ],
    [
      'bring nothing back if all they did was read',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const slow = await stage.visit(cookie)
        await stage.act(cookie, (session) => session.destroy())
        checkEqual(await slow.commit(), undefined, 'A request that only read sends no cookie')
        checkEqual(await stage.read(cookie), null, 'A session that was ended stays ended')
      },
    ],
    [
      'change nothing under the new id that another has given',
      async (trial) => {
        const stage = setStage(trial)
        const old = await stage.enter({ user: 'fred' })
        const slow = await stage.visit(old)
        slow.session.late = true
        const cookie = await stage.act(old, async (session) => {
          session.role = 'admin'
          await session.regenerate()
        })
        await slow.commit()
        checkEqual(
          await stage.read(cookie),
          { user: 'fred', role: 'admin' },
          'The new id keeps what it was given',
        )
        const found = await stage.read(old)
        check(found?.['role'] === undefined, 'The old id gets nothing that the new one was given')
      },
    ],
    [
      'leave nothing under the old id, if two of them give a new one',
      async (trial) => {
        const stage = setStage(trial)
        const old = await stage.enter({ user: 'fred' })
        const visits = [await stage.visit(old), await stage.visit(old)]
        const regenerate = (session: Session): Promise<void> => session.regenerate()
        await Promise.all(visits.map(({ session }) => regenerate(session)))
        const cookies = await Promise.all(visits.map(({ commit }) => commit()))
        checkEqual(await stage.read(old), null, 'The old id has nothing')
        const found = await Promise.all(cookies.filter(Boolean).map((cookie) => stage.read(cookie)))
        check(found.length > 0, 'At least one new id is given')
        for (const data of found) checkEqual(data, { user: 'fred' }, 'A new id has the data')
      },
    ],
  ],
}
