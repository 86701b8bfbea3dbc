import Koa from 'koa'
import { describe, expect, it, onTestFinished, vi, type Mock } from 'vitest'
import { session, SessionOptions, type KoaSessionOptions } from '../../adapters/koa.ts'
import { errorOf } from '../fixtures/errors.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { createBare, headerOf, KEYS, namesOf, type Bare } from './fixture.ts'

const HOUR = 3_600_000

/** What is warned of, from now until the test is over. */
function listen(): Mock {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  return warn
}

const write = ({ run }: Bare): Promise<string[]> => run((ctx) => void (ctx.session!.user = 'ada'))

describe('the options', () => {
  it.each([
    ['left out', undefined],
    ['undefined', undefined],
    ['null', null],
    ['empty', {}],
    ['all null', { key: null, maxAge: null, encrypt: null, store: null, sameSite: null }],
    ['all undefined', { key: undefined, maxAge: undefined, genid: undefined, decode: undefined }],
  ] satisfies [string, KoaSessionOptions | null | undefined][])(
    'may be %s',
    async (kind, options) => {
      const app = new Koa()
      app.keys = KEYS
      if (kind === 'left out') expect(session(app)).toBeTypeOf('function')
      const cookies = await write(createBare(options))

      expect(namesOf(cookies)).toEqual(['koa.sess', 'koa.sess.sig'])
      expect(cookies[0]).toMatch(/; expires=.*; httponly$/)
    },
  )

  it('may come before the application or behind it', () => {
    for (const build of [
      (app: Koa) => session({ key: 'sid' }, app),
      (app: Koa) => session(app, { key: 'sid' }),
    ]) {
      const app = new Koa()
      app.use(build(app))
      expect(Object.keys(app.context)).toEqual([])
      expect(Object.getOwnPropertyDescriptor(app.context, 'session')).toMatchObject({
        configurable: true,
        enumerable: false,
      })
    }
  })

  it.each([undefined, null, {}, { key: 'sid' }])('need an application beside them: %o', (given) => {
    const call = session as unknown as (...given: unknown[]) => unknown
    expect(() => call(given)).toThrow(TypeError)
    expect(() => call(given, {})).toThrow('app instance required: `session(opts, app)`')
  })

  it('may be frozen, and are never changed', async () => {
    const options: KoaSessionOptions = { maxAge: HOUR, rolling: true, secrets: KEYS }
    const before = { ...options }
    const cookies = await write(createBare(Object.freeze(options)))

    expect(namesOf(cookies)).toEqual(['koa.sess', 'koa.sess.sig'])
    expect(options).toEqual(before)
  })

  it('may be inherited', async () => {
    const shared = { key: 'shared' }
    const cookies = await write(createBare(Object.create(shared)))

    expect(namesOf(cookies)).toEqual(['shared', 'shared.sig'])
  })

  it.each([
    [{ maxAge: '7d' }, '"maxAge"'],
    [{ key: 'a b' }, '"key"'],
    [{ sameSite: 'sometimes' }, '"sameSite"'],
    [{ store: { get() {} } }, '"store"'],
    [{ externalKey: { get() {} } }, '"externalKey"'],
    [{ genid: 'uuid' }, '"genid"'],
    [{ encrypt: true, encode: String }, '"encode"'],
    [{ absoluteMaxAge: HOUR }, '"absoluteMaxAge"'],
    [{ encrypt: true, secrets: 'short' }, '"secrets"'],
    [{ encrypt: true, secrets: [] }, '"secrets"'],
  ])('stop the application where they are wrong, by name: %j', (options, name) => {
    const error = errorOf(() => createBare(options as unknown as KoaSessionOptions))

    expect(error.code).toMatch(/^ERR_SESSION_(OPTIONS|SECRET)$/)
    expect(error.message).toContain(`Session option ${name}`)
  })

  it('are told of a name that is misspelt, once, and take names that are not theirs', async () => {
    const warn = listen()
    const bare = createBare({ maxAgee: HOUR, logValue: true, autoChips: true, of_my_own: 1 })
    await write(bare)
    await write(bare)

    expect(warn.mock.calls).toEqual([
      ['Session option "maxAgee" is unknown. Did you mean "maxAge"?'],
    ])
  })

  it.each<[string, KoaSessionOptions]>([
    ['signed', { key: '__Host-sess' }],
    ['sealed', { key: '__Secure-sess', encrypt: true }],
  ])(
    'are told of once whose key makes browsers drop the cookie over HTTP: %s',
    async (_, options) => {
      const warn = listen()
      const bare = createBare(options)
      await write(bare)
      const [cookie] = await write(bare)

      expect(cookie).not.toMatch(/; secure/i)
      expect(warn.mock.calls).toEqual([
        [
          expect.stringMatching(
            /"key" has the prefix __(Host|Secure)-, and browsers drop the cookie/,
          ),
        ],
      ])
    },
  )

  it('are not told of such a key where the cookie is Secure, or nothing is written', async () => {
    const warn = listen()
    const bare = createBare({ key: '__Host-sess' })
    await bare.run((ctx) => void ctx.session!.user)
    const cookies = await bare.run((ctx) => {
      Object.defineProperty(ctx.req.socket, 'encrypted', { value: true })
      ctx.session!.user = 'ada'
    })

    expect(cookies[0]).toMatch(/; secure/i)
    expect(warn).not.toHaveBeenCalled()
  })

  it('are in force as `ctx.sessionOptions`, without secrets', () => {
    const ctx = createBare({ encrypt: true, secrets: KEYS, maxAge: HOUR }).context()

    expect(ctx.sessionOptions).toMatchObject({ key: 'koa.sess', maxAge: HOUR, httpOnly: true })
    expect(JSON.stringify(ctx.sessionOptions)).not.toContain(KEYS[0])
    expect(Object.keys(ctx.sessionOptions)).not.toContain('secrets')
  })
})

