import { createRequire } from 'node:module'
import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { eggEncrypted, eggSigned, koaSigned } from '../../adapters/legacy.ts'
import { checkReader, type CheckedReader } from '../../adapters/legacy/options.ts'
import { createSessionManager, withSession, type SessionEvent } from '../../src/index.ts'
import { DAY } from '../fixtures/clock.ts'
import { errorOf } from '../fixtures/errors.ts'
import { onTrouble } from '../fixtures/events.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { eggHeader, encode, recordOf } from './fixture.ts'

const verify = (data: object): object => data
const keys = ['key-canary-9Xw3Vt7Rq2']
const until = Date.now() + DAY
const canaries = ['9Xw3Vt7Rq2', 'barney-canary']

describe('options', () => {
  // Their titles tell no time: a test is called the same in each run.
  const refused: [object | undefined, RegExp][] = [
    [undefined, /"keys" must be/],
    [{ keys, until }, /"verify" must be a function/],
    [{ keys, until, verify: true }, /"verify" must be a function/],
    [{ keys, verify }, /"until" must be a Date/],
    [{ keys, verify, until: Date.now() + 91 * DAY }, /"until" must not lie more than 90 days/],
    [{ keys, verify, until: new Date(NaN) }, /"until" must be/],
    [{ keys, verify, until: Infinity }, /"until" must be/],
    [{ keys, verify, until: Math.round(Date.now() / 1000) }, /"until" must be/],
    [{ keys, verify, until: '2026-12-01T00:00:00' }, /"until" must be/],
    [{ keys, verify, until: 'tomorrow' }, /"until" must be/],
    [{ keys, verify, until: null }, /"until" must be/],
    [{ verify, until }, /"keys" must be/],
    [{ keys: [], verify, until }, /"keys" must be/],
    [{ keys: '', verify, until }, /"keys" must be/],
    [{ keys: [keys[0], ''], verify, until }, /"keys" must be/],
    [{ keys: [keys[0], 5], verify, until }, /"keys" must be/],
    [{ keys: `${keys[0]},`, verify, until }, /"keys" must be/],
    [{ keys: Array.from({ length: 11 }, String), verify, until }, /"keys" must be/],
    [{ keys, verify, until, key: 'a;b' }, /"key" must be/],
    [{ keys, verify, until, maxAge: 0 }, /"maxAge" must be/],
    [{ keys, verify, until, maxAge: 401 * DAY }, /"maxAge" must be/],
    [{ keys, verify, until, untill: 1 }, /"untill" is unknown/],
  ]

  it.each(refused.map(([options, message], index) => [index, message, options] as const))(
    'are refused: number %d, %s',
    (_, message, options) => {
      const error = errorOf(() => eggEncrypted(options as never))
      expect(error.code).toBe('ERR_SESSION_OPTIONS')
      expect(error.message).toMatch(message)
      expect(inspect(error)).not.toContain(canaries[0])
    },
  )

  it('of the signed ones are refused in the same way', () => {
    expect(errorOf(() => koaSigned({ keys } as never)).message).toMatch(/koaSigned.*"until"/)
    expect(errorOf(() => eggSigned({ keys } as never)).message).toMatch(/eggSigned.*"until"/)
    const md5 = { keys, until, digest: 'md5' } as never
    expect(errorOf(() => koaSigned(md5)).message).toMatch(/"digest" must be/)
    expect(errorOf(() => eggSigned(md5)).message).toMatch(/"digest" is unknown/)
    expect(errorOf(() => koaSigned(undefined as never)).code).toBe('ERR_SESSION_OPTIONS')
  })

  it('take an end that has come: the application still starts', () => {
    for (const until of [
      Date.now() - DAY,
      new Date('2026-01-01'),
      '2026-01-01',
      '2026-01-01T09:00Z',
    ])
      expect(eggEncrypted({ keys, verify, until })).toBeTypeOf('function')
  })

  describe('of every reader', () => {
    const check = (more: object, splits = false, extra: string[] = ['maxAge']): CheckedReader =>
      checkReader('reader', { keys: 'k', until, ...more } as never, splits, extra)
    const faultOf = (more: object): string => errorOf(() => check(more)).message
    const texts = (more: object, splits?: boolean): string[] =>
      check(more, splits).keys.map((key) => new TextDecoder().decode(key))

    it('are keys, one to ten, each once and as it stands', () => {
      expect(texts({ keys: ' a,b ' })).toEqual([' a,b '])
      expect(texts({ keys: ' a , b,a' }, true)).toEqual(['a', 'b'])
      expect(texts({ keys: ['a , b', 'é'] }, true)).toEqual(['a , b', 'é'])
      expect(texts({ keys: [...'0123456789'] })).toEqual([...'0123456789'])
      for (const keys of [[], [...'0123456789a'], ['a', ''], ['a', 5], [['a']], '', 5, null]) {
        expect(faultOf({ keys })).toBe(
          'reader(): "keys" must be the 1 to 10 keys of the old application, as text.',
        )
      }
    })

    it.each([
      ['2026-01-02', Date.UTC(2026, 0, 2)],
      ['2026-01-02T03:04Z', Date.UTC(2026, 0, 2, 3, 4)],
      ['2026-01-02T03:04:05Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
      ['2026-01-02T03:04:05.6Z', Date.UTC(2026, 0, 2, 3, 4, 5, 600)],
      ['2026-01-02T03:04:05.678Z', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
      ['2026-01-02T03:04+01:30', Date.UTC(2026, 0, 2, 1, 34)],
      ['2026-01-02T03:04:05-01:30', Date.UTC(2026, 0, 2, 4, 34, 5)],
      [new Date(1.6e12), 1.6e12],
      [1e12 + 1, 1e12 + 1],
    ])('end at a time with a zone: %j', (until, time) => {
      expect(check({ until }).until).toBe(time)
    })

    it.each([
      '2026-01-02T03:04',
      '2026-01-02 03:04Z',
      'on 2026-01-02',
      '2026-01-02!',
      '2026-1-2',
      '2026-13-01',
      '02026-01-02',
      '',
      1e12,
      1_767_312_000,
      null,
      ['2026-01-02'],
      { valueOf: () => 2e12 },
    ])('do not end at %j', (until) => {
      expect(faultOf({ until })).toBe(
        'reader(): "until" must be a Date, milliseconds since the epoch, or a text like 2027-01-31.',
      )
    })

    it('end within 90 days, where anybody knows what day it is', () => {
      vi.useFakeTimers({ toFake: ['Date'], now: 1.7e12 })
      try {
        expect(check({ until: 1.7e12 + 90 * DAY }).until).toBe(1.7e12 + 90 * DAY)
        expect(faultOf({ until: 1.7e12 + 90 * DAY + 1 })).toBe(
          'reader(): "until" must not lie more than 90 days ahead.',
        )
        vi.setSystemTime(0)
        expect(check({ until: 1.7e12 }).until).toBe(1.7e12)
      } finally {
        vi.useRealTimers()
      }
    })

    it('may name a cookie', () => {
      for (const key of ['a', '__Host-sid', "!#$%&'*+.^`|~-", 'x'.repeat(256)]) {
        expect(check({ key }).key).toBe(key)
      }
      expect(check({}).key).toBeUndefined()
      for (const key of ['', ' a', 'a ', 'a;', '=a', 'a=', 'é', 'x'.repeat(257)]) {
        expect(faultOf({ key })).toBe('reader(): "key" must be the name of a cookie.')
      }
    })

    it('may have a longest life, up to 400 days', () => {
      for (const maxAge of [1, DAY, 400 * DAY, undefined]) {
        expect(check({ maxAge }).maxAge).toBe(maxAge)
      }
      for (const maxAge of [0, -1, 400 * DAY + 1, Number.NaN, Infinity, 'session', null]) {
        expect(faultOf({ maxAge })).toBe(
          'reader(): "maxAge" must be milliseconds, above 0 and up to 400 days.',
        )
      }
    })

    it('are known by name', () => {
      expect(faultOf({ digest: 'sha1' })).toBe('reader(): "digest" is unknown.')
      expect(() => check({ digest: 'sha1' }, false, ['digest'])).not.toThrow()
      expect(errorOf(() => check({ maxAge: DAY }, false, [])).message).toContain('"maxAge"')
      const none = { keys: 'k', until }
      expect(() => checkReader('reader', none, false)).not.toThrow()
      expect(errorOf(() => checkReader('reader', undefined as never, false)).message).toContain(
        '"keys" must be',
      )
    })
  })

  it.each([[{}], [[{}]], [[null]], ['egg'], [eggEncrypted]])('accept: %j is refused', (accept) => {
    const error = errorOf(() => createSessionManager({ secrets: SECRET, accept: accept as never }))
    expect(error.message).toMatch(/"accept" must be a list of readers/)
  })
})

describe('nothing tells a key or data', () => {
  it('in an option, an error or an event', async () => {
    const heard: string[] = []
    const hear = (thing: unknown): void =>
      void heard.push(
        inspect(thing, { showHidden: true, depth: 9 }),
        JSON.stringify(thing) ?? '',
        String(thing),
      )
    const fail = (): never => {
      throw new Error('database')
    }
    const readers = [
      eggEncrypted({ keys, until, verify: fail }),
      koaSigned({ keys, until }),
      eggSigned({ keys, until }),
    ]
    const options = { accept: readers, key: 'EGG_SESS', on: (event: SessionEvent) => hear(event) }
    const good = eggHeader(encode(recordOf({ user: canaries[1] })), { keys })
    const manager = createSessionManager({ secrets: SECRET, ...options })
    for (const header of [good, good.slice(0, -4), `${good}A`, 'EGG_SESS=x']) {
      hear(await manager.load(header).catch((error: unknown) => error))
    }
    hear(options)
    hear(readers)
    hear(manager)
    // Egg writes its configuration to a file, by way of this function.
    const utils = createRequire(import.meta.url)('egg/lib/core/utils') as any
    const config = { session: { ...options } }
    utils.convertObject(config, [])
    hear(config)
    expect(JSON.stringify(config)).toContain('accept')

    const all = heard.join('\n')
    expect(all).toContain('tampered')
    expect(canaries.filter((canary) => all.includes(canary))).toEqual([])
    expect(all).not.toContain(Buffer.from(keys[0]!).toString('hex'))
  })
})

describe('all that is wrong with a cookie', () => {
  const now = Date.now()
  const expired = (n: number): object => ({ ...recordOf({ n }), _expire: now - 1 - n })
  const flip = (header: string, at: number): string => {
    const bytes = Buffer.from(header.slice(9), 'base64url')
    bytes[at < 0 ? bytes.length + at : at]! ^= 4
    return `EGG_SESS=${bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`
  }
  const classes: [string, (n: number) => string][] = [
    ['padding', (n) => flip(eggHeader(encode(recordOf({ n })), { keys }), -1)],
    ['UTF-8', (n) => flip(eggHeader(encode(recordOf({ n })), { keys }), 8)],
    ['base64', (n) => eggHeader(`${encode(recordOf({ n }))}*`, { keys })],
    ['JSON', (n) => eggHeader(Buffer.from(`{"n":${n},`).toString('base64'), { keys })],
    ['time', (n) => eggHeader(encode(expired(n)), { keys })],
  ]

  it.each(['EGG_SESS', 'old'])('has one outcome: %s', async (name) => {
    const outcomes = new Map<string, number>()
    const events: string[] = []
    const options = {
      secrets: SECRET,
      key: 'EGG_SESS',
      accept: [eggEncrypted({ keys, until, verify, key: name })],
      on: onTrouble(({ now: _, ...event }) => events.push(JSON.stringify(event))),
    }
    const handler = withSession(options, async (_, lazy) => {
      const session = await lazy
      return new Response(JSON.stringify([session, session.isNew, session.maxAge]))
    })
    for (const [, header] of classes) {
      for (let n = 0; n < 200; n++) {
        events.length = 0
        const cookie = header(n).replace('EGG_SESS', name)
        const answer = await handler(new Request('https://a.example/', { headers: { cookie } }))
        const outcome = JSON.stringify([
          answer.status,
          [...answer.headers],
          await answer.text(),
          events,
        ])
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
    }
    expect([...outcomes.values()]).toEqual([1000])
    expect([...outcomes.keys()][0]).toContain('tampered')
  })
})
