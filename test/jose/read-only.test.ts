import { describe, expect, it } from 'vitest'
import { jwsFormat, jwsReadOnly } from '../../adapters/jose.ts'
import { koaSigned } from '../../adapters/legacy.ts'
import {
  createSessionManager,
  withSession,
  type ReadOnlyOptions,
  type Session,
  type SessionManager,
} from '../../src/index.ts'
import { createClock, DAY, HOUR, MINUTE, type Clock } from '../fixtures/clock.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { onTrouble } from '../fixtures/events.ts'
import { ED, ED2, ES, OCT, publicOf } from '../fixtures/jwks.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { setUp } from './fixture.ts'

const READ_ONLY = { name: 'SessionError', code: 'ERR_SESSION_READ_ONLY' }
const origin = jwsFormat({ sign: ED })
const edge = jwsReadOnly({ verify: publicOf(ED) })

interface Edge {
  manager: SessionManager
  clock: Clock
  events: string[]
}

/** A server with the public key; what types keep from being written is tried all the same. */
function setUpEdge(options: Partial<ReadOnlyOptions> = {}): Edge {
  const clock = createClock()
  const events: string[] = []
  const on = onTrouble(({ type }) => events.push(type))
  const all = { format: edge, key: 'sid', secure: false, now: clock.now, on, ...options }
  return { manager: createSessionManager(all) as never, clock, events }
}

const changes: [string, (session: Session) => unknown][] = [
  ['a new value', (session) => (session.user = 'eve')],
  ['a change inside', (session) => session.cart.items.push(1)],
  ['a deletion', (session) => delete session.user],
  ['a flash message', (session) => session.flash('notice', 'hi')],
  ['a flash message that is taken', (session) => session.flash('left')],
  ['another maxAge', (session) => (session.maxAge = HOUR)],
  ['regenerate()', (session) => session.regenerate()],
  ['destroy()', (session) => session.destroy()],
]

