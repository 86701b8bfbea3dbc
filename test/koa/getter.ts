import Keygrip from 'keygrip'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { KoaSessionOptions } from '../../adapters/koa.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { createApp, createBare, headerOf, KEYS, namesOf, serve, type Context } from './fixture.ts'
import { hostileHeaders } from './hostile.ts'

const formats: [string, KoaSessionOptions][] = [
  ['signed', {}],
  ['encrypted', { encrypt: true }],
]

/** Does to a session what pages do first; none of it may throw. */
function use(ctx: Context): Record<string, unknown> {
  const session = ctx.session!
  const { isNew, length, populated, maxAge, externalKey } = session
  expect([typeof isNew, typeof length, typeof populated]).toEqual(['boolean', 'number', 'boolean'])
  expect([typeof maxAge, typeof externalKey]).not.toContain('function')
  expect(session.flash('notice')).toBeUndefined()
  session.views = (session.views ?? 0) + 1
  return session.toJSON()
}

function throwingClass(): KoaSessionOptions['ContextStore'] {
  return class {
    constructor() {
      throw new Error('no connection')
    }
    get(): void {}
    set(): void {}
    destroy(): void {}
  }
}

function silence(): void {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
}

describe.each(formats)('ctx.session, %s', (_, options) => {
  const broken = {
    get: () => Promise.reject(new Error('get is down')),
    set: () => Promise.reject(new Error('set is down')),
    destroy: () => Promise.reject(new Error('destroy is down')),
  }
  const throwing = (): never => {
    throw new Error('thrown at once')
  }
  const states: [string, KoaSessionOptions, unknown?][] = [
    ['no keys', {}, null],
    ['keys that are not set', {}, false],
    ['an empty list of keys', {}, []],
    ['a key that is empty', {}, ['']],
    ['a key that is no text', {}, [5]],
    ['a Keygrip', {}, new Keygrip(KEYS)],
    ['a store that fails', { store: broken }],
    ['a store that throws', { store: { get: throwing, set: throwing, destroy: throwing } }],
    ['a valid that throws', { valid: throwing }],
    ['a valid that rejects', { valid: () => Promise.reject(new Error('no')) }],
    ['a genid that throws', { store: broken, genid: throwing }],
    ['a genid that rejects', { store: broken, genid: () => Promise.reject(new Error('no')) }],
    ['a decode that throws', options.encrypt ? {} : { decode: throwing }],
    ['an externalKey that throws', { store: broken, externalKey: { get: throwing, set() {} } }],
    ['a ContextStore that throws', { ContextStore: throwingClass() }],
    ['a clock that tells nothing', { now: () => NaN }],
  ]

  it.each(states)('is there before the middleware, with %s', async (_, more, ...keys) => {
    silence()
    // An error that nobody waits for would fail this test.
    const { run } = createBare(options)
    const cookie = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))
    for (const header of [undefined, cookie, 'koa.sess=x; koa.sess.sig=y']) {
      const { context } = createBare({ ...options, ...more }, ...(keys.length ? keys : [KEYS]))
      const ctx = context(header)
      expect(use(ctx)).toMatchObject({ views: 1 })
      expect(ctx.session).toBe(ctx.session)
    }
  })

  it('is null after it was set to null, and an object after it was set to one', () => {
    const ctx = createBare(options).context()
    ctx.session = null
    expect(ctx.session).toBe(null)
    ctx.session = { views: 1 }
    expect(ctx.session).toMatchObject({ views: 1, isNew: false })
  })

  it('is not thrown by whatever a client sends: 5,000 headers', async () => {
    const { run, context } = createBare(options)
    const good = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))
    const wrong: string[] = []
    for (const header of hostileHeaders(good, 5000)) {
      const data = use(context(header))
      // Nothing but what the application made itself is ever taken for a session.
      if (!('user' in data ? data['user'] === 'ada' : Object.keys(data).join() === 'views')) {
        wrong.push(header)
      }
    }
    expect(wrong).toEqual([])
  })

  it('is saved whatever a client sent: 500 headers', async () => {
    const { run, context } = createBare(options)
    const good = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))
    for (const header of hostileHeaders(good, 500)) {
      const cookies = await run((ctx) => void (ctx.session!.views = 7), header)
      expect(namesOf(cookies)).toContain('koa.sess')
      expect(context(headerOf(cookies)).session!.views).toBe(7)
    }
  })

  it('asks no store for what a client made up', async () => {
    const store = createRecordingStore()
    const bare = createBare({ ...options, store })
    const good = headerOf(await bare.run((ctx) => void (ctx.session!.user = 'ada')))
    const [key] = [...store.records.keys()]
    store.calls.length = 0
    for (const header of hostileHeaders(good, 500)) {
      const ctx = bare.context(header)
      await bare.middleware(ctx, async () => void use(ctx))
    }

    expect(store.calls.filter(({ operation, key: k }) => operation === 'get' && k !== key)).toEqual(
      [],
    )
  })
})

describe('a signed record that is no session', () => {
  it.each(['null', '5', '"abc"', '[1,2]', 'true', '{', ''])('is taken for none: %s', (text) => {
    const { context } = createBare()
    const pair = `koa.sess=${Buffer.from(text).toString('base64')}`
    const ctx = context(`${pair}; koa.sess.sig=${new Keygrip(KEYS).sign(pair)}`)

    expect(ctx.session!.toJSON()).toEqual({})
    expect(ctx.session!.isNew).toBe(true)
  })

  it('may be a thousand levels deep', () => {
    const { context } = createBare()
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
    const pair = `koa.sess=${Buffer.from(deep).toString('base64')}`
    const ctx = context(`${pair}; koa.sess.sig=${new Keygrip(KEYS).sign(pair)}`)

    expect(ctx.session!.toJSON()).toEqual({})
  })
})

describe('two applications in one process', () => {
  it.each(formats)('share nothing, %s', async (_, given) => {
    const options = { ...given }
    const one = createBare(options, [KEYS[0]])
    const other = createBare(options, [KEYS[1]])
    const header = headerOf(await one.run((ctx) => void (ctx.session!.user = 'ada')))

    expect(one.context(header).session!.user).toBe('ada')
    expect(other.context(header).session!.user).toBeUndefined()
  })

  it('have options, stores and events of their own', async () => {
    const stores = [createMemoryStore(), createMemoryStore()]
    const sites = await Promise.all(
      ['one', 'other'].map((key, i) => serve(createApp({ key, store: stores[i]! }))),
    )
    const heard: string[] = []
    sites.forEach(({ app }, i) => app.on('session:missed', () => heard.push(['one', 'other'][i]!)))
    const visitors = sites.map((site) => site.visitor())
    const answers = await Promise.all(
      visitors.map((visitor) => visitor.visit((ctx) => void (ctx.session!.user = 'ada'))),
    )
    expect(answers.map(({ cookies }) => namesOf(cookies))).toEqual([
      ['one', 'one.sig'],
      ['other', 'other.sig'],
    ])

    const [header] = visitors.map(({ jar }) => jar.header('/').replaceAll('one', 'other'))
    const stranger = sites[1]!.visitor()
    stranger.jar.seed(header!)
    expect(await stranger.data()).toEqual({})
    expect(heard).toEqual([])
  })

  it('may have one options object, which is left as it is', () => {
    const options = { key: 'shared' }
    const before = structuredClone(options)
    const [one, other] = [createBare(options), createBare(options)]

    expect(options).toEqual(before)
    expect(Object.getPrototypeOf(one.context())).not.toBe(Object.getPrototypeOf(other.context()))
  })
})
