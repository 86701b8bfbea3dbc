import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, it, vi } from 'vitest'
import { session } from '../../adapters/hono.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { setCookies, Visitor, type Visit } from './fixture.ts'

const site = (store = createRecordingStore()) =>
  new Hono()
    .use(session<Visit>({ secrets: SECRET, store }))
    .get('/in', async (c) => {
      Object.assign(await c.var.session, { user: 'Ada', cart: { items: ['tea'] } })
      return c.text('')
    })
    .get('/user', async (c) => c.json(await c.var.session))
    .get('/change', async (c) => {
      const session = await c.var.session
      session.user = 'Grace'
      session.cart?.items.push('honey')
      session.flash('notice', 'half-done')
      throw new Error('the handler’s own')
    })
    .get('/save', async (c) => {
      const session = await c.var.session
      session.user = 'Grace'
      await session.save()
      session.user = 'Nobody'
      throw new Error('later')
    })
    .get('/regenerate', async (c) => {
      const session = await c.var.session
      await session.regenerate()
      session.user = 'Grace'
      throw new Error('later')
    })
    .get('/destroy', async (c) => {
      const session = await c.var.session
      session.destroy()
      session.user = 'Grace'
      throw new Error('later')
    })
    .get('/destroy-unloaded', (c) => {
      c.var.session.destroy()
      throw new Error('later')
    })
    .get('/exception', async (c) => {
      Object.assign(await c.var.session, { user: 'Grace' })
      throw new HTTPException(401, { message: 'who?' })
    })
    .get('/word/:wish', async (c) => {
      const session = await c.var.session
      session.user = 'Grace'
      if (c.req.param('wish') === 'destroy') session.destroy()
      if (c.req.param('wish') === 'regenerate') await session.regenerate()
      throw 'a word'
    })
    .get('/answered-with-500', async (c) => {
      Object.assign(await c.var.session, { user: 'Grace' })
      return c.text('', 500)
    })

/** Somebody signed in at a site. */
async function ada(app: ReturnType<typeof site>): Promise<Visitor> {
  const visitor = new Visitor(app)
  await visitor.visit('/in')
  return visitor
}

const before = '{"user":"Ada","cart":{"items":["tea"]}}'

describe.each([
  ['app.onError', () => site().onError((error, c) => c.text(`caught: ${error.message}`, 500))],
  ['no app.onError', () => site()],
])('a handler that throws, with %s', (_, make) => {
  const quiet = (): void => void vi.spyOn(console, 'error').mockReturnValue()

  it('keeps no change', async () => {
    quiet()
    const visitor = await ada(make())
    const response = await visitor.visit('/change')

    expect(response.status).toBe(500)
    expect(setCookies(response)).toEqual([])
    expect(response.headers.get('vary')).toBe('Cookie')
    expect(await visitor.read('/user')).toBe(before)
  })

  it('keeps what it saved itself', async () => {
    quiet()
    const visitor = new Visitor(make())

    expect(setCookies(await visitor.visit('/save'))).toEqual(['__Host-sid'])
    expect(await visitor.read('/user')).toBe('{"user":"Grace"}')
  })

  it('keeps a new id, with the data as they were', async () => {
    quiet()
    const visitor = await ada(make())
    const cookie = visitor.cookieHeader

    expect(setCookies(await visitor.visit('/regenerate'))).toEqual(['__Host-sid'])
    expect(visitor.cookieHeader).not.toBe(cookie)
    expect(await visitor.read('/user')).toBe(before)
    visitor.cookies.set('__Host-sid', cookie.slice('__Host-sid='.length))
    expect(await visitor.read('/user')).toBe('{}')
  })

  it.each(['/destroy', '/destroy-unloaded'])('keeps a logout: %s', async (path) => {
    quiet()
    const visitor = await ada(make())
    const cookie = visitor.cookieHeader

    expect(setCookies(await visitor.visit(path))).toEqual(['-__Host-sid'])
    visitor.cookies.set('__Host-sid', cookie.slice('__Host-sid='.length))
    expect(await visitor.read('/user')).toBe('{}')
  })
})

describe('an HTTPException', () => {
  it('keeps no change, and its status', async () => {
    const visitor = await ada(site())
    const response = await visitor.visit('/exception')

    expect(response.status).toBe(401)
    expect(await response.text()).toBe('who?')
    expect(await visitor.read('/user')).toBe(before)
  })
})

describe('app.onError', () => {
  it('is called once, with the handler’s own error', async () => {
    const heard = vi.fn<(message: string) => void>()
    const app = site().onError((error, c) => {
      heard(error.message)
      return c.text('', 500)
    })
    await (await ada(app)).visit('/change')

    expect(heard.mock.calls).toEqual([['the handler’s own']])
  })

  it('may read the session, without saving it', async () => {
    const app = site().onError(async (_, c) => c.json((await c.var.session).user, 500))
    const visitor = await ada(app)
    const response = await visitor.visit('/change')

    expect(await response.json()).toBe('Grace')
    expect(setCookies(response)).toEqual([])
  })

  it('of a part of the app does as well', async () => {
    const part = new Hono()
      .use(session<Visit>({ secrets: SECRET }))
      .get('/', async (c) => {
        Object.assign(await c.var.session, { user: 'Grace' })
        throw new Error('in the part')
      })
      .onError((error, c) => c.text(error.message, 503))
    const response = await new Hono().route('/part', part).request('/part')

    expect(response.status).toBe(503)
    expect(await response.text()).toBe('in the part')
    expect(setCookies(response)).toEqual([])
  })
})

describe('what is thrown and is no Error', () => {
  it('comes out of the app as it is', async () => {
    const visitor = await ada(site())

    await expect(visitor.visit('/word/none')).rejects.toBe('a word')
    expect(await visitor.read('/user')).toBe(before)
  })

  it.each(['destroy', 'regenerate'])('takes the record with it after %s', async (wish) => {
    const store = createRecordingStore()
    const visitor = await ada(site(store))

    await expect(visitor.visit(`/word/${wish}`)).rejects.toBe('a word')
    expect(store.records.size).toBe(0)
  })

  it('comes out even if the store fails too', async () => {
    const store = createRecordingStore()
    const visitor = await ada(site(store))
    store.instead.destroy = () => {
      throw new Error('down')
    }

    await expect(visitor.visit('/word/destroy')).rejects.toBe('a word')
  })
})

describe('an answer with an error status', () => {
  it('is an answer: the session is saved', async () => {
    const visitor = new Visitor(site())

    expect(setCookies(await visitor.visit('/answered-with-500'))).toEqual(['__Host-sid'])
    expect(await visitor.read('/user')).toBe('{"user":"Grace"}')
  })
})
