import { describe, expect, it } from 'vitest'
import { createSessionManager, type SessionOptions } from '../../src/index.ts'
import { createClock } from '../fixtures/clock.ts'
import { parseSetCookie } from '../fixtures/cookies.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'

const { now } = createClock()

/** Commits a session whose cookie has exactly so many bytes: its size, or the error. */
async function commitOf(
  size: number,
  options: Partial<SessionOptions>,
  fill: string,
): Promise<unknown> {
  // Base64 goes in steps; the length of the name makes up for them.
  for (let extra = 0; extra < 200; extra++) {
    const key = 's'.repeat(1 + (extra % 8))
    const manager = createSessionManager({ secrets: SECRET, now, key, ...options })
    const small = await manager.load(null)
    small.fill = fill.repeat(100)
    const [cookie] = await manager.commit(small)
    const { name, value } = parseSetCookie(cookie!)
    const perUnit = (Buffer.byteLength(fill) * 4) / 3
    const units = 100 + Math.floor((size - name.length - value.length) / perUnit) - 3 + (extra >> 3)
    const session = await manager.load(null)
    session.fill = fill.repeat(units)
    try {
      const made = parseSetCookie((await manager.commit(session))[0]!)
      if (made.name.length + Buffer.byteLength(made.value) === size) return size
    } catch (error) {
      if (String(error).includes(`has ${size} bytes`)) return error
    }
  }
  throw new Error(`There is no cookie of ${size} bytes.`)
}

const formats: [string, Partial<SessionOptions>][] = [
  ['sealed', {}],
  ['signed', { encrypt: false }],
]

describe.each(formats)('a cookie: %s', (_, options) => {
  it.each(['x', 'é', '🍪'])(
    'may have 4,096 bytes of name and value, and no more: of %s',
    async (fill) => {
      expect(await commitOf(4095, options, fill)).toBe(4095)
      expect(await commitOf(4096, options, fill)).toBe(4096)
      expect(await commitOf(4097, options, fill)).toMatchObject({
        name: 'SessionError',
        code: 'ERR_SESSION_TOO_LARGE',
        message: expect.stringMatching(/has 4097 bytes and browsers keep 4096.*use a store/),
      })
    },
  )

  it('that would be larger leaves the one before as it is', async () => {
    const manager = createSessionManager({ secrets: SECRET, now, ...options })
    const session = await manager.load(null)
    session.fill = 'x'.repeat(10_000)
    expect(await rejectionOf(manager.commit(session))).toMatchObject({
      code: 'ERR_SESSION_TOO_LARGE',
    })
    expect(await rejectionOf(manager.commit(session))).toMatchObject({
      code: 'ERR_SESSION_TOO_LARGE',
    })
    session.fill = 'x'
    expect((await manager.commit(session)).length).toBeGreaterThan(0)
  })

  it('is measured before the store is called', async () => {
    const store = createRecordingStore()
    const genid = (): string => 'k'.repeat(5000)
    const manager = createSessionManager({ secrets: SECRET, now, store, genid, ...options })
    const session = await manager.load(null)
    session.user = 'fred'
    expect(await rejectionOf(manager.commit(session))).toMatchObject({
      code: 'ERR_SESSION_TOO_LARGE',
    })
    expect(store.calls).toEqual([])
  })

  it('may belong to a session of any size where there is a store', async () => {
    const store = createRecordingStore()
    const manager = createSessionManager({ secrets: SECRET, now, store, ...options })
    const session = await manager.load(null)
    session.fill = 'x'.repeat(1_000_000)
    const [cookie] = await manager.commit(session)
    expect(cookie!.length).toBeLessThan(500)
    expect(store.operations()).toEqual(['set'])
  })
})
