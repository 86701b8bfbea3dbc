import type { Session, SessionOptions } from '../../src/index.ts'
import { check, checkEqual, checkGone } from './assert.ts'
import { hold, setStage, type Stage } from './stage.ts'
import { viewOf } from './store-view.ts'
import type { Case, Section, Trial } from './trial.ts'

/** What a slow request may be about to do when its session ends elsewhere. */
const slowly: Readonly<
  Record<string, [act: (session: Session) => unknown, options?: Partial<SessionOptions>]>
> = {
  'changes it': [(session) => (session.late = true)],
  'saves it by hand': [(session) => session.save().catch(() => {})],
  'only lets it live on': [() => {}, { rolling: true, touchAfter: 0 }],
  'leaves a message': [(session) => session.flash('late', true)],
  'updates it': [(session) => session.update((session) => void (session.late = true))],
  'gives it a new id': [(session) => session.regenerate()],
  'gives it more time': [(session) => (session.maxAge = 7_200_000)],
}

/** Sessions that end, or get another id, while other requests are under way. */
export const endingRaces: Section = {
  subject: 'a session that ends while requests are under way',
  needs: 'compareAndSet',
  cases: [
    ...Object.entries(slowly).map(([name, [act, options]]): Case => [
      `stays ended, if a slow request ${name}`,
      async (trial) => {
        const stage = setStage(trial, options)
        const cookie = await stage.enter({ user: 'fred' })
        const slow = await stage.visit(cookie)
        await stage.act(cookie, (session) => session.destroy())
        await act(slow.session)
        const next = await slow.commit()
        checkEqual(next, undefined, 'A request whose session has ended sends no cookie')
        checkEqual(await stage.read(cookie), null, 'A session that was ended stays ended')
      },
    ]),
    ...Object.entries(slowly).map(([name, [act, options]]): Case => [
      `stays under its new id alone, if a slow request ${name}`,
      async (trial) => {
        const stage = setStage(trial, options)
        const old = await stage.enter({ user: 'fred' })
        const slow = await stage.visit(old)
        const cookie = await stage.act(old, async (session) => {
          session.role = 'admin'
          await session.regenerate()
        })
        await act(slow.session)
        const next = await slow.commit()
        checkEqual(next, undefined, 'A request whose session has another id sends no cookie')
        checkEqual(await stage.read(old), null, 'The old id stays without a session')
        checkEqual(
          await stage.read(cookie),
          { user: 'fred', role: 'admin' },
          'The new id keeps what it was given',
        )
      },
    ]),
    [
      'takes back the cookie of an earlier save, if it ends before the answer is there',
      async (trial) => {
        const stage = setStage(trial)
        const old = await stage.enter({ user: 'fred' })
        const slow = await stage.visit(old)
        slow.session.n = 1
        await slow.session.save()
        const cookie = await stage.act(old, (session) => session.regenerate())
        slow.session.n = 2
        const next = await slow.commit()
        checkEqual(next, undefined, 'A cookie of the old id would undo the one of the new id')
        checkEqual(
          await stage.read(cookie),
          { user: 'fred', n: 1 },
          'The new id has what was saved',
        )
      },
    ],
    [
      'stays ended, if it is read before and changed after',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const held = hold(trial.store, ['get'], 'after')
        const loading = stage.visit(cookie, held.store)
        await held.reachedBy(loading)
        await stage.act(cookie, (session) => session.destroy())
        held.release()
        const slow = await loading
        checkEqual(slow.session.user, 'fred', 'What was read before the logout is handed out')
        slow.session.late = true
        checkEqual(await slow.commit(), undefined, 'What was changed after it sends no cookie')
        checkEqual(await stage.read(cookie), null, 'A session that was ended stays ended')
      },
    ],
    [
      'is not there for a read that comes after',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const held = hold(trial.store, ['get'])
        const loading = stage.visit(cookie, held.store)
        await held.reachedBy(loading)
        await stage.act(cookie, (session) => session.destroy())
        held.release()
        const { session } = await loading
        check(session.isNew, 'A read that comes after a logout finds no session')
      },
    ],
    [
      'ends although another request has changed it',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const leaving = await stage.visit(cookie)
        await stage.act(cookie, (session) => (session.n = 1))
        leaving.session.destroy()
        await leaving.commit()
        checkEqual(await stage.read(cookie), null, 'A logout needs no leave of anybody')
      },
    ],
    [
      'ends although it is changed at the same moment',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const visits = await Promise.all([1, 2, 3].map(() => stage.visit(cookie)))
        visits[0]!.session.a = 1
        visits[1]!.session.b = 2
        visits[2]!.session.destroy()
        await Promise.all(visits.map(({ commit }) => commit()))
        checkEqual(await stage.read(cookie), null, 'A logout wins over changes at once')
      },
    ],
    [
      'ends for good, if the look at a change is overtaken by the logout',
      async (trial) => {
        const stage = setStage(trial)
        const cookie = await stage.enter({ user: 'fred' })
        const held = hold(trial.store, ['compareAndSet'], 'before', 2)
        const slow = await stage.visit(cookie, held.store)
        slow.session.late = true
        await stage.act(cookie, (session) => (session.n = 1))
        const done = slow.commit()
        await held.reachedBy(done)
        await stage.act(cookie, (session) => session.destroy())
        held.release()
        checkEqual(await done, undefined, 'A request that was overtaken sends no cookie')
        checkEqual(await stage.read(cookie), null, 'A session that was ended stays ended')
      },
    ],
    [
      'takes a change along to its new id that came in between',
      async (trial) => {
        const stage = setStage(trial)
        const old = await stage.enter({ user: 'fred' })
        const moving = await stage.visit(old)
        moving.session.role = 'admin'
        await moving.session.regenerate()
        await stage.act(old, (session) => (session.n = 1))
        const cookie = await moving.commit()
        check(cookie, 'A new id is given although the session was changed meanwhile')
        checkEqual(
          await stage.read(cookie),
          { user: 'fred', role: 'admin', n: 1 },
          'The new id has the changes of both',
        )
        checkEqual(await stage.read(old), null, 'The old id has nothing')
      },
    ],
    [
      'gets one new id, if two requests give it one',
      async (trial) => {
        const stage = setStage(trial)
        const old = await stage.enter({ user: 'fred' })
        const kept = await givenNewIds(trial, stage, old, 2)
        checkEqual(kept.length, 1, 'One of two requests gives the new id')
        checkEqual(await stage.read(kept[0]), { user: 'fred' }, 'The new id has the data')
        checkEqual(await stage.read(old), null, 'The old id has nothing')
      },
    ],
    [
      'gets one new id, if three requests give it one at the same moment',
      async (trial) => {
        const stage = setStage(trial)
        const old = await stage.enter({ user: 'fred' })
        const kept = await givenNewIds(trial, stage, old, 3)
        checkEqual(kept.length, 1, 'One of three requests gives the new id')
        checkEqual(await stage.read(kept[0]), { user: 'fred' }, 'The new id has the data')
      },
    ],
    [
      'leaves no record behind under a new id that nobody was told of',
      async (trial) => {
        const stage = setStage(trial)
        const old = await stage.enter({ user: 'fred' })
        const written = new Set<string>()
        const view = viewOf(trial.store, (method, [key], proceed) => {
          if (method === 'compareAndSet' || method === 'set') written.add(key as string)
          return proceed()
        })
        const slow = await stage.visit(old, view)
        await slow.session.regenerate()
        await stage.act(old, (session) => session.destroy())
        await slow.commit()
        for (const key of written) {
          checkGone(await trial.get(key), 'What a request has stored in vain is not left behind')
        }
      },
    ],
  ],
}

/** Several requests give a session a new id at once; the cookies that were sent. */
async function givenNewIds(
  trial: Trial,
  stage: Stage,
  old: string,
  count: number,
): Promise<string[]> {
  // All have stored their new record before any of them lets go of the old one.
  const views = Array.from({ length: count }, () =>
    hold(trial.store, ['compareAndSet'], 'after', 1),
  )
  const visits = await Promise.all(views.map(({ store }) => stage.visit(old, store)))
  const committing = visits.map(async ({ session, commit }) => {
    await session.regenerate()
    return commit()
  })
  await Promise.all(views.map(({ reachedBy }, index) => reachedBy(committing[index]!)))
  for (const { release } of views) release()
  const cookies = await Promise.all(committing)
  return cookies.filter((cookie) => cookie !== undefined)
}
