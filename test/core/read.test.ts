import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { z } from 'zod'
import { createSessionManager, type SessionEvent, type SessionOptions } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock, DAY } from '../fixtures/clock.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

interface Visit {
  user?: string
  cart?: string[]
}

const clock = createClock()
const base = { secrets: SECRET, now: clock.now }

async function visitorOf(options: Partial<SessionOptions> = {}): Promise<Visitor> {
  const visitor = createVisitor(createSessionManager({ ...base, ...options }))
  await visitor.visit((session) => void Object.assign(session, { user: 'ada', cart: ['tea'] }))
  return visitor
}

const places: [string, () => Partial<SessionOptions>][] = [
  ['in its cookie', () => ({})],
  ['in a signed cookie', () => ({ encrypt: false })],
  ['in a store', () => ({ store: createMemoryStore(clock) })],
]

describe.each(places)('the session of a request, read: %s', (_, place) => {
  it('is what is in it', async () => {
    const options = place()
    const { header } = (await visitorOf(options)).jar
    const manager = createSessionManager<Visit>({ ...base, ...options })
    const headers = new Headers({ cookie: header })
    for (const source of [
      header,
      [header],
      headers,
      new Request('https://shop.example/', { headers }),
      { headers: { cookie: header } },
    ]) {
      expect(await manager.read(source)).toEqual({ user: 'ada', cart: ['tea'] })
    }
  })

  it('is null where there is none', async () => {
    const manager = createSessionManager({ ...base, ...place() })
    for (const source of [
      null,
      undefined,
      '',
      'other=1',
      `${manager.key}=damaged`,
      new Headers(),
      new Request('https://shop.example/'),
      { headers: {} },
    ]) {
      expect(await manager.read(source)).toBe(null)
    }
  })

  it('is a copy that nobody can mistake for the session', async () => {
    const options = place()
    const { header } = (await visitorOf(options)).jar
    const manager = createSessionManager<Visit>({ ...base, ...options })
    const data = await manager.read(header)
    expectTypeOf(data).toEqualTypeOf<Readonly<Visit> | null>()
    expect(Object.isFrozen(data)).toBe(true)
    data!.cart!.push('milk')
    expect(await manager.read(header)).toEqual({ user: 'ada', cart: ['tea'] })
    // @ts-expect-error there is nothing to be saved
    expect(() => (data!.user = 'eve')).toThrow(TypeError)
    // @ts-expect-error these are data alone
    expect(data!.save).toBeUndefined()
  })

  it('is null when it is over, or refused', async () => {
    const options = place()
    const { header } = (await visitorOf(options)).jar
    const read = async (more: Partial<SessionOptions<any, any>>): Promise<unknown> =>
      createSessionManager<any>({ ...base, ...options, ...more }).read(header)
    expect(await read({ valid: () => false })).toBe(null)
    expect(await read({ valid: async () => true })).toEqual({ user: 'ada', cart: ['tea'] })
    expect(await read({ schema: z.object({ user: z.number() }) })).toBe(null)
    expect(await read({ schema: z.object({ user: z.string() }) })).toEqual({ user: 'ada' })
    expect(await read({ secrets: SECRETS[1]! })).toBe(null)
    expect(await read({ now: () => clock.now() + 2 * DAY })).toBe(null)
  })

  it('has what migrate makes of it, and is not saved', async () => {
    const options = place()
    const { header } = (await visitorOf(options)).jar
    const schema = z.object({ name: z.string() })
    const migrate = vi.fn<(old: any) => object>(({ user }) => ({ name: user }))
    const manager = createSessionManager({ ...base, ...options, schema, migrate })
    for (let time = 0; time < 2; time++) {
      expect(await manager.read(header)).toEqual({ name: 'ada' })
    }
    expect(migrate).toHaveBeenCalledTimes(2)
  })

  it('is no new session: the defaults of a schema are none', async () => {
    const schema = z.object({ views: z.number().default(0) })
    const manager = createSessionManager({ ...base, ...place(), schema })
    expect(await manager.read('')).toBe(null)
  })
})

describe('a read', () => {
  it('gets a record and does nothing else to the store, whatever there is to do', async () => {
    const cases: Partial<SessionOptions>[] = [
      { rolling: true },
      { renew: true },
      { valid: () => false },
      { now: () => clock.now() + DAY + 1000, encrypt: false },
      { secrets: [SECRETS[1]!, SECRET] },
    ]
    for (const options of cases) {
      const store = createRecordingStore()
      const { encrypt } = options
      const { header } = (await visitorOf({ store, ...(encrypt === false && { encrypt }) })).jar
      store.calls.splice(0)
      const waitUntil = vi.fn<() => void>()
      await createSessionManager({ ...base, store, waitUntil, ...options }).read(header)
      expect(store.operations()).toEqual(['get'])
      expect(store.calls[0]!.options.rolling).toBe(false)
      expect(waitUntil).not.toHaveBeenCalled()
      expect(store.records.size).toBe(1)
    }
  })

  it('asks the store nothing where the cookie is not good', async () => {
    const store = createRecordingStore()
    await createSessionManager({ ...base, store }).read('__Host-sid=a.b.c.d.e')
    expect(store.calls).toEqual([])
  })

  it('asks whether a session is revoked', async () => {
    const { header } = (await visitorOf()).jar
    for (const isRevoked of [true, false]) {
      const manager = createSessionManager({ ...base, isRevoked: () => isRevoked })
      expect(await manager.read(header)).toEqual(isRevoked ? null : { user: 'ada', cart: ['tea'] })
    }
  })

  it('fails where the store does, or is null if the application goes on', async () => {
    const store = createRecordingStore()
    const { header } = (await visitorOf({ store })).jar
    store.instead.get = () => Promise.reject(new Error('down'))
    const strict = createSessionManager({ ...base, store })
    expect(await rejectionOf(strict.read(header))).toMatchObject({ code: 'ERR_SESSION_STORE' })
    const lenient = createSessionManager({ ...base, store, onStoreError: 'anonymous' })
    expect(await lenient.read(header)).toBe(null)
  })

  it('tells why a session was set aside', async () => {
    const events: SessionEvent['type'][] = []
    const { header } = (await visitorOf()).jar
    const on = ({ type }: SessionEvent): void => void (type === 'expired' && events.push(type))
    await createSessionManager({ ...base, now: () => clock.now() + 2 * DAY, on }).read(header)
    expect(events).toEqual(['expired'])
  })

  it('hands callbacks the context, or else the request', async () => {
    const { header } = (await visitorOf()).jar
    const valid = vi.fn<(ctx: unknown) => boolean>(() => true)
    const manager = createSessionManager({ ...base, valid })
    const request = new Request('https://shop.example/', { headers: { cookie: header } })
    await manager.read(request)
    await manager.read(request, 'ctx')
    expect(valid.mock.calls.map(([ctx]) => ctx)).toEqual([request, 'ctx'])
  })
})
