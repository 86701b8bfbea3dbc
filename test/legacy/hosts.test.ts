import Koa from 'koa'
import { afterEach, describe, expect, it } from 'vitest'
import createEggSession from '../../adapters/egg/app/middleware/session.ts'
import { session, type KoaSessionOptions } from '../../adapters/koa.ts'
import { eggEncrypted, eggSigned, koaSigned } from '../../adapters/legacy.ts'
import type { Store } from '../../src/index.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { closeAll, serve, type Served } from './host.ts'
import {
  Cookies3,
  Cookies4,
  eggHeader,
  encode,
  KEYS,
  koaHeader,
  recordOf,
  UNTIL,
  type EggCookies,
} from './fixture.ts'

const verify = async (data: Record<string, unknown>): Promise<object> => data
const fred = recordOf({ user: 'fred' })
afterEach(closeAll)

type Act = (ctx: any) => unknown
const tell: Act = (ctx) => (ctx.body = JSON.stringify(ctx.session))

function koa(options: KoaSessionOptions, act: Act = tell): Promise<Served> {
  const app = new Koa()
  app.silent = true
  app.keys = [...KEYS]
  app.use(session(options, app))
  app.use(act as never)
  return serve(app)
}

/** What Egg's plugin is to a request: its middleware, on Koa with Egg's own cookies. */
function egg(
  options: { store?: Store; [option: string]: unknown },
  act: Act = tell,
  Cookies: EggCookies = Cookies4 as unknown as EggCookies,
): Promise<Served> {
  const app = new Koa() as any
  app.silent = true
  app.keys = [...KEYS]
  app.coreLogger = app.logger = console
  const cookies = Symbol('cookies')
  Object.defineProperty(app.context, 'cookies', {
    get(this: any) {
      return (this[cookies] ??= new Cookies(this, app.keys))
    },
  })
  app.use(createEggSession({ key: 'EGG_SESS', ...options }, app))
  app.use(act)
  return serve(app)
}

const names = (lines: string[]): string[] => lines.map((line) => line.replace(/=.*/, ''))

describe('Koa', () => {
  const accept = [koaSigned({ keys: KEYS, until: UNTIL })]
  const browser = koaHeader(encode({ user: 'fred', _session: true }))

  it('reads a browser session of koa-session before the handler, and seals it', async () => {
    const ask = await koa({ encrypt: true, secrets: SECRET, accept })
    const first = await ask(browser)
    expect(first.body).toBe('{"user":"fred"}')
    expect(first.cookies).toHaveLength(2)
    expect(first.cookies).toContainEqual(
      expect.stringMatching(/^koa\.sess=eyJ[^;]*\.\.[^;]*; path=\/; httponly$/),
    )
    expect(first.cookies).toContainEqual(
      expect.stringMatching(/^koa\.sess\.sig=; path=\/; expires=Thu, 01 Jan 1970/),
    )
    const second = await ask(first.jar)
    expect([second.body, second.cookies]).toEqual(['{"user":"fred"}', []])
  })

  it('does not without the reader, though it reads one with an end', async () => {
    const ask = await koa({ encrypt: true, secrets: SECRET })
    expect((await ask(browser)).body).toBe('{}')
    expect((await ask(koaHeader(encode(fred)))).body).toBe('{"user":"fred"}')
  })

  it('seals it for a handler that never looks', async () => {
    const ask = await koa({ encrypt: true, secrets: SECRET, accept }, (ctx) => (ctx.body = ''))
    expect(names((await ask(browser)).cookies)).toContain('koa.sess')
    expect((await ask('')).cookies).toEqual([])
  })

  it('clears a cookie of another name, at once and with a logout', async () => {
    const accept = [eggEncrypted({ keys: KEYS, until: UNTIL, verify, key: 'EGG_SESS' })]
    const options = { encrypt: true, secrets: SECRET, accept }
    const header = eggHeader(encode(fred))
    const first = await (await koa(options))(header)
    expect(first.body).toBe('{"user":"fred"}')
    expect(first.cookies[0]).toMatch(/^EGG_SESS=; path=\/; expires=Thu, 01 Jan 1970/)
    expect(names(first.cookies)).toEqual(['EGG_SESS', 'koa.sess'])

    const logout = await koa(options, (ctx) => void ((ctx.session = null), (ctx.body = '')))
    const last = await logout(`${header}; ${first.jar}`)
    expect(names(last.cookies)).toEqual(['EGG_SESS', 'koa.sess'])
    expect(last.jar).toBe('')
  })

  it.each([
    ['{}', {}],
    ['data', { user: 'wilma' }],
  ])('gives way to ctx.session = %s', async (_, data) => {
    const ask = await koa(
      { encrypt: true, secrets: SECRET, accept },
      (ctx) => void ((ctx.session = data), (ctx.body = '')),
    )
    const { jar } = await ask(browser)
    const show = await koa({ encrypt: true, secrets: SECRET, accept })
    expect((await show(jar)).body).toBe(JSON.stringify(data))
  })

  it('keeps what a failing handler did', async () => {
    const ask = await koa({ encrypt: true, secrets: SECRET, accept }, (ctx) => {
      ctx.session.n = 1
      throw new Error('bug')
    })
    const show = await koa({ encrypt: true, secrets: SECRET, accept })
    expect((await show((await ask(browser)).jar)).body).toBe('{"user":"fred","n":1}')
  })

  it('writes the signed format, too', async () => {
    const accept = [eggEncrypted({ keys: KEYS, until: UNTIL, verify, key: 'EGG_SESS' })]
    const ask = await koa({ accept })
    const first = await ask(eggHeader(encode(fred)))
    expect(names(first.cookies)).toEqual(['EGG_SESS', 'koa.sess', 'koa.sess.sig'])
    expect((await ask(first.jar)).body).toBe('{"user":"fred"}')
  })

  it('does not take readers beside an externalKey', () => {
    const externalKey = { get: () => 'k', set: () => {} }
    expect(() =>
      session({ externalKey, accept, store: createRecordingStore() }, new Koa()),
    ).toThrow(/"accept" and "externalKey"/)
  })
})

