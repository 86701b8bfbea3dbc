import { defaults, seal } from 'iron-webcrypto'
import { describe, expect, it } from 'vitest'
import { errorOf } from '../fixtures/errors.ts'
import { setUp } from './fixture.ts'
import { named, SECRET, writeHonoSessions } from './libraries.ts'
import { readers } from './readers.ts'

const { read } = named('hono-sessions')

/** A seal that hono-sessions itself would not have written. */
const sealed = async (session: unknown): Promise<string> =>
  `session=${await seal(crypto as never, session, SECRET, defaults)}`

describe('honoSessions()', () => {
  it('brings flash messages along', async () => {
    const { manager } = setUp({ accept: [read()] })
    const header = await writeHonoSessions({ user: 'fred' }, { note: ['saved'] })
    const session = await manager.load(header)
    expect({ ...session }).toEqual({ user: 'fred' })
    expect(session.flash('note')).toEqual(['saved'])
    expect(session.flash('note')).toBe(undefined)
  })

  it('refuses what is no session, or none any more', async () => {
    const { manager } = setUp({ accept: [read()] })
    const good = { _data: { user: { value: 'fred', flash: false } }, _expire: null, _delete: false }
    expect((await manager.load(await sealed(JSON.stringify(good)))).user).toBe('fred')
    const bad = [
      good,
      '',
      'fred',
      '[]',
      JSON.stringify({ ...good, _delete: true }),
      JSON.stringify({ ...good, _expire: 'tomorrow' }),
      JSON.stringify({ ...good, _expire: new Date(Date.now() - 1).toISOString() }),
      JSON.stringify({ ...good, _data: null }),
      JSON.stringify({ ...good, _data: { user: 'fred' } }),
    ]
    for (const session of bad) {
      expect((await manager.load(await sealed(session))).populated).toBe(false)
    }
    // With a password of an id it is none of this library.
    const named = await seal(
      crypto as never,
      JSON.stringify(good),
      { id: '1', secret: SECRET },
      defaults,
    )
    expect((await manager.load(`session=${named}`)).populated).toBe(false)
  })

  it('takes no key that hono-sessions would not have taken', () => {
    const error = errorOf(() => readers.honoSessions({ keys: [SECRET, 'short'] }))
    expect([error.code, error.message]).toEqual([
      'ERR_SESSION_OPTIONS',
      expect.stringMatching(/^honoSessions\(\): "keys" must have 32/),
    ])
  })
})
