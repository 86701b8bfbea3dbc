import { check, checkAnswer, checkEqual, checkGone } from './assert.ts'
import { samples } from './fidelity-cases.ts'
import { Skipped, type Section, type Trial } from './trial.ts'

/** Writing on condition that nobody else has. */
export const compareSection: Section = {
  subject: 'compareAndSet',
  needs: 'compareAndSet',
  cases: [
    [
      'creates a record where there is none',
      async (trial) => {
        const key = trial.key('a')
        const record = trial.record({ n: 1 })
        const answer = await trial.compareAndSet(key, record, null)
        checkAnswer(answer, true, 'With `previous: null` and no record')
        checkEqual(await trial.get(key), record, 'A record that was created is found')
      },
    ],
    [
      'creates none in the place of another',
      async (trial) => {
        const { key, record } = await begin(trial)
        const answer = await trial.compareAndSet(key, trial.record({ n: 2 }), null)
        checkAnswer(answer, false, 'With `previous: null` and a record')
        checkEqual(await trial.get(key), record, 'A record that is there is left alone')
      },
    ],
    [
      'changes a record that is as it was',
      async (trial) => {
        const { key } = await begin(trial)
        const next = trial.record({ n: 2 })
        const answer = await trial.compareAndSet(key, next, await trial.get(key))
        checkAnswer(answer, true, 'With the record that get() returned')
        checkEqual(await trial.get(key), next, 'The new record takes the place of the old one')
      },
    ],
    [
      'takes the record that was set last for the one before, unread',
      async (trial) => {
        const { key, record } = await begin(trial)
        const [second, third] = [trial.record({ n: 2 }), trial.record({ n: 3 })]
        const first = await trial.compareAndSet(key, second, record)
        checkAnswer(first, true, 'With the record that set() was given')
        const again = await trial.compareAndSet(key, third, second)
        checkAnswer(again, true, 'With the record that compareAndSet() was given')
        checkEqual(await trial.get(key), third, 'The third record is there')
      },
    ],
    [
      'changes no record that is not as it was',
      async (trial) => {
        const { key, record } = await begin(trial, { n: 1, deep: { list: [1, { m: 1 }] } })
        for (const data of [
          { n: 2, deep: { list: [1, { m: 1 }] } },
          { n: 1, deep: { list: [1, { m: 2 }] } },
          { n: 1, deep: { list: [1] } },
          { n: '1', deep: { list: [1, { m: 1 }] } },
          { n: 1, deep: { list: [1, { m: 1 }] }, more: true },
          { deep: { list: [1, { m: 1 }] } },
        ]) {
          const now = { ...record, ...data, n: data.n }
          if (now.n === undefined) delete now.n
          await trial.set(key, now)
          const answer = await trial.compareAndSet(key, trial.record({ late: true }), record)
          checkAnswer(answer, false, 'With a record that was changed meanwhile')
          checkEqual(await trial.get(key), now, 'A record that was changed is left alone')
        }
      },
    ],
    [
      'changes no record of which the end alone is not as it was',
      async (trial) => {
        const { key, record } = await begin(trial)
        const now = { ...record, _expire: record._expire! + 1 }
        await trial.set(key, now, trial.life, false)
        const answer = await trial.compareAndSet(key, trial.record({ late: true }), record)
        checkAnswer(answer, false, 'With a record whose `_expire` was changed meanwhile')
        checkEqual(await trial.get(key), now, 'A record that was extended is left alone')
      },
    ],
    [
      'changes no record that is gone, and makes none',
      async (trial) => {
        const { key, record } = await begin(trial)
        await trial.destroy(key)
        const answer = await trial.compareAndSet(key, trial.record({ late: true }), record)
        checkAnswer(answer, false, 'With a record that was destroyed meanwhile')
        checkGone(await trial.get(key), 'A record that was destroyed stays destroyed')
        const never = await trial.compareAndSet(trial.key('b'), record, record)
        checkAnswer(never, false, 'With a record under a key that was never set')
        checkGone(await trial.get(trial.key('b')), 'A key that was never set has no record')
      },
    ],
    [
      'creates a record again where one was destroyed',
      async (trial) => {
        const { key } = await begin(trial)
        await trial.destroy(key)
        const record = trial.record({ n: 2 })
        const answer = await trial.compareAndSet(key, record, null)
        checkAnswer(answer, true, 'With `previous: null` after destroy()')
        checkEqual(await trial.get(key), record, 'A record that was created is found')
      },
    ],
    [
      'lets one of twenty create a record at once',
      async (trial) => {
        const key = trial.key('a')
        await race(trial, key, null)
      },
    ],
    [
      'lets one of twenty change a record at once',
      async (trial) => {
        const { key, record } = await begin(trial)
        await race(trial, key, record)
      },
    ],
    [
      'knows a record again whatever is in it',
      async (trial) => {
        for (const [name, sample] of Object.entries(samples)) {
          const { key, record } = await begin(trial, { sample }, name)
          const next = { ...record, n: 2 }
          const answer = await trial.compareAndSet(key, next, await trial.get(key))
          checkAnswer(answer, true, `With a record that holds ${name}`)
          checkEqual(await trial.get(key), next, `A record is changed beside ${name}`)
        }
      },
    ],
    [
      'compares with what it has, not with what the application made of it',
      async (trial) => {
        const { key, record } = await begin(trial, { cart: { items: [1] } })
        const mine = await trial.get(key)
        const copy = structuredClone(record)
        mine.cart.items.push(2)
        ;(record['cart'] as { items: number[] }).items.push(3)
        const answer = await trial.compareAndSet(key, mine, copy)
        checkAnswer(answer, true, 'With the record as it was, when copies of it were changed')
        mine.cart.items.push(4)
        const found = await trial.get(key)
        checkEqual(found?.cart, { items: [1, 2] }, 'The record is kept as it was handed over')
      },
    ],
  ],
}

