import { afterEach, describe, expect, it } from 'vitest'
import { inspector as honoInspector } from '../../adapters/inspector/hono.ts'
import { inspector as koaInspector } from '../../adapters/inspector/koa.ts'
import type { SessionOptions } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { hosts, Visitor, type Site } from './hosts.ts'

const sites: Site[] = []
afterEach(() => {
  for (const site of sites.splice(0)) site.stop()
})

/** What a page says, without its marks. */
function wordsOf(page: string): string {
  const [, body = page] = /<body>(.*)<script/s.exec(page) ?? []
  return body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
}

describe.each(Object.entries(hosts))('the inspector in %s', (_, start) => {
  async function visit(...args: Parameters<typeof start>): Promise<Visitor> {
    const site = await start(...args)
    sites.push(site)
    return new Visitor(site)
  }

  describe('is not there', () => {
    it.each([
      ['unless it is enabled', { enabled: false }, {}],
      ['unless `allow` agrees', { allow: async () => false }, {}],
      ['under a name that somebody else has pointed here', {}, { host: 'evil.example' }],
      [
        'under such a name, whatever a proxy says',
        {},
        { host: 'evil.example', 'x-forwarded-host': 'localhost' },
      ],
    ])('%s', async (_, options, headers) => {
      const visitor = await visit(options)
      const { status, headers: answered, text } = await visitor.get('/_session', headers)

      expect(status).toBe(404)
      expect(answered['set-cookie']).toBeUndefined()
      expect(text).not.toContain('session')
      expect((await visitor.post('/_session', {}, headers)).status).toBe(404)
    })

    it('at any path but its own, and for no other method', async () => {
      const visitor = await visit({ path: '/dev/session' })
      expect((await visitor.get('/_session')).status).toBe(404)
      expect((await visitor.get('/dev/session')).status).toBe(200)
      expect((await visitor.get('/dev/session/')).status).toBe(404)
    })
  })

  it('asks `allow` with the context, and takes other hosts that are named', async () => {
    const visitor = await visit({
      allow: (ctx) => ctx.req.path === '/_session' || ctx.path === '/_session',
      hosts: ['dev.example'],
    })

    expect((await visitor.get('/_session', { host: 'dev.example:8080' })).status).toBe(200)
  })

  it.each<[string, Partial<SessionOptions>, RegExp]>([
    ['by save() alone', {}, /Renews By a change, or by save\(\)/],
    ['by a request, when half is over', { renew: true }, /or later, by a request \( renew \)/],
    [
      'by a request, after touchAfter',
      { rolling: true, touchAfter: 3_600_000 },
      /or later, by a request \( rolling \)/,
    ],
    ['by every request', { rolling: true, touchAfter: 0 }, /By the next request .*\( rolling \)/],
    [
      'by every request, where a signed cookie does not tell its end',
      { rolling: true, touchAfter: 3_600_000, encrypt: false, maxAge: 'session' },
      /By the next request .*\( rolling \)\. Expires With the browser/,
    ],
  ])('tells what renews a session: %s', async (_, options, words) => {
    const visitor = await visit({}, options)
    await visitor.post('/write')
    expect(wordsOf((await visitor.get('/_session')).text)).toMatch(words)
  })

  it('shows the session of this browser, and no other', async () => {
    const visitor = await visit()
    await visitor.post('/write')
    const { text } = await visitor.get('/_session')
    const words = wordsOf(text)
    for (const part of [
      'Your session',
      'user Ada &lt;i&gt;',
      'bread 2',
      'visit',
      'sealed',
      'in the cookie',
    ]) {
      expect(words).toContain(part)
    }
    expect(words).toMatch(/\d+ of 4096 bytes/)

    const stranger = new Visitor(sites[0]!)
    expect(wordsOf((await stranger.get('/_session')).text)).toContain('No session yet')
    expect((await stranger.get('/_session')).text).not.toContain('Ada')
  })

  it.each([
    [
      'in its cookie',
      '/write',
      /sealed in the cookie .*It carries the session, which moves to the store when it no longer fits\./,
    ],
    [
      'in the store',
      '/write?letters=12000',
      /sealed in a store .*It carries the session’s id alone\./,
    ],
  ])('tells where a session is that may overflow: %s', async (_, path, said) => {
    const visitor = await visit({}, { store: createMemoryStore(), overflow: 'store' })
    await visitor.post(path)

    expect(wordsOf((await visitor.get('/_session')).text)).toMatch(said)
  })

  it('tells no secret, and no id', async () => {
    const store = createRecordingStore()
    const visitor = await visit({}, { store })
    await visitor.post('/write')
    const { text } = await visitor.get('/_session')
    const [key] = [...store.records.keys()]

    expect(text).toContain('Ada')
    for (const canary of [key!, SECRET, visitor.jar.header('/').replace(/^.*visit=/, '')]) {
      const parts = Array.from({ length: canary.length - 11 }, (_, at) => canary.slice(at, at + 12))
      expect(parts.filter((part) => text.includes(part))).toEqual([])
    }
  })

  it.each([
    ['sealed', {}],
    ['signed', { encrypt: false }],
    ['in a store', { store: createRecordingStore() }],
  ])('changes nothing by being looked at: a session that is %s', async (_, options) => {
    const visitor = await visit({}, options)
    expect((await visitor.get('/_session')).headers['set-cookie']).toEqual([
      expect.stringMatching(/^session-inspector=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/),
    ])
    await visitor.post('/write')
    const before = (await visitor.get('/read')).text
    const { headers, status } = await visitor.get('/_session')

    expect([status, headers['set-cookie']]).toEqual([200, undefined])
    expect((await visitor.get('/read')).text).toBe(before)
  })

  it('has a policy that lets nothing in but its own', async () => {
    const visitor = await visit()
    const pages = [await visitor.get('/_session'), await visitor.get('/_session')]
    const nonces = pages.map(({ headers, text }) => {
      const policy = String(headers['content-security-policy'])
      const [, nonce] = /script-src 'nonce-([\w-]{43})'/.exec(policy)!
      expect(policy).toBe(
        `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; ` +
          "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      )
      expect(text.match(/<(script|style)[^>]*>/g)).toEqual([
        `<style nonce="${nonce}">`,
        `<script nonce="${nonce}">`,
      ])
      expect(text).not.toMatch(/ style=| on\w+=|https?:/)
      return nonce
    })

    expect(nonces[0]).not.toBe(nonces[1])
    expect(pages[0]!.headers).toMatchObject({
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    })
  })

  describe('has buttons that', () => {
    const modes: [string, () => object][] = [
      ['sealed', () => ({})],
      ['signed', () => ({ encrypt: false })],
      ['in a store', () => ({ store: createMemoryStore() })],
    ]

    it.each(modes)('flash: %s', async (_, options) => {
      const visitor = await visit({}, options())
      const answer = await visitor.press('flash', { key: 'notice', value: 'Hello & so on' })
      expect([answer.status, answer.headers['location']]).toEqual([303, '/_session?done=flash'])

      const page = await visitor.get('/_session?done=flash')
      expect(wordsOf(page.text)).toContain('notice Hello &amp; so on')
      expect(wordsOf(page.text)).toContain('The message is there for the next page that asks.')
    })

    it.each(modes)('give it a new id: %s', async (_, options) => {
      const visitor = await visit({}, options())
      await visitor.post('/write')
      const cookie = visitor.jar.header('/')
      expect((await visitor.press('regenerate')).status).toBe(303)

      expect(visitor.jar.header('/')).not.toBe(cookie)
      expect((await visitor.get('/read')).text).toContain('Ada')
    })

    it.each(modes)('let it expire: %s', async (_, options) => {
      let passed = 0
      const visitor = await visit({}, { ...options(), now: () => Date.now() + passed })
      await visitor.post('/write')
      expect((await visitor.press('expire')).status).toBe(303)
      expect((await visitor.get('/read')).text).toContain('Ada')
      passed = 2000

      expect((await visitor.get('/read')).text).toBe('{}')
    })

    it.each(modes)('destroy it: %s', async (_, options) => {
      const visitor = await visit({}, options())
      await visitor.post('/write')
      expect((await visitor.press('destroy')).status).toBe(303)

      expect(visitor.jar.header('/')).not.toContain('visit=')
      expect((await visitor.get('/read')).text).toBe('{}')
    })
  })

  it('does nothing for another site, or without a token of this browser', async () => {
    const visitor = await visit()
    await visitor.post('/write')
    const { text } = await new Visitor(sites[0]!).get('/_session')
    const [, other] = /name="token" value="([^"]*)"/.exec(text)!
    const answers = [
      await visitor.press('destroy', {}, { origin: 'http://evil.example' }),
      await visitor.press('destroy', {}, { 'sec-fetch-site': 'same-site' }),
      await visitor.press('destroy', { token: '' }),
      await visitor.press('destroy', { token: other! }),
      await visitor.press('constructor'),
      await visitor.press('destroy', { session: 'other' }),
    ]

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 400, 400])
    expect((await visitor.get('/read')).text).toContain('Ada')
  })

  it('tells what happened to sessions in requests of this browser, from now on', async () => {
    const visitor = await visit({}, { store: createMemoryStore() })
    await visitor.post('/write')
    expect(wordsOf((await visitor.get('/_session')).text)).toContain('From now on')
    await visitor.get('/read?q=canary')
    await visitor.post('/write')
    await visitor.press('destroy')
    const { text } = await visitor.get('/_session')
    const words = wordsOf(text).replace(/.* the newest first /, '')

    expect(words).toMatch(
      new RegExp(
        'POST /_session \\S+ UTC get \\d\\S* ms loaded \\d\\S* ms .*destroy.* ' +
          'POST /write \\S+ UTC get \\d\\S* ms loaded \\d\\S* ms set \\d\\S* ms commit: changed \\d+ bytes, \\S+ ms ' +
          'GET /read \\S+ UTC get \\d\\S* ms loaded \\d\\S* ms',
      ),
    )
    expect(text).not.toContain('canary')
    const stranger = new Visitor(sites[0]!)
    await stranger.get('/_session')
    expect(wordsOf((await stranger.get('/_session')).text)).toContain('From now on')
  })
})

describe('an inspector that is not enabled', () => {
  it('hears nothing, so that nobody pays for it', () => {
    expect([honoInspector().on, koaInspector({ enabled: false }).on]).toEqual([
      undefined,
      undefined,
    ])
    expect(honoInspector({ enabled: true }).on).toBeTypeOf('function')
  })
})
