import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HOUR, MINUTE, NOON, SECOND } from './fixtures/clock.ts'
import {
  createWorld,
  locations,
  type Person,
  type World,
  type WorldOptions,
} from './fixtures/kv-world.ts'

/** Somebody who has a copy of a cookie, and the session that it opens. */
interface Theft {
  world: World
  thief: Person
  id: string
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: NOON })
})

afterEach(() => void vi.useRealTimers())

/** Has every location read the session, so that each goes on with that for a minute. */
async function readEverywhere(person: Person): Promise<void> {
  for (const location of locations) await person.go(location, '/read')
}

describe('a logout', () => {
  it.each(['/out', '/leave'])('holds at once for the browser, everywhere: %s', async (path) => {
    const world = createWorld()
    const person = world.person()
    await person.go('OSL', '/set?a=1')
    await readEverywhere(person)

    expect(await person.go('LIM', path)).toMatchObject({ status: 200, cookie: 'cleared' })
    for (const location of locations) {
      expect(await person.go(location, '/read')).toMatchObject({ isNew: true, data: {} })
    }
  })

  /** Has a copy used in all locations until it is no good, and tells how long that took. */
  async function goodFor({ world, thief, id }: Theft, path: string): Promise<number> {
    const start = Date.now()
    let last = 0
    for (let time = 0; time < 4 * MINUTE; time += 2 * SECOND) {
      for (const location of locations.slice(1)) {
        const asked = Date.now() - start
        const answer = await thief.go(location, path)
        expect(answer.status).toBe(200)
        // Another id is that of a session which the thief has begun since, and nobody's.
        if (answer.id === id) last = asked
      }
      world.pass(2 * SECOND)
    }
    return last
  }

  /** Somebody logs out in Oslo, who was everywhere, and whose cookie was copied. */
  async function stolen(options: WorldOptions, path = '/set?a=1'): Promise<Theft> {
    const world = createWorld(options)
    const [person, thief] = [world.person(), world.person()]
    await person.go('OSL', path)
    world.pass(30 * SECOND)
    await readEverywhere(person)
    world.pass(5 * SECOND)
    world.steal(person, thief)
    const { id } = await person.go('OSL', '/out')
    return { world, thief, id: id! }
  }

  it.each([
    ['reading', '/read', '/set?a=1', 0, 60],
    ['reading, over a slow network', '/read', '/set?a=1', 30, 90],
    ['writing', '/add', '/set?a=1', 0, 60],
    ['writing, over a slow network', '/add', '/set?a=1', 30, 90],
    ['reading what is large', '/read', '/large', 0, 60],
    ['writing what is large, over a slow network', '/add', '/large', 30, 90],
  ])('leaves a copied cookie little time: %s', async (_, path, first, lag, seconds) => {
    const network = { lag: lag * SECOND }
    const theft = await stolen({ network, maxAge: HOUR, rolling: true }, first)
    const { world, thief } = theft
    const copy = thief.browser.cookieHeader()
    const time = await goodFor(theft, path)

    expect(time).toBeGreaterThan(30 * SECOND)
    expect(time).toBeLessThanOrEqual(seconds * SECOND)
    const later = world.person()
    later.browser.setCookie(`${copy}; Path=/; Secure`)
    for (let passed = 0; passed < 2 * HOUR; passed += MINUTE) {
      for (const location of locations) {
        expect(await later.go(location, '/read')).toMatchObject({ isNew: true })
      }
      world.pass(MINUTE)
    }
  })

  it.each([true, false])(
    'holds for ever against who writes all the while and waits, encrypt %s',
    async (encrypt) => {
      const { world, thief } = await stolen({ maxAge: HOUR, rolling: true, encrypt })
      let last = thief.browser.cookieHeader()
      for (;;) {
        world.pass(SECOND)
        const { isNew } = await thief.go('LIM', '/add')
        if (isNew) break
        last = thief.browser.cookieHeader()
      }
      const cookie = last.split('; ').map((pair) => `${pair}; Path=/; Secure`)
      for (let passed = 0; passed < HOUR + 5 * MINUTE; passed += 5 * SECOND) {
        for (const location of locations) {
          const later = world.person()
          for (const line of cookie) later.browser.setCookie(line)
          expect(await later.go(location, '/read')).toMatchObject({ isNew: true })
        }
        world.pass(5 * SECOND)
      }
    },
  )

  it('that KV does not take is an error, though the browser is out', async () => {
    const world = createWorld()
    const [person, thief] = [world.person(), world.person()]
    await person.go('OSL', '/set?a=1')
    world.steal(person, thief)
    world.pass(2 * SECOND)
    world.faults.push({ location: 'OSL', operation: 'put', kind: 'fails' })

    expect(await person.go('OSL', '/out')).toMatchObject({
      status: 500,
      error: 'ERR_SESSION_STORE',
      cookie: 'cleared',
    })
    expect(await person.go('OSL', '/read')).toMatchObject({ isNew: true })
    expect(await thief.go('LIM', '/read')).toMatchObject({ isNew: false })
  })
})
