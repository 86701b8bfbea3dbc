import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSessionManager, type SessionOptions } from '../../src/index.ts'
import { createClock, DAY } from '../fixtures/clock.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { createVisitor } from '../fixtures/visitor.ts'

const secret = 'Qm7vT2xK9pLw4RzN8cYb5HdJ3fGs6AeU'
const id = 'id-canary-5Hq2Zr8Wt1Xc9Vb3'
const data = 'data-canary-7Jk4Mn6Pq'
const client = 'client-canary-2Df8Gh5Lz'

/** A canary in the forms in which it might fly out; eight letters of it are one too many. */
function forms(canary: string): string[] {
  const base64 = ['', 'x', 'xx'].map((pad) =>
    Buffer.from(pad + canary)
      .toString('base64url')
      .slice(4, -4),
  )
  const parts = Array.from({ length: canary.length - 7 }, (_, at) => canary.slice(at, at + 8))
  return [
    ...parts.filter((part) => !/canary/.test(part)),
    ...base64,
    Buffer.from(canary).toString('hex'),
  ]
}

let heard: string[] = []
const methods = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const

beforeEach(() => {
  heard = []
  for (const method of methods) {
    vi.spyOn(console, method).mockImplementation((...args) => void heard.push(inspect(args)))
  }
})
afterEach(() => void vi.restoreAllMocks())

/** Keeps everything that an error or an event says of itself. */
function hear(thing: unknown): void {
  heard.push(inspect(thing, { depth: 9, showHidden: true }), String(thing))
  if (thing instanceof Error) heard.push(thing.message, thing.stack ?? '', inspect(thing.cause))
  heard.push(JSON.stringify(thing) ?? '')
}

const fail = (): never => {
  throw Object.assign(new Error(`SET ${client} ${id} ${data}`), { command: [client, id, data] })
}

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
      on: (event) => hear(event),
      ...options,
    })
    const { visit, peek, jar } = createVisitor(manager)
    const store = options.store as ReturnType<typeof createRecordingStore> | undefined
    const attempt = async (act: () => Promise<unknown>): Promise<void> => {
      const [{ reason }] = (await Promise.allSettled([act()])) as [{ reason?: unknown }]
      if (reason) hear(reason)
    }

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
    heard.push(
      inspect(Object.assign(session, { user: 1 }), { showHidden: true, getters: false, depth: 9 }),
    )
    clock.pass(2 * DAY)
    await peek()
    await attempt(async () => createSessionManager({ secrets: [secret, secret] }))
    await attempt(async () => createSessionManager({ secrets: secret.slice(1) }))
    await attempt(async () =>
      createSessionManager({ secrets: [secret, secret.slice(9)], encrypt: false }),
    )
    await attempt(async () => createSessionManager({ secrets: secret, domain: secret + ';' }))

    expect(heard.length).toBeGreaterThan(10)
    const all = heard.join('\n')
    const seen = [secret, id, data, client].flatMap(forms).filter((form) => all.includes(form))
    expect(seen).toEqual([])
  })

  it('would be heard', () => {
    hear(new Error(`x ${data} y`))
    expect(forms(data).some((form) => heard.join().includes(form))).toBe(true)
  })
})
