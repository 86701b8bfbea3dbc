import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DAY, HOUR, MINUTE, NOON, SECOND } from './fixtures/clock.ts'
import { createWorld, locations, type Person } from './fixtures/kv-world.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: NOON })
})

afterEach(() => void vi.useRealTimers())

/** Has every location read the session, so that each goes on with that for a minute. */
async function readEverywhere(person: Person): Promise<void> {
  for (const location of locations) await person.go(location, '/read')
}

describe('a browser that changes its location', () => {
  it('reads its own writes at once, everywhere, where the data fit', async () => {
    const world = createWorld()
    const person = world.person()
    for (let count = 1; count <= 12; count++) {
      expect((await person.go(locations[count % 3]!, '/add')).data).toEqual({ views: count })
      for (const location of locations) {
        expect(await person.go(location, '/read')).toMatchObject({
          isNew: false,
          data: { views: count },
        })
      }
      world.pass(count * 5 * SECOND)
    }
    expect(world.kv.statistics.stale).toBeGreaterThan(10)
  })

  it('loses no increment, however quickly it moves', async () => {
    const world = createWorld()
    const person = world.person()
    for (let count = 0; count < 30; count++) await person.go(locations[count % 3]!, '/add')

    expect((await person.go('OSL', '/read')).data).toEqual({ views: 30 })
    // One write a second to a key: all but the first had to wait.
    expect(world.kv.statistics.refused).toBe(29)
  })

  it('finds a session that has just begun elsewhere, whether or not its data fit', async () => {
    const world = createWorld()
    for (const path of ['/set?a=1', '/large?a=1']) {
      const person = world.person()
      await person.go('OSL', path)

      expect(await person.go('LIM', '/read')).toMatchObject({ isNew: false, data: { a: '1' } })
    }
  })

  it('reads its own writes within a minute where the data do not fit', async () => {
    const world = createWorld()
    const person = world.person()
    await person.go('OSL', '/large?a=1')
    await person.go('LIM', '/read')
    await person.go('OSL', '/large?a=2')

    expect((await person.go('OSL', '/read')).data).toMatchObject({ a: '2' })
    world.pass(58_899)
    expect((await person.go('LIM', '/read')).data).toMatchObject({ a: '1' })
    world.pass(1)
    expect((await person.go('LIM', '/read')).data).toMatchObject({ a: '2' })
  })

  it('finds a message over a redirect, once', async () => {
    const world = createWorld()
    const person = world.person()
    await person.go('OSL', '/set?a=1')
    await readEverywhere(person)
    await person.go('OSL', '/say?notice=saved')

    expect((await person.go('LIM', '/hear')).notice).toBe('saved')
    expect((await person.go('SIN', '/hear')).notice).toBe(undefined)
    expect((await person.go('OSL', '/hear')).notice).toBe(undefined)
  })

  it('keeps its session through a day of a request every ten minutes', async () => {
    const world = createWorld({ rolling: true, maxAge: HOUR })
    const person = world.person()
    await person.go('OSL', '/set?a=1')
    for (let time = 0; time < DAY; time += 10 * MINUTE) {
      world.pass(10 * MINUTE)
      const answer = await person.go(locations[(time / MINUTE) % 3]!, '/read')
      expect(answer).toMatchObject({ isNew: false, cookie: 'set' })
    }
  })

  it('keeps it, too, if it comes back at the last moment and moves on', async () => {
    for (const path of ['/set?a=1', '/large?a=1']) {
      const world = createWorld({ rolling: true, maxAge: HOUR })
      const person = world.person()
      await person.go('OSL', path)
      world.pass(HOUR - 2 * SECOND)
      await person.go('LIM', '/add')
      await person.go('SIN', '/read')
      world.pass(2 * SECOND)

      for (const location of locations) {
        expect(await person.go(location, '/read')).toMatchObject({ isNew: false })
      }
      world.pass(HOUR - 10 * SECOND)
      expect(await person.go('SIN', '/read')).toMatchObject({ isNew: false })
    }
  })
})

