import { Hono, type Context } from 'hono'
import { setCookie } from 'hono/cookie'
import { stream, streamText } from 'hono/streaming'
import { describe, expect, it } from 'vitest'
import { session, type SessionVariables } from '../../adapters/hono.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { setCookies, Visitor, type Visit } from './fixture.ts'

type Env = { Variables: SessionVariables<Visit> }
type Answer = (c: Context<Env>) => Response | Promise<Response>

/** An app whose one route changes the session and answers so. */
function answering(answer: Answer): Hono<Env> {
  return new Hono<Env>().use(session<Visit>({ secrets: SECRET })).get('/', async (c) => {
    const session = await c.var.session
    session.views = (session.views ?? 0) + 1
    return answer(c)
  })
}

/** An app whose one route only reads the session. */
function reading(answer: Answer): Hono<Env> {
  return new Hono<Env>().use(session<Visit>({ secrets: SECRET })).get('/', async (c) => {
    await c.var.session
    return answer(c)
  })
}

describe('the session cookie', () => {
  it.each<[string, number, Answer]>([
    ['text', 200, (c) => c.text('hello')],
    ['a redirect', 302, (c) => c.redirect('/elsewhere')],
    ['a redirect made by hand', 303, () => Response.redirect('http://localhost/elsewhere', 303)],
    ['a fetched response', 200, () => fetch('data:text/plain,hello')],
    ['no content', 204, (c) => c.body(null, 204)],
    ['no content, made by hand', 204, () => new Response(null, { status: 204 })],
    ['not modified', 304, (c) => c.body(null, 304)],
    ['not found', 404, (c) => c.notFound()],
    ['an error of the visitor’s', 422, (c) => c.json({ error: 'name' }, 422)],
    ['an error of the site’s', 503, (c) => c.text('later', 503)],
  ])('goes out with %s', async (_, status, answer) => {
    const response = await answering(answer).request('/')
    const plain = await new Hono().get('/', answer as never).request('/')

    expect(response.status).toBe(status)
    expect(setCookies(response)).toEqual(['__Host-sid'])
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(response.headers.get('vary')).toBe('Cookie')
    expect(await response.text()).toBe(await plain.text())
    for (const name of ['content-type', 'location']) {
      expect(response.headers.get(name)).toBe(plain.headers.get(name))
    }
  })

  it('goes out with the answer to HEAD, which has no body', async () => {
    const app = answering((c) => c.text('hello'))
    const response = await app.request('/', { method: 'HEAD' })

    expect(setCookies(response)).toEqual(['__Host-sid'])
    expect(await response.text()).toBe('')
  })

  it('goes out with a page that is not found, where a middleware used the session', async () => {
    const app = new Hono().use(session<Visit>({ secrets: SECRET })).use(async (c, next) => {
      Object.assign(await c.var.session, { views: 1 })
      await next()
    })
    const response = await app.request('/nowhere')

    expect(response.status).toBe(404)
    expect(setCookies(response)).toEqual(['__Host-sid'])
  })

  it('goes out before a stream has ended', async () => {
    let goOn = (): void => {}
    const app = answering((c) =>
      streamText(c, async (text) => {
        await text.write('one ')
        await new Promise<void>((resolve) => (goOn = resolve))
        await text.write('two')
      }),
    )
    const response = await app.request('/')

    expect(setCookies(response)).toEqual(['__Host-sid'])
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toBe('one ')
    goOn()
    expect((await reader.read()).value).toBe('two')
    expect((await reader.read()).done).toBe(true)
  })

  it('does not hold what a stream puts in after the headers are gone', async () => {
    let goOn = (): void => {}
    const app = new Hono().use(session<Visit>({ secrets: SECRET })).get('/', (c) =>
      stream(c, async (body) => {
        await new Promise<void>((resolve) => (goOn = resolve))
        Object.assign(await c.var.session, { views: 1 })
        await body.write('late')
      }),
    )
    const response = await app.request('/')
    goOn()

    expect(await response.text()).toBe('late')
    expect(setCookies(response)).toEqual([])
  })

  it('stands beside the cookies that the application sets', async () => {
    const app = answering((c) => {
      setCookie(c, 'theme', 'dark')
      c.header('set-cookie', 'lang=en', { append: true })
      return c.text('')
    })

    expect(setCookies(await app.request('/'))).toEqual(['theme', 'lang', '__Host-sid'])
  })

  it('stands beside the cookies of a response made by hand', async () => {
    const headers = [
      ['set-cookie', 'theme=dark'],
      ['set-cookie', 'lang=en'],
    ] as [string, string][]

    const app = answering(() => new Response('', { headers }))
    expect(setCookies(await app.request('/'))).toEqual(['theme', 'lang', '__Host-sid'])
  })

  it('is there once, whoever else sets a cookie of its name', async () => {
    const app = answering(async (c) => {
      setCookie(c, '__Host-sid', 'mine', { path: '/', secure: true })
      await (await c.var.session).save()
      Object.assign(await c.var.session, { user: 'Ada' })
      return c.text('')
    })
    const response = await app.request('/')

    expect(setCookies(response)).toEqual(['__Host-sid'])
    expect(response.headers.getSetCookie()[0]).not.toContain('mine')
  })

  it('is told from one whose name only begins like it', async () => {
    const app = answering((c) => {
      c.header('set-cookie', '__Host-sid2=kept')
      return c.text('')
    })

    expect(setCookies(await app.request('/'))).toEqual(['__Host-sid2', '__Host-sid'])
  })

  it('comes as a pair where the session is signed', async () => {
    const app = new Hono()
      .use(session<Visit>({ key: 'sess', encrypt: false, secrets: SECRET }))
      .get('/', async (c) => {
        const session = await c.var.session
        session.views = (session.views ?? 0) + 1
        return c.text(`${session.views}`)
      })
    const visitor = new Visitor(app)

    expect(setCookies(await visitor.visit('/'))).toEqual(['sess', 'sess.sig'])
    expect(await visitor.read('/')).toBe('2')
  })
})