describe('options that change while the application runs', () => {
  it('hold from the next request on', async () => {
    const options: KoaSessionOptions = {}
    const bare = createBare(options)
    await write(bare)
    options.key = 'renamed'
    options.encrypt = true
    expect(namesOf(await write(bare))).toEqual(['renamed'])

    const store = createRecordingStore()
    options.store = store
    const cookies = await write(bare)
    expect(store.operations()).toEqual(['set'])
    delete options.store
    expect(bare.context(headerOf(cookies)).session!.toJSON()).toEqual({})
  })

  it('leave a request alone that has begun', async () => {
    const options: KoaSessionOptions = {}
    const { run } = createBare(options)
    const cookies = await run((ctx) => {
      ctx.session!.user = 'ada'
      options.key = 'renamed'
    })

    expect(namesOf(cookies)).toEqual(['koa.sess', 'koa.sess.sig'])
  })

  it('are ignored where they are not valid, with one warning', async () => {
    const warn = listen()
    const options: KoaSessionOptions = { key: 'sid' }
    const bare = createBare(options)
    Object.assign(options, { maxAge: '7d' })
    for (let i = 0; i < 5; i++) expect(namesOf(await write(bare))).toEqual(['sid', 'sid.sig'])

    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^Session option "maxAge" must be .* The change is ignored\.$/)],
    ])
    options.maxAge = HOUR
    options.key = 'valid'
    expect(namesOf(await write(bare))).toEqual(['valid', 'valid.sig'])
    expect(warn).toHaveBeenCalledOnce()
  })
})

describe('SessionOptions.parse', () => {
  it('gives the options with the defaults', () => {
    expect(SessionOptions.parse()).toEqual({
      key: 'koa.sess',
      signed: true,
      overwrite: true,
      autoCommit: true,
      httpOnly: true,
      rolling: false,
      renew: false,
    })
    expect(SessionOptions.parse({ key: 'sid', maxAge: HOUR })).toMatchObject({
      key: 'sid',
      maxAge: HOUR,
      signed: true,
    })
  })

  it('leaves what it is given as it is', () => {
    const given = Object.freeze({ key: 'sid' })
    expect(SessionOptions.parse(given)).not.toBe(given)
  })

  it('refuses what no session can have', () => {
    const parse = SessionOptions.parse as (options: object) => unknown
    expect(errorOf(() => parse({ maxAge: '7d' })).code).toBe('ERR_SESSION_OPTIONS')
  })
})
