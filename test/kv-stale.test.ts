import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SessionOptions } from '../src/index.ts'
import { HOUR, MINUTE, SECOND } from './fixtures/clock.ts'
import { copyCookies } from './fixtures/cookies.ts'
import { createKvApplication, type KvApplication } from './fixtures/kv-application.ts'
import { SECRET, SECRETS } from './fixtures/secrets.ts'
import { createVisitor, type Visitor } from './fixtures/visitor.ts'
import { runWorker, type RunningWorker } from './workerd/running.ts'

const LARGE = 'x'.repeat(4000)

let worker: RunningWorker

beforeAll(async () => {
  worker = await runWorker('export default { fetch: () => new Response() }')
})

afterAll(() => worker.stop())

beforeEach(async () => {
  for (const key of (await worker.kv.list()).keys) await worker.kv.delete(key.name)
})

const setUp = (options?: Partial<SessionOptions>): KvApplication =>
  createKvApplication(worker, options)

async function views(visitor: Visitor): Promise<unknown> {
  return (await visitor.peek()).views
}

describe('a KV that has not heard of the last write', () => {
  it('is overruled by the snapshot for 90 seconds, and decides after them', async () => {
    const { visitor, kv, clock } = setUp()
    await visitor.visit((session) => (session.views = 1))
    await kv.hold()
    await visitor.visit((session) => (session.views = 2))
    clock.pass(90 * SECOND - 1)
    expect(await views(visitor)).toBe(2)
    clock.pass(1)
    expect(await views(visitor)).toBe(1)
  })

  it('is overruled, too, where it knows of no record; a miss is anonymous then', async () => {
    const { visitor, kv, clock, events } = setUp()
    await kv.hold()
    await visitor.visit((session) => (session.views = 1))
    clock.pass(90 * SECOND - 1)
    expect(await visitor.peek()).toMatchObject({ views: 1, isNew: false })
    expect(events).toEqual([])

    clock.pass(1)
    expect(await visitor.peek()).toMatchObject({ isNew: true })
    expect(events).toEqual(['missed'])
  })

  it('counts the 90 seconds from the last save, and not from a reading', async () => {
    const { visitor, kv, clock } = setUp()
    await kv.hold()
    await visitor.visit((session) => (session.views = 1))
    clock.pass(MINUTE)
    await visitor.visit()
    clock.pass(30 * SECOND)
    expect(await visitor.peek()).toMatchObject({ isNew: true })
  })

  it('brings a message over a redirect, once', async () => {
    const { visitor, kv } = setUp()
    await visitor.visit((session) => (session.views = 1))
    await kv.hold()
    await visitor.visit((session) => session.flash('notice', 'saved'))
    const notices: unknown[] = []
    const read = () => visitor.visit((session) => notices.push(session.flash('notice')))
    await read()
    await read()

    expect(notices).toEqual(['saved', undefined])
  })

  it('is believed where the data did not fit', async () => {
    const { visitor, kv } = setUp()
    await visitor.visit((session) => Object.assign(session, { views: 1, text: LARGE }))
    await kv.hold()
    await visitor.visit((session) => (session.views = 2))
    expect(await views(visitor)).toBe(1)
    kv.release()
    expect(await views(visitor)).toBe(2)
  })

  it('gets nothing written back by a mere reading', async () => {
    const { visitor, kv, clock, create, record } = setUp({
      rolling: true,
      touchAfter: 0,
      renew: true,
    })
    await visitor.visit((session) => Object.assign(session, { views: 1, text: LARGE }))
    await kv.hold()
    await visitor.visit((session) => (session.views = 2))
    const rotated = createVisitor(create({ secrets: [SECRETS[1]!, SECRET] }))
    copyCookies(visitor.jar, rotated.jar)
    clock.pass(MINUTE - 1)
    await visitor.visit()
    await rotated.visit()

    expect(await record()).toMatchObject({ views: 2 })
  })

  it('does not end a session that it thinks is over', async () => {
    const { visitor, kv, clock, events } = setUp({ rolling: true, maxAge: 10 * MINUTE })
    await visitor.visit((session) => Object.assign(session, { views: 1, text: LARGE }))
    clock.pass(10 * MINUTE - SECOND)
    await kv.hold()
    await visitor.visit()
    clock.pass(2 * SECOND)
    expect(await views(visitor)).toBe(1)
    kv.release()
    clock.pass(MINUTE)
    expect(await views(visitor)).toBe(1)
    expect(events).toEqual([])
  })

  it('does not end one for good where the cookie does not tell, either', async () => {
    const { visitor, kv, clock } = setUp({ encrypt: false, rolling: true, maxAge: 10 * MINUTE })
    await visitor.visit((session) => (session.views = 1))
    clock.pass(10 * MINUTE - SECOND)
    await kv.hold()
    await visitor.visit()
    clock.pass(2 * SECOND)
    expect(await visitor.peek()).toMatchObject({ isNew: true })
    kv.release()
    expect(await visitor.peek()).toMatchObject({ isNew: false, views: 1 })
  })

  it('does not end a session whose older record the application refuses', async () => {
    let isStrict = false
    const { visitor, kv } = setUp({ valid: (_, { user }) => !isStrict || user })
    await visitor.visit((session) => (session.text = LARGE))
    await kv.hold()
    await visitor.visit((session) => (session.user = 'Ada'))
    isStrict = true
    expect(await visitor.peek()).toMatchObject({ isNew: true })
    kv.release()
    expect(await visitor.peek()).toMatchObject({ isNew: false, user: 'Ada' })
  })
})

describe('rolling', () => {
  it('goes on at half its time in the signed format, which does not tell how old it is', async () => {
    const { visitor, clock, record } = setUp({ encrypt: false, rolling: true, maxAge: HOUR })
    await visitor.visit((session) => (session.views = 1))
    clock.pass(HOUR / 2 - 1)
    expect((await visitor.visit()).cookies).toHaveLength(0)
    clock.pass(1)
    expect((await visitor.visit()).cookies).toHaveLength(2)
    expect(await record()).toMatchObject({ _expire: clock.now() + HOUR, _version: 2 })
  })

  it('does not undo in the signed format what was written elsewhere', async () => {
    const { visitor, kv, clock, record } = setUp({ encrypt: false, rolling: true, maxAge: HOUR })
    await visitor.visit((session) => (session.views = 1))
    clock.pass(2 * MINUTE)
    await kv.hold()
    await visitor.visit((session) => (session.views = 2))
    await visitor.visit()
    expect(await record()).toMatchObject({ views: 2 })
  })

  it('seals under a new secret a minute after the last save', async () => {
    const { visitor, clock, create, claims } = setUp()
    await visitor.visit((session) => (session.views = 1))
    const rotated = createVisitor(create({ secrets: [SECRETS[1]!, SECRET] }))
    copyCookies(visitor.jar, rotated.jar)
    clock.pass(MINUTE - 1)
    expect((await rotated.visit()).cookies).toHaveLength(0)
    clock.pass(1)
    visitor.jar.take((await rotated.visit()).cookies)
    expect(claims(SECRETS[1])).toMatchObject({ n: 2, d: { views: 1 } })
  })
})
