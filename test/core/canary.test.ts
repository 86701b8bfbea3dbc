import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSessionManager, type SessionOptions } from '../../src/index.ts'
import { createClock, DAY } from '../fixtures/clock.ts'
import { canaries, fail, listen, type Ears } from '../fixtures/canary.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { createVisitor } from '../fixtures/visitor.ts'

const { secret, id, data } = canaries

let ears: Ears
beforeEach(() => void (ears = listen()))
afterEach(() => void vi.restoreAllMocks())

describe('no error, event, log or object tells a secret, an id or data', () => {
  const modes: [string, Partial<SessionOptions>][] = [
    ['sealed', {}],
    ['signed', { encrypt: false }],
    ['store', { store: createRecordingStore(), genid: () => id }],
    ['store, signed', { store: createRecordingStore(true), genid: () => id, encrypt: false }],
  ]

  it.each(modes)('%s', async (_, options) => {
    const clock = createClock()
    const manager = createSessionManager({
      secrets: secret,
      now: clock.now,
      on: (event) => ears.hear(event),
      ...options,
    })
    const { visit, peek, jar } = createVisitor(manager)
    const store = options.store as ReturnType<typeof createRecordingStore> | undefined
    const { attempt, hear } = ears

    await visit((session) => (session.user = data))
    await attempt(() => visit((session) => (session.self = session)))
    await attempt(() => visit((session) => (session.big = 1n)))
    await attempt(() => visit((session) => (session.fill = data.repeat(1000))))
    await attempt(() => visit((session) => (session.maxAge = data as never)))
    for (const operation of ['get', 'set', 'destroy'] as const) {
      if (store) store.instead[operation] = fail
      await attempt(() => visit((session) => (session.n = operation)))
      await attempt(() => visit((session) => session.regenerate()))
      await attempt(() => visit((session) => session.destroy()))
      if (store) delete store.instead[operation]
    }
    await visit((session) => (session.user = data))
    const good = jar.header
    for (const header of [
      good.slice(0, -1),
      `${good}; ${good.replace(/=./, '=x')}`,
      good.repeat(2),
    ]) {
      await attempt(() => manager.load(header))
    }
    hear(manager)
    const session = await peek()
    expect(session.user).toBe(data)
    hear(Object.assign(session, { user: 1 }))
    clock.pass(2 * DAY)
    await peek()
    await attempt(async () => createSessionManager({ secrets: [secret, secret] }))
    await attempt(async () => createSessionManager({ secrets: secret.slice(1) }))
    await attempt(async () =>
      createSessionManager({ secrets: [secret, secret.slice(9)], encrypt: false }),
    )
    await attempt(async () => createSessionManager({ secrets: secret, domain: secret + ';' }))

    expect(ears.count).toBeGreaterThan(10)
    expect(ears.caught()).toEqual([])
  })

  it('would be heard', () => {
    ears.hear(new Error(`x ${data} y`))
    expect(ears.caught()).not.toEqual([])
  })
})
