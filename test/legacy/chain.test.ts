import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import { session } from '../../adapters/hono.ts'
import { eggEncrypted } from '../../adapters/legacy.ts'
import { md5 } from '../../adapters/legacy/md5.ts'
import { createRandom, randomData } from '../fixtures/random.ts'
import { DAY } from '../fixtures/clock.ts'
import { patience, report, runsOf, seed } from '../fixtures/properties.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import {
  Cookies3,
  Cookies4,
  eggHeader,
  encode,
  KEYS,
  recordOf,
  setUp,
  UNTIL,
  type EggCookies,
} from './fixture.ts'

const random = createRandom(seed)
const verify = vi.fn<(data: object) => object | null>((data) => data)

function fromHeader(header: string): Buffer {
  return Buffer.from(header.slice(header.indexOf('=') + 1), 'base64url')
}

/** Egg's spelling: the alphabet of URLs, and padding all the same. */
function spell(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

/** Which of many values are taken for a session. */
async function accepted(values: string[], keys: readonly string[] = KEYS): Promise<string[]> {
  const { manager } = setUp({ accept: [eggEncrypted({ keys, until: UNTIL, verify })] })
  const taken: string[] = []
  for (let at = 0; at < values.length; at += 500) {
    await Promise.all(
      values.slice(at, at + 500).map(async (value) => {
        const session = await manager.load(`EGG_SESS=${value}`)
        if (session.populated) taken.push(value)
      }),
    )
  }
  return taken
}

/** The cipher that Egg uses, for what Egg itself would not encrypt. */
function encrypt(bytes: Uint8Array, key = KEYS[0] as string): string {
  const rounds = [Buffer.alloc(0)]
  for (let round = 0; round < 3; round++) {
    rounds.push(createHash('md5').update(rounds[round]!).update(key).digest())
  }
  const cipher = createCipheriv('aes-256-cbc', Buffer.concat(rounds.slice(0, 3)), rounds[3]!)
  return spell(Buffer.concat([cipher.update(bytes), cipher.final()]))
}

describe('md5', () => {
  it('is that of node:crypto', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = randomBytes(length)
      expect(Buffer.from(md5(bytes))).toEqual(createHash('md5').update(bytes).digest())
    }
  })

  it('is that of RFC 1321', () => {
    const hex = (text: string): string => Buffer.from(md5(Buffer.from(text))).toString('hex')
    expect(hex('')).toBe('d41d8cd98f00b204e9800998ecf8427e')
    expect(hex('abc')).toBe('900150983cd24fb0d6963f7d28e17f72')
    expect(hex('1234567890'.repeat(8))).toBe('57edf4a22be3c955ac49da2e2107b67a')
  })
})

describe('what Egg itself encrypted', () => {
  it.each([
    ['Egg 4', Cookies4 as unknown as EggCookies, 2000],
    ['Egg 3', Cookies3, 500],
  ])('is read to the letter: %s', async (_, Cookies, count) => {
    const keys = ['schlüssel-🐎', 'a', 'x'.repeat(200), ...KEYS]
    const reader = eggEncrypted({ keys, until: UNTIL, verify: (data) => data })
    const { manager, events } = setUp({ accept: [reader] })
    for (let round = 0; round < count; round++) {
      const data = randomData(random)
      const key = keys[random(keys.length)]!
      const session = await manager.load(
        eggHeader(encode(recordOf(data)), { keys: [key], Cookies }),
      )
      expect(JSON.stringify(session)).toBe(JSON.stringify(data))
    }
    expect(events).toEqual([])
  })

  it('is found under an older key though a newer one opens it to garbage', async () => {
    const record = encode(recordOf({ user: 'fred' }))
    const headers = Array.from({ length: 3000 }, (_, n) =>
      eggHeader(record, { keys: [`old-${n}`] }),
    )
    let lost = 0
    for (const [n, header] of headers.entries()) {
      const ctx = { get: () => header }
      const stock = new Cookies3(ctx, ['new', `old-${n}`]).get('EGG_SESS', { encrypt: true })
      if (stock !== record) lost++
      const reader = eggEncrypted({ keys: ['new', `old-${n}`], until: UNTIL, verify })
      const session = await setUp({ accept: [reader] }).manager.load(header)
      expect(session.user).toBe('fred')
    }
    console.log(`rotation: Egg's own cookies lose ${lost} of 3000 sessions, the reader none`)
    expect(lost).toBeGreaterThan(0)
  })
})

/** A cookie of Egg's, another one each time. */
const freshCookie = (): Buffer =>
  fromHeader(eggHeader(encode(recordOf({ user: random(1e6), name: 'Žofie 🐎', role: 'user' }))))