describe.each([
  ['Egg 3', Cookies3],
  ['Egg 4', Cookies4 as unknown as EggCookies],
])('%s', (_, Cookies) => {
  const accept = [
    eggEncrypted({ keys: KEYS, until: UNTIL, verify }),
    eggSigned({ keys: KEYS, until: UNTIL }),
  ]
  const headers = [
    ['encrypted', eggHeader(encode(fred), { Cookies })],
    ['signed', eggHeader(encode(fred), { Cookies, encrypt: false })],
    [
      'signed, for the browser',
      eggHeader(encode({ user: 'fred', _session: true }), { encrypt: false }),
    ],
    ['encrypted, beside an old signature', `${eggHeader(encode(fred))}; EGG_SESS.sig=abc`],
  ] as const

  it.each(headers)('reads what was %s, and seals it', async (_, header) => {
    const ask = await egg({ encrypt: true, secrets: SECRET, accept }, tell, Cookies)
    const first = await ask(header)
    expect(first.body).toBe('{"user":"fred"}')
    expect(first.jar).toMatch(/^EGG_SESS=eyJ[^;]*\.\.[^;]*$/)
    const second = await ask(first.jar)
    expect([second.body, second.cookies]).toEqual(['{"user":"fred"}', []])
  })

  it('mends the rotation of keys in the format of the host', async () => {
    const lost = Array.from({ length: 3000 }, (_, n) => `old-${n}`).find((old) => {
      const header = eggHeader(encode(fred), { keys: [old] })
      const stock = new Cookies({ get: () => header }, ['new', old])
      return stock.get('EGG_SESS', { encrypt: true }) !== encode(fred)
    })!
    const keys = ['new', lost]
    const reader = eggEncrypted({ keys, until: UNTIL, verify })
    const options = { encrypt: true, format: 'host' }
    const header = eggHeader(encode(fred), { keys: [lost] })
    const stock = await egg(options, setKeys, Cookies)
    expect((await stock(header)).body).toBe('{}')
    const ask = await egg({ ...options, accept: [reader] }, tell, Cookies)
    const first = await ask(header)
    expect(first.body).toBe('{"user":"fred"}')
    expect((await ask(first.jar)).body).toBe('{"user":"fred"}')
    expect(names(first.cookies)).toEqual(['EGG_SESS'])

    function setKeys(ctx: any): void {
      ctx.app.keys = keys
      tell(ctx)
    }
  })

  it('goes on with a store that was filled before', async () => {
    const key = '6f1d2c3b-0000-4000-8000-000000000001'
    const store = createRecordingStore()
    store.records.set(key, JSON.stringify(fred))
    const ask = await egg({ encrypt: true, secrets: SECRET, accept, store }, tell, Cookies)
    const first = await ask(eggHeader(key))
    expect(first.body).toBe('{"user":"fred"}')
    expect(store.records.has(key)).toBe(false)
    expect((await ask(first.jar)).body).toBe('{"user":"fred"}')
    expect(store.records.size).toBe(1)
  })
})
