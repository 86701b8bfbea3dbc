import { check, checkEqual, checkGone } from './assert.ts'
import { Skipped, type Section, type Trial } from './trial.ts'

/** The three methods. */
export const contractSection: Section = {
  subject: 'get, set and destroy',
  cases: [
    [
      'finds nothing under a key that was never set',
      async (trial) => {
        checkGone(await trial.get(trial.key('nobody')), 'A key that was never set has no record')
      },
    ],
    [
      'finds what was set, as often as it is asked',
      async (trial) => {
        const key = trial.key('a')
        const record = trial.record({ user: 'fred', cart: { items: [1, 2] } })
        await trial.set(key, record)
        for (const time of ['first', 'second', 'third']) {
          checkEqual(await trial.get(key), record, `The ${time} get() finds what was set`)
        }
      },
    ],
    [
      'keeps a record in place of the one before, and nothing of that',
      async (trial) => {
        const key = trial.key('a')
        await trial.set(key, trial.record({ old: 1, both: 'before', deep: { old: 1 } }))
        const record = trial.record({ both: 'after', deep: { new: 2 } })
        await trial.set(key, record)
        checkEqual(await trial.get(key), record, 'The second record takes the first one’s place')
      },
    ],
    [
      'keeps a record of which only the life was extended',
      async (trial) => {
        const key = trial.key('a')
        await trial.set(key, trial.record({ n: 1 }))
        const record = { ...trial.record({ n: 1 }), _expire: trial.now() + 2 * trial.life }
        await trial.set(key, record, 2 * trial.life, false)
        checkEqual(await trial.get(key), record, 'A set() with `changed: false` is a set()')
      },
    ],
    [
      'keeps the records of different keys apart',
      async (trial) => {
        const keys = ['a', 'b', 'ab', 'A'].map((name) => trial.key(name))
        for (const key of keys) await trial.set(key, trial.record({ key }))
        for (const key of keys) {
          checkEqual((await trial.get(key))?.key, key, 'Every key has its own record')
        }
      },
    ],
    [
      'takes many calls at once',
      async (trial) => {
        const keys = Array.from({ length: 20 }, (_, index) => trial.key(`k${index}`))
        await Promise.all(keys.map((key) => trial.set(key, trial.record({ key }))))
        const found = await Promise.all(keys.map((key) => trial.get(key)))
        checkEqual(
          found.map((record) => record?.key),
          keys,
          'Twenty records are set at once and found at once',
        )
      },
    ],
    [
      'forgets what was destroyed',
      async (trial) => {
        const key = trial.key('a')
        await trial.set(key, trial.record({ user: 'fred' }))
        await trial.destroy(key)
        checkGone(await trial.get(key), 'What was destroyed is not found')
      },
    ],
    [
      'forgets no other record with it',
      async (trial) => {
        const [key, other] = [trial.key('a'), trial.key('ab')]
        const record = trial.record({ user: 'flo' })
        await trial.set(key, trial.record({ user: 'fred' }))
        await trial.set(other, record)
        await trial.destroy(key)
        checkEqual(await trial.get(other), record, 'destroy() takes one record and no other')
      },
    ],
    [
      'destroys what is not there without a word',
      async (trial) => {
        const key = trial.key('nobody')
        await trial.destroy(key)
        await trial.destroy(key)
        checkGone(await trial.get(key), 'destroy() of what is not there makes nothing')
      },
    ],
    [
      'takes "session" and undefined for a time, as koa-session and Egg give them',
      async (trial) => {
        for (const maxAge of ['session', undefined] as const) {
          const key = trial.key(`${maxAge}`)
          const record = { user: 'fred', _session: true as const }
          // A default parameter would stand in for undefined.
          await trial.store.set(key, record, maxAge, { rolling: false, changed: true, ctx: {} })
          const found = await trial.store.get(key, maxAge, { rolling: false, ctx: {} })
          checkEqual(found, record, `A maxAge of ${maxAge} is no mistake`)
        }
      },
    ],
    [
      'takes a time with a fraction, and one of four hundred days',
      async (trial) => {
        for (const maxAge of [trial.life + 0.5, 400 * 86_400_000]) {
          const key = trial.key(`${maxAge}`)
          const record = trial.record({ maxAge })
          await trial.set(key, record, maxAge)
          // A timer that cannot count so far would be over by now.
          await new Promise((resolve) => setTimeout(resolve, 5))
          checkEqual(await trial.get(key), record, `A maxAge of ${maxAge} ms is no mistake`)
        }
      },
    ],
  ],
}