const CHANGED = 'cookies of Egg, changed'

/** Tries changed cookies, some at a time, until there were enough of them; none is to be taken. */
async function refused(
  what: string,
  part: number,
  change: (cookie: Buffer) => Iterable<Uint8Array>,
): Promise<void> {
  verify.mockClear()
  const most = runsOf(CHANGED, part)
  let tried = 0
  await report(CHANGED, most, async () => {
    while (tried < most) {
      const cookie = freshCookie()
      const own = spell(cookie)
      const values = [...change(cookie)].map(spell).filter((value) => value && value !== own)
      tried += values.length
      expect(await accepted(values)).toEqual([])
    }
  })
  console.log(`${what}: ${tried}`)
  expect(verify).toHaveBeenCalledTimes(0)
}

describe('what Egg did not encrypt', () => {
  const cookies = Array.from({ length: 20 }, freshCookie)

  it('is refused with any bit changed', { timeout: patience }, async () => {
    await refused('bit flips', 0.75, (bytes) =>
      Array.from({ length: bytes.length * 8 }, (_, bit) => {
        const changed = Buffer.from(bytes)
        changed[bit >> 3]! ^= 1 << (bit & 7)
        return changed
      }),
    )
  })

  it(
    'is refused with blocks moved, doubled, taken out, or of another cookie',
    { timeout: patience },
    async () => {
      const block = (bytes: Buffer, at: number): Buffer => bytes.subarray(at * 16, at * 16 + 16)
      await refused('block splices', 0.1, function* (one) {
        const whole = new Set(cookies.map(spell))
        for (let time = 0; time < 200; time++) {
          const other = random(2) ? one : cookies[random(20)]!
          const [at, from] = [random(one.length / 16), random(other.length / 16)]
          const taken = random(3)
          const inner = [block(other, from), Buffer.alloc(0), other.subarray(from * 16)][taken]!
          const rest = one.subarray((at + random(2)) * 16)
          const spliced = Buffer.concat([one.subarray(0, at * 16), inner, rest])
          if (!whole.has(spell(spliced))) yield spliced
        }
      })
    },
  )

  it('is refused if it is cut short, or random', { timeout: patience }, async () => {
    await refused('cuts and random bytes', 0.15, function* (bytes) {
      for (let length = 1; length < bytes.length; length++) {
        yield bytes.subarray(0, length)
        yield bytes.subarray(length)
      }
      for (let time = 0; time < 200; time++) yield randomBytes(16 * (1 + random(20)))
    })
  })

  it('is refused under 200,000 other keys', { timeout: 300_000 }, async () => {
    verify.mockClear()
    const store = createRecordingStore()
    const value = spell(cookies[0]!)
    for (let round = 0; round < 20_000; round++) {
      const keys = Array.from({ length: 10 }, (_, n) => `wrong-${round}-${n}`)
      const accept = [eggEncrypted({ keys, until: UNTIL, verify })]
      // With a store as well, which a wrong key must not come to ask.
      const { manager } = setUp({ accept, ...(round % 2 ? { store } : {}) })
      expect((await manager.load(`EGG_SESS=${value}`)).populated).toBe(false)
    }
    expect(verify).toHaveBeenCalledTimes(0)
    expect(store.calls).toEqual([])
  })

  it('is refused in another spelling', async () => {
    const bytes = fromHeader(eggHeader(encode(recordOf({ user: 'fred', fill: 'ab' }))))
    const value = spell(bytes)
    const last = (text: string): string => text.replace(/[\w-](=*)$/, (_, pad) => `B${pad}`)
    const spellings = [
      value.replace(/=+$/, ''),
      `${value}=`,
      `"${value}"`,
      value.replace(/^./, '$& '),
      `${value.slice(0, 8)}\n${value.slice(8)}`,
      bytes.toString('base64').replace(/^/, value.includes('-') || value.includes('_') ? '' : '+'),
      last(value),
      `${value}!`,
      encodeURIComponent(value).replace(/^/, '%20'),
      bytes.toString('hex'),
      spell(Buffer.concat([bytes, bytes])),
      spell(bytes.subarray(0, -1)),
      spell(bytes.subarray(0, -16)),
      spell(Buffer.alloc(4096)),
      'A'.repeat(4100),
      'A'.repeat(60_000),
      '=',
      '====',
    ]
    expect(await accepted([...new Set(spellings)].filter((one) => one !== value))).toEqual([])
    expect(await accepted([value])).toEqual([value])
  })

  it('is refused unless every layer is what koa-session writes', async () => {
    const now = Date.now()
    const good = JSON.stringify(recordOf({ user: 'fred' }))
    const texts = [
      good.replace('{', '{ '),
      good.replace('{', '{"user":"barney",'),
      `\ufeff${good}`,
      good.replace('fred', '\\u0066red'),
      good.replace('"user"', '"__proto__"'),
      good.replace('"fred"', '{"constructor":{"prototype":1}}'),
      good.replace('"fred"', `${'['.repeat(40)}${']'.repeat(40)}`),
      good.replace('"fred"', JSON.stringify(Array.from({ length: 1001 }, () => 0))),
      JSON.stringify([1]),
      '5',
      'null',
      '"text"',
      '',
      JSON.stringify({ user: 'fred' }),
      JSON.stringify({ user: 'fred', _session: 1 }),
      JSON.stringify({ ...recordOf({ user: 'fred' }), _session: true }),
      ...[
        now - 1,
        now + DAY + 120_000,
        String(now + 1000),
        null,
        true,
        [now + 1000],
        1e308,
        -1,
      ].map((_expire) => JSON.stringify({ user: 'fred', _expire })),
    ]
    const layers = [
      ...texts.map((text) => Buffer.from(Buffer.from(text).toString('base64'))),
      Buffer.from(good),
      Buffer.from(Buffer.from(good).toString('base64url')),
      Buffer.from(Buffer.from(good).toString('base64').replace(/=*$/, ' ')),
      Buffer.concat([Buffer.from(Buffer.from(good).toString('base64')), Buffer.from([0xff])]),
      Buffer.from(Buffer.from([0x22, 0xff, 0x22]).toString('base64')),
      Buffer.from(Buffer.from(good.replace('fred', '\xff'), 'latin1').toString('base64')),
      Buffer.alloc(0),
    ]
    verify.mockClear()
    expect(await accepted(layers.map((bytes) => encrypt(bytes)))).toEqual([])
    expect(verify).toHaveBeenCalledTimes(0)
    const values = [encrypt(Buffer.from(Buffer.from(good).toString('base64')))]
    expect(await accepted(values)).toEqual(values)
  })
})