describe('a login', () => {
  it('is seen everywhere at once, and the old cookie is good for no more than a minute', async () => {
    const world = createWorld()
    const [person, thief] = [world.person(), world.person()]
    await person.go('OSL', '/set?a=1')
    await readEverywhere(person)
    world.steal(person, thief)
    const { id } = await person.go('OSL', '/in?user=Ada')
    for (const location of locations) {
      const answer = await person.go(location, '/read')
      expect(answer).toMatchObject({ isNew: false, data: { a: '1', user: 'Ada' } })
      expect(answer.id).not.toBe(id)
    }
    expect(await thief.go('OSL', '/read')).toMatchObject({ isNew: true })
    expect((await thief.go('LIM', '/read')).data).toEqual({ a: '1' })
    world.pass(MINUTE)
    for (const location of locations) {
      expect(await thief.go(location, '/read')).toMatchObject({ isNew: true })
    }
  })
})

describe('two locations that write at once', () => {
  it('while one of them logs in: KV takes no more writes of the old record, and that is all', async () => {
    const world = createWorld()
    const person = world.person()
    await person.go('OSL', '/set?a=1')
    const answers = await Promise.all([
      person.go('LIM', '/set?b=2'),
      person.go('OSL', '/in?user=Ada'),
    ])
    expect(answers).toMatchObject([{ status: 200 }, { status: 200 }])
    expect((await person.go('SIN', '/read')).data).toEqual({ a: '1', user: 'Ada' })
  })

  it('leave what the later one wrote, whole, and the earlier one’s is lost', async () => {
    const world = createWorld()
    const person = world.person()
    await person.go('OSL', '/set?a=1')
    await readEverywhere(person)
    world.pass(2 * SECOND)
    const first = person.go('OSL', '/set?b=2')
    const second = person.go('LIM', '/set?c=3')
    const answers = await Promise.all([first, second])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    world.pass(MINUTE)

    for (const location of locations) {
      expect((await person.go(location, '/read')).data).toEqual({ a: '1', c: '3' })
    }
  })

  it('of one browser leave it what its last answer was about', async () => {
    const world = createWorld()
    const person = world.person()
    await person.go('OSL', '/set?a=1')
    await readEverywhere(person)
    world.pass(2 * SECOND)
    await Promise.all([person.go('OSL', '/set?a=2'), person.go('LIM', '/set?a=3')])

    for (const location of locations) {
      expect((await person.go(location, '/read')).data).toEqual({ a: '3' })
    }
  })
})

describe('one write too many', () => {
  it('that only keeps a session alive is no error', async () => {
    const world = createWorld({ rolling: true, touchAfter: 0 })
    const person = world.person()
    await person.go('OSL', '/set?a=1')
    world.pass(2 * MINUTE)
    const answers = await Promise.all([person.go('OSL', '/read'), person.go('LIM', '/read')])

    expect(answers).toMatchObject([
      { status: 200, cookie: 'set' },
      { status: 200, cookie: 'set' },
    ])
    expect(world.kv.statistics).toMatchObject({ refused: 1, puts: 3 })
  })

  it('that brings data is made a second later', async () => {
    const world = createWorld()
    const person = world.person()
    await person.go('OSL', '/set?a=1')
    const start = Date.now()
    expect(await person.go('LIM', '/set?a=2')).toMatchObject({ status: 200, cookie: 'set' })

    expect(Date.now() - start).toBe(1100)
    expect((await person.go('SIN', '/read')).data).toEqual({ a: '2' })
  })

  it('a second time is an error, and no cookie tells of what was not stored', async () => {
    const world = createWorld()
    const person = world.person()
    await person.go('OSL', '/set?a=1')
    const refuse = { location: 'LIM', operation: 'put', kind: '429' } as const
    world.faults.push(refuse, refuse)

    expect(await person.go('LIM', '/set?a=2')).toEqual({
      status: 500,
      error: 'ERR_SESSION_STORE',
      cookie: 'none',
    })
    expect((await person.go('LIM', '/read')).data).toEqual({ a: '1' })
  })
})