/** Where writing on condition meets time. */
export const compareTimeSection: Section = {
  subject: 'compareAndSet and time',
  needs: 'compareAndSet',
  cases: [
    [
      'takes a record whose time is over for none',
      async (trial) => {
        if (!trial.hasClock) throw new Skipped('there is no advance')
        const { key, record } = await begin(trial)
        await trial.advance(1.25)
        const late = await trial.compareAndSet(key, trial.record({ late: true }), record)
        checkAnswer(late, false, 'With a record whose time is over')
        const answer = await trial.compareAndSet(key, trial.record({ n: 2 }), null)
        checkAnswer(answer, true, 'With `previous: null` when the time of the record is over')
      },
    ],
    [
      'keeps a record for the time it is given',
      async (trial) => {
        if (!trial.hasClock) throw new Skipped('there is no advance')
        const { key, record } = await begin(trial)
        await trial.compareAndSet(trial.key('b'), record, null)
        await trial.advance(0.5)
        await trial.compareAndSet(key, { ...record, n: 2 }, record)
        await trial.advance(0.75)
        check(await trial.get(key), 'A change counts from its own time')
        checkGone(await trial.get(trial.key('b')), 'A record goes when its time is over')
      },
    ],
  ],
}

async function begin(
  trial: Trial,
  data: Record<string, unknown> = { n: 1 },
  name = 'a',
): Promise<{ key: string; record: ReturnType<Trial['record']> }> {
  const key = trial.key(name)
  const record = trial.record(data)
  await trial.set(key, record)
  return { key, record }
}

/** Twenty write at once on the same condition. */
async function race(
  trial: Trial,
  key: string,
  previous: ReturnType<Trial['record']> | null,
): Promise<void> {
  const records = Array.from({ length: 20 }, (_, runner) => trial.record({ runner }))
  const answers = await Promise.all(
    records.map((record) => trial.compareAndSet(key, record, previous)),
  )
  for (const answer of answers) {
    check(typeof answer === 'boolean', 'compareAndSet() answers true or false')
  }
  const winners = records.filter((_, index) => answers[index])
  checkEqual(winners.length, 1, 'Of twenty at once one is told that it was first')
  checkEqual(await trial.get(key), winners[0], 'The record of the one that was first is there')
}
