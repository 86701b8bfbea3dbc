import { describe, expect, it, vi } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import {
  createSessionManager,
  withSession,
  type LazySession,
  type SessionData,
  type SessionOptions,
} from '../../src/index.ts'
import { createClock, HOUR } from '../fixtures/clock.ts'
import { cookieHeader } from '../fixtures/cookies.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'

type Handler = (request: Request, session: LazySession<SessionData>) => Response | Promise<Response>

const { now } = createClock()
const base: SessionOptions = { secrets: SECRET, now, key: 'sid' }
const request = (cookie?: string): Request =>
  new Request('https://example.com/', cookie === undefined ? {} : { headers: { cookie } })

/** Sends requests to a handler and keeps its cookie. */
async function send(
  handler: Handler,
  options: Partial<SessionOptions> = {},
  cookie?: string,
): Promise<Response> {
  return withSession({ ...base, ...options }, handler)(request(cookie))
}

/** The cookie of a session in which there is a user. */
async function signIn(options: Partial<SessionOptions> = {}): Promise<string> {
  const response = await send(async (_, lazy) => {
    const session = await lazy
    session.user = 'fred'
    return new Response()
  }, options)
  return cookieHeader(response.headers.getSetCookie())
}

const touch =
  (make: () => Response | Promise<Response>): Handler =>
  async (_, lazy) => {
    const session = await lazy
    session.n = (session.n ?? 0) + 1
    return make()
  }

const read =
  (make: () => Response): Handler =>
  async (_, lazy) => {
    await lazy
    return make()
  }

describe('withSession', () => {
  it('hands a handler the session of its request, and the rest of its arguments', async () => {
    const cookie = await signIn()
    const handler = withSession<SessionData, [env: object, ctx: string]>(
      base,
      async (request, lazy, env, ctx) => {
        const session = await lazy
        return Response.json([request.url, session.user, env, ctx])
      },
    )
    const response = await handler(request(cookie), { KV: 1 }, 'ctx')
    expect(await response.json()).toEqual(['https://example.com/', 'fred', { KV: 1 }, 'ctx'])
  })

  it('takes a manager as well as options', async () => {
    const cookie = await signIn()
    const manager = createSessionManager<SessionData, Request>(base)
    const handler = withSession(manager, async (_, lazy) => new Response((await lazy).user))
    expect(await (await handler(request(cookie))).text()).toBe('fred')
  })

  it('throws at once if its options are wrong', () => {
    expect(() => withSession({} as never, () => new Response())).toThrowError(
      expect.objectContaining({ code: 'ERR_SESSION_OPTIONS' }),
    )
  })

  it('does nothing at all for a handler that never awaits the session', async () => {
    const store = createRecordingStore()
    const cookie = await signIn({ store })
    store.calls.length = 0
    const subtle = vi.spyOn(crypto.subtle, 'decrypt')
    const response = new Response('x', { headers: { 'cache-control': 'public, max-age=60' } })
    const names = [...response.headers.keys()]
    const answer = await send(() => response, { store, rolling: true }, cookie)
    expect(answer).toBe(response)
    expect([...answer.headers.keys()]).toEqual(names)
    expect(store.calls).toEqual([])
    expect(subtle).not.toHaveBeenCalled()
    subtle.mockRestore()
  })

  it('loads once, however often it is awaited', async () => {
    const store = createRecordingStore()
    const cookie = await signIn({ store })
    store.calls.length = 0
    await send(
      async (_, lazy) => {
        const [a, b] = await Promise.all([lazy, lazy])
        expect(a).toBe(b)
        expect(await lazy).toBe(a)
        return new Response()
      },
      { store },
      cookie,
    )
    expect(store.operations()).toEqual(['get'])
  })

  it('does not read an id from anywhere but the cookie', async () => {
    const cookie = await signIn()
    const value = cookie.slice(4)
    const odd = new Request(`https://example.com/?sid=${value}`, {
      headers: { sid: value, authorization: `Bearer ${value}`, 'x-session': cookie },
    })
    const handler = withSession(base, async (_, lazy) => Response.json((await lazy).toJSON()))
    expect(await (await handler(odd)).json()).toEqual({})
  })

  it('saves by itself unless autoCommit is false', async () => {
    const cookie = await signIn()
    const options = { autoCommit: false }
    const silent = await send(
      touch(() => new Response()),
      options,
      cookie,
    )
    expect(silent.headers.getSetCookie()).toEqual([])
    const manual = await send(
      async (_, lazy) => {
        const session = await lazy
        session.n = 1
        await session.manuallyCommit()
        return new Response()
      },
      options,
      cookie,
    )
    expect(manual.headers.getSetCookie()).toHaveLength(1)
    const ended = await send((_, lazy) => (lazy.destroy(), new Response()), options, cookie)
    expect(ended.headers.getSetCookie()[0]).toMatch(/Max-Age=0/)
  })
})

