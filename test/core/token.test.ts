import { describe, expect, it } from 'vitest'
import type { Carried, Refusal } from '../../src/seal/format.ts'
import { createTokenFormat, type Sealer } from '../../src/seal/token.ts'
import { createClock, HOUR, NOON } from '../fixtures/clock.ts'
import { ID } from '../fixtures/sealed-reader.ts'

const clock = createClock()
const options = {
  key: 'sid',
  maxAge: HOUR,
  now: clock.now,
  path: '/',
  httpOnly: true,
  secure: true,
  sameSite: 'lax',
} as const

/** A format of readable tokens, which hears what it is asked to open. */
function setUp(sealer: Partial<Sealer> = {}): {
  opened: string[]
  open(header: string): Promise<Carried | Refusal | null>
  seal(): Promise<string[]>
} {
  const opened: string[] = []
  const format = createTokenFormat(
    {
      seal: (text) => encodeURIComponent(text),
      open(token) {
        opened.push(token)
        return { text: decodeURIComponent(token), stale: false }
      },
      ...sealer,
    } as Sealer,
    options,
  )
  const life = { created: NOON, issued: NOON, expires: NOON + HOUR, maxAge: undefined }
  const cargo = { id: ID, key: undefined, snapshot: '{"user":"fred"}', life, maxAge: HOUR }
  return {
    opened,
    open: async (header) => format.open(header, undefined),
    seal: async () => format.seal(cargo, undefined),
  }
}

describe('the format of cookies that hold one token', () => {
  it('opens what it sealed, beside cookies of other names', async () => {
    const { open, seal } = setUp()
    const [token, ...rest] = await seal()
    expect(rest).toEqual([])
    expect(await open(`a=b; sid=${token}; c=d`)).toMatchObject({ id: ID, record: { user: 'fred' } })
  })

  it('asks nobody where there is no such cookie', async () => {
    const { open, opened } = setUp()
    expect(await open('other=1')).toBeNull()
    expect(opened).toEqual([])
  })

  it.each(['tampered', 'expired', 'invalid', 'unknown'] as const)(
    'tells why a token was refused, of one or of two: %s',
    async (refusal) => {
      for (const open of [() => refusal, async () => refusal]) {
        const format = setUp({ open })
        expect(await format.open('sid=a')).toBe(refusal)
        expect(await format.open('sid=a; sid=b')).toBe(refusal)
      }
    },
  )

  it('has tampered ones longer than any cookie, and opens the longest there is', async () => {
    const { open, opened } = setUp()
    expect(await open(`sid=${'a'.repeat(4097)}`)).toBe('tampered')
    expect(opened).toEqual([])
    await open(`sid=${'a'.repeat(4096)}`)
    expect(opened).toHaveLength(1)
  })

  it('takes the good one of two, wherever it stands', async () => {
    const { open, seal } = setUp()
    const [token] = await seal()
    for (const header of [`sid=bad; sid=${token}`, `sid=${token}; sid=bad`]) {
      expect(await open(header)).toMatchObject({ id: ID })
    }
  })

  it('has no value where the keys are out of reach', async () => {
    expect(await setUp({ seal: () => '' }).seal()).toEqual([])
    expect(await setUp({ seal: async () => '' }).seal()).toEqual([])
  })
})

describe('a session in a token', () => {
  it('has one id for as long as nobody changes it, which other things may be bound to', () => {
    const format = createTokenFormat({ seal: String, open: () => 'unknown' }, options)
    expect(format.keepsId).toBe(true)
  })
})