describe('who has the public key alone', () => {
  const written = setUp(origin).write({ user: 'ada', cart: { items: [] } })

  it.each<[string, object, object]>([
    ['Ed25519', { sign: ED }, { verify: publicOf(ED) }],
    ['P-256', { sign: ES }, { verify: publicOf(ES) }],
    ['one of a set', { sign: ES }, { verify: { keys: [publicOf(ED), publicOf(ES)] } }],
    ['a secret that seals', { sign: ED, seal: SECRET }, { verify: publicOf(ED), seal: SECRET }],
    ['a JWK that seals', { sign: ED, seal: OCT }, { verify: publicOf(ED), seal: OCT }],
  ])('reads sessions: %s', async (_, there, here) => {
    const token = await setUp(jwsFormat(there as never)).write({ user: 'ada' })
    const { manager, events } = setUpEdge({ format: jwsReadOnly(here as never) })
    const session = await manager.load(`sid=${token}`)
    expect([{ ...session }, session.isNew]).toEqual([{ user: 'ada' }, false])
    expect(events).toEqual([])
  })

  it.each(changes)('changes none: %s', async (_, change) => {
    const clock = createClock()
    const { manager } = setUp(origin, { now: clock.now })
    const first = Object.assign(await manager.load(null), { user: 'ada', cart: { items: [] } })
    first.flash('left', 'there')
    const cookie = (await manager.commit(first))[0]!.split(';')[0]!
    const session = await setUpEdge().manager.load(cookie)
    await change(session)
    const error = await rejectionOf(setUpEdge().manager.commit(session))
    expect(error).toMatchObject(READ_ONLY)
    expect(error.message).toBe(
      'Who holds the public key can only read sessions: change them where the private key is.',
    )
  })

  it.each<[string, (session: Session) => Promise<unknown>]>([
    ['save()', (session) => session.save()],
    ['update()', (session) => session.update(() => (session.user = 'eve'))],
    ['manuallyCommit()', (session) => ((session.user = 'eve'), session.manuallyCommit())],
  ])('hears of it at once: %s', async (_, save) => {
    const session = await setUpEdge().manager.load(`sid=${await written}`)
    expect(await rejectionOf(save(session))).toMatchObject(READ_ONLY)
  })

  it('makes no new session', async () => {
    const { manager } = setUpEdge()
    const session = await manager.load(null)
    expect(await manager.commit(session)).toEqual([])
    session.user = 'eve'
    expect(await rejectionOf(manager.commit(session))).toMatchObject(READ_ONLY)
  })

  it.each<[string, Partial<ReadOnlyOptions>]>([
    ['rolling', { rolling: true }],
    ['renew', { renew: true }],
    ['an older key', { format: jwsReadOnly({ verify: [publicOf(ED2), publicOf(ED)] }) }],
  ])('leaves a session that is read as it is: %s', async (_, options) => {
    const { manager, clock } = setUpEdge({ maxAge: HOUR, ...options })
    const token = await setUp(origin, { maxAge: HOUR }).write({ user: 'ada' })
    clock.pass(HOUR - MINUTE)
    const session = await manager.load(`sid=${token}`)
    expect(session.user).toBe('ada')
    expect(await manager.commit(session)).toEqual([])
  })

  it('holds sessions to limits of its own', async () => {
    const { manager, clock, events } = setUpEdge({ absoluteMaxAge: HOUR })
    const token = await setUp(origin, { maxAge: DAY }).write({ user: 'ada' })
    clock.pass(HOUR - 1000)
    expect((await manager.load(`sid=${token}`)).user).toBe('ada')
    clock.pass(1000)
    expect((await manager.load(`sid=${token}`)).isNew).toBe(true)
    expect(events).toEqual(['expired'])
  })

  it('reads records of a store, and removes none', async () => {
    const store = createRecordingStore()
    const token = await setUp(origin, { store, maxAge: DAY }).write({ user: 'ada' })
    const { manager, clock } = setUpEdge({ store, maxAge: DAY })
    store.calls.length = 0
    expect((await manager.load(`sid=${token}`)).user).toBe('ada')
    const [key] = store.records.keys()
    store.records.set(key!, JSON.stringify({ user: 'ada', _expire: clock.now() - 1 }))
    expect((await manager.load(`sid=${token}`)).isNew).toBe(true)
    expect(store.operations()).toEqual(['get', 'get'])
    const session = await manager.load(`sid=${token}`)
    session.destroy()
    expect(await rejectionOf(manager.commit(session))).toMatchObject(READ_ONLY)
    expect(store.records.size).toBe(1)
  })

  it('reads the cookies of another library, and lets them be', async () => {
    const { default: Keygrip } = await import('keygrip')
    const record = { user: 'ada', _expire: createClock().now() + HOUR, _maxAge: HOUR }
    const value = Buffer.from(JSON.stringify(record)).toString('base64')
    const header = `koa=${value}; koa.sig=${new Keygrip([SECRET]).sign(`koa=${value}`)}`
    const accept = [koaSigned({ keys: [SECRET], key: 'koa', until: Date.now() + DAY })]
    const { manager } = setUpEdge({ accept })
    const session = await manager.load(header)
    expect(session.user).toBe('ada')
    expect(await manager.commit(session)).toEqual([])
  })
})

describe('withSession()', () => {
  const request = async (): Promise<Request> =>
    new Request('https://example.com/', {
      headers: { cookie: `sid=${await setUp(origin, { now: Date.now }).write({ user: 'ada' })}` },
    })
  const options = { format: edge, key: 'sid' }

  it('reads', async () => {
    const handle = withSession<{ user?: string }>(options, async (_, session) => {
      const { user } = await session
      return new Response(user)
    })
    const response = await handle(await request())
    expect(await response.text()).toBe('ada')
    expect(response.headers.getSetCookie()).toEqual([])
    expect(response.headers.get('vary')).toBe('Cookie')
  })

  it('answers a change with an error', async () => {
    const handle = withSession(options, async (_, session) => {
      Object.assign(await session, { user: 'eve' })
      return new Response()
    })
    expect(await rejectionOf(handle(await request()))).toMatchObject(READ_ONLY)
  })

  it('passes on what the origin behind it has saved', async () => {
    const behind = withSession({ format: origin, key: 'sid' }, async (_, session) => {
      Object.assign(await session, { user: 'eve' })
      return new Response()
    })
    const handle = withSession(options, async (request, session) => {
      await session
      return behind(request)
    })
    const response = await handle(await request())
    const [cookie] = response.headers.getSetCookie()
    const manager = createSessionManager({ ...options })
    expect(await manager.load(cookie!.split(';')[0])).toMatchObject({ user: 'eve' })
    expect(response.headers.get('cache-control')).toBe('private, no-store')
  })
})
