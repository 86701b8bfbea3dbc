import Keygrip from 'keygrip'
import { describe, expect, it, onTestFinished, vi, type Mock } from 'vitest'
import type { KoaSessionOptions } from '../../adapters/koa.ts'
import type { SessionError } from '../../src/index.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { createApp, createBare, headerOf, KEYS, namesOf, serve } from './fixture.ts'

const WEAK = ['canary-key-one', 'canary-key-two']

function listen(): Mock {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  return warn
}

describe('app.keys that are weak', () => {
  it('go on working where they sign', async () => {
    const warn = listen()
    const { run, context } = createBare({}, WEAK)
    const header = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))

    expect(context(header).session!.user).toBe('ada')
    expect(warn).not.toHaveBeenCalled()
  })

  it('are warned of once where they encrypt, and never shown', async () => {
    const warn = listen()
    const { run, context } = createBare({ encrypt: true }, WEAK)
    let header = ''
    for (let i = 0; i < 5; i++) {
      header = headerOf(await run((ctx) => void (ctx.session!.views = i), header))
    }

    expect(context(header).session!.views).toBe(4)
    expect(warn.mock.calls).toEqual([
      ['app.keys are weak for encryption: use 32 random characters or more for each.'],
    ])
    expect(JSON.stringify(warn.mock.calls)).not.toContain('canary')
  })

  it('are not warned of where a page needs no session', async () => {
    const warn = listen()
    await createBare({ encrypt: true }, WEAK).run(() => {})

    expect(warn).not.toHaveBeenCalled()
  })
})

describe('secrets beside app.keys, where app.keys sign', () => {
  const act = (options: KoaSessionOptions, keys: unknown): Promise<string[]> =>
    createBare(options, keys).run((ctx) => void (ctx.session!.views = 1))

  it('are warned of if they are others, and never shown', async () => {
    const warn = listen()
    const options = { secrets: [KEYS[1]!] }
    const { run } = createBare(options, KEYS)
    for (let i = 0; i < 3; i++) await run((ctx) => void (ctx.session!.views = i))

    expect(warn.mock.calls).toEqual([
      ['Session option "secrets" signs nothing here: `app.keys` do, and they are others.'],
    ])
  })

  it('are welcome if they are the same', async () => {
    const warn = listen()
    await act({ secrets: KEYS }, KEYS)
    await act({ secrets: KEYS[0] }, [KEYS[0]])
    await act({ secrets: KEYS, encrypt: true }, WEAK)

    expect(warn).not.toHaveBeenCalled()
  })
})

describe('app.keys that cannot encrypt', () => {
  it.each([
    ['a Keygrip', new Keygrip(WEAK), 'Session option "encrypt" needs "secrets", for `app.keys` is'],
    ['no keys', null, 'Session option "encrypt" needs `app.keys`, a list of random texts'],
    ['an empty list', [], 'Session option "encrypt" needs `app.keys`, a list of random texts'],
    ['an empty key', [''], 'Session option "encrypt" needs `app.keys`, a list of random texts'],
    ['one key twice', [KEYS[0], KEYS[0]], 'Session option "secrets" has one twice'],
  ])('are told of when the session is saved: %s', async (_, keys, message) => {
    listen()
    const { run } = createBare({ encrypt: true }, keys)
    expect(await run(() => {})).toEqual([])
    expect(await run((ctx) => expect(ctx.session!.toJSON()).toEqual({}))).toEqual([])

    const error = await rejectionOf(run((ctx) => void (ctx.session!.user = 'ada')))
    expect(error.code).toBe('ERR_SESSION_SECRET')
    expect(error.message).toContain(message)
    expect(`${error.stack}${JSON.stringify(error)}`).not.toMatch(/canary/)
  })

  it('fail the page that saves, and no other', async () => {
    const app = createApp({ encrypt: true }, { keys: new Keygrip(WEAK) })
    const { visitor, errors } = await serve(app)
    const answers = [
      await visitor().visit(),
      await visitor().visit((ctx) => ctx.session!.toJSON()),
      await visitor().visit((ctx) => void (ctx.session!.user = 'ada')),
    ]

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 500])
    expect(answers.flatMap(({ cookies }) => cookies)).toEqual([])
    expect(errors.map((error) => (error as SessionError).code)).toEqual(['ERR_SESSION_SECRET'])
  })

  it('do not matter beside `secrets`', async () => {
    const { run } = createBare({ encrypt: true, secrets: KEYS }, new Keygrip(WEAK))

    expect(namesOf(await run((ctx) => void (ctx.session!.user = 'ada')))).toEqual(['koa.sess'])
  })

  it('may be bytes', async () => {
    const keys = KEYS.map((key) => Buffer.from(key, 'base64'))
    const { run, context } = createBare({ encrypt: true }, keys)
    const header = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))

    expect(context(header).session!.user).toBe('ada')
  })
})

describe('app.keys that change', () => {
  it('open and seal from the next request on', async () => {
    const { app, run, context } = createBare({ encrypt: true }, [KEYS[1]])
    const header = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))
    app.keys = [...KEYS]
    expect(context(header).session!.user).toBe('ada')
    app.keys = [KEYS[0]!]
    expect(context(header).session!.user).toBeUndefined()
  })

  it('may come after the session was put in place', async () => {
    const { app, run } = createBare({ encrypt: true }, null)
    await run((ctx) => expect(ctx.session!.toJSON()).toEqual({}))
    app.keys = KEYS

    expect(namesOf(await run((ctx) => void (ctx.session!.user = 'ada')))).toEqual(['koa.sess'])
  })

  it('may be a Keygrip where they sign', async () => {
    const { run, context } = createBare({}, new Keygrip(KEYS, 'sha256'))
    const header = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))

    expect(context(header).session!.user).toBe('ada')
    expect(createBare().context(header).session!.user).toBeUndefined()
  })
})
