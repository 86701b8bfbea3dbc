import { check, checkAnswer, checkEqual, checkGone } from './assert.ts'
import { samples } from './fidelity-cases.ts'
import { Skipped, type Section } from './trial.ts'

/** Letting a record live on. */
export const touchSection: Section = {
  subject: 'touch',
  needs: 'touch',
  cases: [
    [
      'changes the end of a record, and nothing else of it',
      async (trial) => {
        for (const [name, sample] of Object.entries(samples)) {
          const key = trial.key(name)
          const record = trial.record({ sample, n: 1 })
          await trial.set(key, record)
          const _expire = trial.now() + 2 * trial.life
          checkAnswer(await trial.touch(key, _expire), true, 'With a record that is there')
          checkEqual(await trial.get(key), { ...record, _expire }, `touch() leaves ${name}`)
        }
      },
    ],
    [
      'says that a record is gone, and makes none',
      async (trial) => {
        const [never, destroyed] = [trial.key('a'), trial.key('b')]
        await trial.set(destroyed, trial.record())
        await trial.destroy(destroyed)
        for (const key of [never, destroyed]) {
          checkAnswer(await trial.touch(key), false, 'With a record that is gone')
          checkGone(await trial.get(key), 'touch() of what is gone makes nothing')
        }
      },
    ],
    [
      'says that a record is gone whose `_expire` has passed, and leaves it so',
      async (trial) => {
        // What regenerate() leaves behind under the old id, for a moment.
        const key = trial.key('a')
        await trial.set(key, { _expire: 1, _maxAge: 1000 })
        checkAnswer(await trial.touch(key), false, 'With a record that is over by its `_expire`')
        const found = await trial.get(key)
        check(!found || found._expire === 1, 'touch() lets no record live again that is over')
      },
    ],
    [
      'is no change that compareAndSet would not know of',
      async (trial) => {
        if (!trial.store.compareAndSet) throw new Skipped('there is no compareAndSet')
        const key = trial.key('a')
        const record = trial.record({ n: 1, deep: { list: [] } })
        await trial.set(key, record)
        const _expire = trial.now() + 2 * trial.life
        await trial.touch(key, _expire)
        const stale = await trial.compareAndSet(key, trial.record({ late: true }), record)
        checkAnswer(stale, false, 'With the record from before touch()')
        const next = await trial.compareAndSet(key, trial.record({ n: 2 }), { ...record, _expire })
        checkAnswer(next, true, 'With that record and the `_expire` that touch() gave it')
      },
    ],
    [
      'loses no change that is made at the same time',
      async (trial) => {
        const key = trial.key('a')
        for (let round = 0; round < 10; round++) {
          await trial.set(key, trial.record({ round, n: 1 }))
          const changed = trial.record({ round, n: 2 })
          await Promise.all([trial.touch(key), trial.set(key, changed), trial.touch(key)])
          checkEqual((await trial.get(key))?.n, 2, 'touch() keeps what a set() at once has changed')
        }
      },
    ],
    [
      'brings nothing back that is destroyed at the same time',
      async (trial) => {
        const key = trial.key('a')
        for (let round = 0; round < 10; round++) {
          await trial.set(key, trial.record({ round }))
          await Promise.all([trial.touch(key), trial.destroy(key), trial.touch(key)])
          checkGone(await trial.get(key), 'touch() brings no record back')
        }
      },
    ],
  ],
}

/** Where letting live on meets time. */
export const touchTimeSection: Section = {
  subject: 'touch and time',
  needs: 'touch',
  cases: [
    [
      'lets a record live on for a time from now',
      async (trial) => {
        if (!trial.hasClock) throw new Skipped('there is no advance')
        const key = trial.key('a')
        await trial.set(key, trial.record())
        await trial.advance(0.75)
        checkAnswer(await trial.touch(key), true, 'With a record that is there')
        await trial.advance(0.75)
        check(await trial.get(key), 'touch() counts from its own time')
        await trial.advance(0.5)
        checkGone(await trial.get(key), 'A record that was extended goes in the end')
        checkAnswer(await trial.touch(key), false, 'With a record whose time is over')
      },
    ],
  ],
}