describe('the session of a handler that throws', () => {
  const failing =
    (act: (session: any) => unknown): Handler =>
    async (_, lazy) => {
      const session = await lazy
      await act(session)
      throw new RangeError('mine')
    }

  it('is not saved, and the error is the handler’s', async () => {
    const store = createRecordingStore()
    const cookie = await signIn({ store })
    const before = [...store.records]
    for (const options of [{ store }, { store, rolling: true }]) {
      const sent = send(
        failing((session) => (session.user = 'flo')),
        options,
        cookie,
      )
      expect(await rejectionOf(sent)).toBeInstanceOf(RangeError)
    }
    expect([...store.records]).toEqual(before)
    const never = send(() => Promise.reject(new RangeError('mine')), { store }, cookie)
    expect(await rejectionOf(never)).toBeInstanceOf(RangeError)
  })

  it.each([
    ['destroyed', (session: any) => session.destroy()],
    ['given a new id', (session: any) => session.regenerate()],
    ['changed and destroyed', (session: any) => ((session.n = 1), session.destroy())],
  ])('ends in the store if it was %s', async (_, act) => {
    const store = createRecordingStore()
    const cookie = await signIn({ store })
    expect(await rejectionOf(send(failing(act), { store }, cookie))).toBeInstanceOf(RangeError)
    expect(store.records.size).toBe(0)
    const again = await send(
      async (_, lazy) => Response.json((await lazy).toJSON()),
      { store },
      cookie,
    )
    expect(await again.json()).toEqual({})
  })

  it('hides no error of the handler behind one of the store', async () => {
    const store = createRecordingStore()
    const cookie = await signIn({ store })
    for (const operation of ['get', 'destroy'] as const) {
      store.instead[operation] = () => Promise.reject(new Error('store'))
      const handler: Handler = async (_, lazy) => {
        lazy.destroy()
        throw new RangeError('mine')
      }
      expect(await rejectionOf(send(handler, { store }, cookie))).toBeInstanceOf(RangeError)
    }
  })
})

describe('destroy() without loading', () => {
  it('ends the session in the browser and in the store, and reads nothing', async () => {
    const store = createMemoryStore({ now })
    const cookie = await signIn({ store })
    const get = vi.spyOn(store, 'get')
    const response = await send(
      (_, lazy) => (lazy.destroy(), new Response('bye')),
      { store },
      cookie,
    )
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^sid=; .*Max-Age=0/)])
    expect(get).not.toHaveBeenCalled()
    const again = await send(
      async (_, lazy) => Response.json((await lazy).toJSON()),
      { store },
      cookie,
    )
    expect(await again.json()).toEqual({})
  })

  it('ends it in the browser though the store fails, and says so', async () => {
    const store = createRecordingStore()
    const cookie = await signIn({ store })
    store.destroy = () => Promise.reject(new Error('down'))
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const response = await send(
      (_, lazy) => {
        lazy.destroy()
        return new Response('Bye')
      },
      { store },
      cookie,
    )
    const logged = log.mock.calls.flat()
    log.mockRestore()

    expect(logged).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORE' })])
    expect(response.status).toBe(500)
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^sid=;.*Max-Age=0/i)])
  })

  it('sends nothing where there was no cookie', async () => {
    const response = await send((_, lazy) => (lazy.destroy(), new Response('bye')))
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('clears a cookie that does not open, too', async () => {
    const response = await send((_, lazy) => (lazy.destroy(), new Response('bye')), {}, 'sid=junk')
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('may come before, during and after the session is loaded', async () => {
    for (const when of ['before', 'during', 'after']) {
      const store = createRecordingStore()
      const cookie = await signIn({ store })
      const handler: Handler = async (_, lazy) => {
        if (when === 'before') lazy.destroy()
        const loading = Promise.resolve(lazy)
        if (when === 'during') lazy.destroy()
        const session = await loading
        if (when === 'after') lazy.destroy()
        expect(session.toJSON()).toEqual({})
        return new Response()
      }
      const response = await send(handler, { store, maxAge: HOUR }, cookie)
      expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('Max-Age=0')])
      expect(store.records.size).toBe(0)
    }
  })

  it('leaves room for another session in the same request', async () => {
    const store = createRecordingStore()
    const cookie = await signIn({ store })
    const handler: Handler = async (_, lazy) => {
      lazy.destroy()
      const session = await lazy
      session.theme = 'dark'
      return new Response()
    }
    const response = await send(handler, { store }, cookie)
    const next = cookieHeader(response.headers.getSetCookie())
    const again = await send(
      read(() => new Response()),
      { store },
      next,
    )
    expect(again.headers.getSetCookie()).toEqual([])
    expect([...store.records.values()].map((json) => JSON.parse(json))).toEqual([
      expect.objectContaining({ theme: 'dark' }),
    ])
  })
})