describe('caches', () => {
  it.each([
    [undefined, 'private, no-store'],
    ['public, max-age=3600', 'private, no-store'],
    ['public, s-maxage=31536000', 'private, no-store'],
    ['private, max-age=60', 'private, no-store'],
    ['public, no-store', 'private, no-store'],
    ['no-cache', 'private, no-store'],
    ['no-store', 'no-store'],
    ['No-Store, max-age=0', 'No-Store, max-age=0'],
    ['private, no-store, no-transform', 'private, no-store, no-transform'],
  ])('keep nothing that sets the cookie: Cache-Control %s becomes %s', async (given, expected) => {
    const app = answering((c) => c.text('', 200, given ? { 'cache-control': given } : {}))

    expect((await app.request('/')).headers.get('cache-control')).toBe(expected)
  })

  it.each([
    [undefined, 'Cookie'],
    ['Accept', 'Accept, Cookie'],
    ['Accept-Encoding, cookie', 'Accept-Encoding, cookie'],
    ['Cookies', 'Cookies, Cookie'],
    ['*', '*'],
  ])(
    'tell visitors apart where the session is read: Vary %s becomes %s',
    async (given, expected) => {
      const response = await reading((c) => c.text('', 200, given ? { vary: given } : {})).request(
        '/',
      )

      expect(response.headers.get('vary')).toBe(expected)
      expect(response.headers.get('cache-control')).toBe(null)
      expect(setCookies(response)).toEqual([])
    },
  )

  it('keep no page that removes the cookie', async () => {
    const app = new Hono().use(session({ secrets: SECRET })).get('/out', (c) => {
      c.var.session.destroy()
      return c.text('', 200, { 'cache-control': 'public, max-age=60' })
    })
    const response = await app.request('/out', { headers: { cookie: '__Host-sid=x' } })

    expect(response.headers.get('cache-control')).toBe('private, no-store')
  })

  it('are told of a session that is read from a fetched response too', async () => {
    const response = await reading(() => fetch('data:text/plain,hello')).request('/')

    expect(response.headers.get('vary')).toBe('Cookie')
    expect(await response.text()).toBe('hello')
  })

  it('are told of a session that has not changed since it was saved', async () => {
    const visitor = new Visitor(answering((c) => c.text('')))
    await visitor.visit('/')
    const app = reading((c) => c.text(''))
    const response = await app.request('/', { headers: { cookie: visitor.cookieHeader } })

    expect(setCookies(response)).toEqual([])
    expect(response.headers.get('vary')).toBe('Cookie')
  })
})