describe('all that can be wrong with a cookie', () => {
  const good = JSON.stringify(recordOf({ user: 'fred' }))
  const base64 = (text: string): Buffer => Buffer.from(Buffer.from(text).toString('base64'))
  /** A cookie whose last block ends in no padding. */
  function unpadded(): string {
    for (;;) {
      const bytes = fromHeader(eggHeader(encode(recordOf({ user: random(1e6) }))))
      bytes[bytes.length - 17]! ^= 1 + random(255)
      const value = spell(bytes)
      const ctx = { get: () => `EGG_SESS=${value}` }
      if (new Cookies3(ctx, KEYS).get('EGG_SESS', { encrypt: true }) === undefined) return value
    }
  }
  const classes: Record<string, () => string> = {
    'bad padding': unpadded,
    'no UTF-8': () => encrypt(Buffer.concat([base64(good), Buffer.from([0xff, random(256)])])),
    'no base64': () => encrypt(Buffer.from(`%${random(1e6)}${base64(good)}`)),
    'no JSON': () => encrypt(base64(`${good}${random(1e6)}`)),
    'its time': () =>
      encrypt(base64(good.replace(/"_expire":\d+/, `"_expire":${1 + random(1e6)}`))),
  }

  it('has one outcome, to the byte: five kinds of wrong, 200 of each', async () => {
    const outcomes = new Map<string, Set<string>>()
    for (const [name, make] of Object.entries(classes)) {
      const seen = new Set<string>()
      for (let time = 0; time < 200; time++) {
        const events: any[] = []
        const app = new Hono()
        const accept = [eggEncrypted({ keys: [KEYS[0]], until: UNTIL, verify })]
        app.use(
          session({ secrets: SECRET, key: 'EGG_SESS', accept, on: (event) => events.push(event) }),
        )
        app.get('/', async (c) => c.json(await (c.var as any).session))
        const response = await app.request('/', { headers: { cookie: `EGG_SESS=${make()}` } })
        const { status, headers } = response
        // But for when it was, and how long it took.
        const told = events.map(({ now: _, duration: __, ...event }) => event)
        seen.add(JSON.stringify([status, [...headers], await response.text(), told]))
      }
      outcomes.set(name, seen)
    }
    const all = new Set([...outcomes.values()].flatMap((seen) => [...seen]))
    expect([...all]).toHaveLength(1)
    expect([...all][0]).toMatch(/"{}",\[.*"type":"tampered"/)
  }, 60_000)
})