/** That nobody changes a record from outside. */
export const copySection: Section = {
  subject: 'copies',
  cases: [
    [
      'keeps what was set, whatever becomes of the record afterwards',
      async (trial) => {
        demandCopies(trial)
        const key = trial.key('a')
        const record = trial.record({ cart: { items: [1] } })
        await trial.set(key, record)
        ;(record['cart'] as { items: number[] }).items.push(2)
        record['user'] = 'mallory'
        const found = await trial.get(key)
        checkEqual(found?.cart, { items: [1] }, 'A record that was set is kept as it was then')
        checkEqual(found?.user, undefined, 'A record that was set is kept as it was then')
      },
    ],
    [
      'keeps what was set, whatever becomes of what get() returned',
      async (trial) => {
        demandCopies(trial)
        const key = trial.key('a')
        await trial.set(key, trial.record({ cart: { items: [1] } }))
        const found = await trial.get(key)
        found.cart.items.push(2)
        found.user = 'mallory'
        const again = await trial.get(key)
        checkEqual(again?.cart, { items: [1] }, 'What get() returned is the caller’s own')
        checkEqual(again?.user, undefined, 'What get() returned is the caller’s own')
      },
    ],
  ],
}

/** How long records are kept; in milliseconds, whatever the store counts in. */
export const timeSection: Section = {
  subject: 'time',
  needs: 'advance',
  cases: [
    [
      'keeps a record until its time is over',
      async (trial) => {
        const key = trial.key('a')
        await trial.set(key, trial.record())
        await trial.advance(0.75)
        check(await trial.get(key), 'A record is there until maxAge milliseconds are over')
      },
    ],
    [
      'forgets a record when its time is over',
      async (trial) => {
        const key = trial.key('a')
        await trial.set(key, trial.record())
        await trial.advance(1.25)
        checkGone(await trial.get(key), 'A record goes when maxAge milliseconds are over')
      },
    ],
    [
      'counts anew from every set',
      async (trial) => {
        const [longer, shorter] = [trial.key('a'), trial.key('b')]
        await trial.set(longer, trial.record())
        await trial.set(shorter, trial.record(), 10 * trial.life)
        await trial.advance(0.5)
        await trial.set(longer, trial.record())
        await trial.set(shorter, trial.record())
        await trial.advance(0.75)
        check(await trial.get(longer), 'A second set() counts from its own time')
        await trial.advance(0.5)
        checkGone(await trial.get(shorter), 'A second set() may shorten the time')
      },
    ],
    [
      'takes the time of a get for no time to keep',
      async (trial) => {
        const [long, short] = [trial.key('a'), trial.key('b')]
        const options = { rolling: true, ctx: {} }
        await trial.set(long, trial.record(), 10 * trial.life)
        await trial.set(short, trial.record())
        await trial.store.get(long, trial.life, options)
        await trial.store.get(short, 10 * trial.life, options)
        await trial.advance(1.25)
        check(await trial.get(long), 'get() makes no record’s time shorter')
        checkGone(await trial.get(short), 'get() makes no record’s time longer')
      },
    ],
    [
      'does not drop the record of a browser session at once',
      async (trial) => {
        const options = { rolling: false, changed: true, ctx: {} }
        for (const maxAge of ['session', undefined] as const) {
          const key = trial.key(`${maxAge}`)
          await trial.store.set(key, { _session: true }, maxAge, options)
          await trial.advance(0.25)
          check(await trial.get(key), `A record with the maxAge ${maxAge} is kept for a while`)
        }
      },
    ],
  ],
}

function demandCopies(trial: Trial): void {
  if (trial.keepsObjects) throw new Skipped('it keeps the objects it is given')
}
