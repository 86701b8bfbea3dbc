import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { Jar, parseSetCookie } from '../fixtures/cookies.ts'
import { say } from '../fixtures/socket.ts'
import { places, type Place, type Site } from './hosts.ts'
import { CACHED } from './pages.ts'

const TOO_LATE = 'ERR_SESSION_HEADERS_SENT'

let gates = 0

/** Someone with a browser. */
class Visitor {
  readonly jar: Jar = new Jar()
  readonly #site: Site

  constructor(site: Site) {
    this.#site = site
  }

  get headers(): Record<string, string> {
    const cookie = this.jar.header
    // What is packed waits until there is more of it.
    return { 'accept-encoding': 'identity', ...this.#site.headers, ...(cookie && { cookie }) }
  }

  urlOf(page: string, gate = 0): URL {
    const url = new URL(this.#site.url)
    url.search = new URLSearchParams({ page, gate: `${gate}` }).toString()
    return url
  }

  async ask(page: string, { method = 'GET', gate = 0 } = {}): Promise<Response> {
    const { headers } = this
    const response = await fetch(this.urlOf(page, gate), { method, headers, redirect: 'manual' })
    this.jar.take(response.headers.getSetCookie())
    return response
  }

  async text(page: string, gate?: number): Promise<string> {
    return (await this.ask(page, { gate })).text()
  }

  async data(): Promise<unknown> {
    return JSON.parse(await this.text('look'))
  }

  /** Asks for a page in two parts, and lets the second come when the first is there. */
  async stream(page: string): Promise<{ headers: Headers; parts: string[] }> {
    const gate = ++gates
    const { headers, body } = await this.ask(page, { gate })
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
    const { value: first = '' } = await reader.read()
    await this.text('go', gate)
    let last = ''
    for (let part = await reader.read(); !part.done; part = await reader.read()) last += part.value
    return { headers, parts: [first, last] }
  }
}

/** What caches are told, and which cookies are set. */
function toldBy({ headers }: { headers: Headers }): unknown {
  return {
    caches: headers.get('cache-control'),
    vary: /\bcookie\b/i.test(headers.get('vary') ?? ''),
    cookies: headers.getSetCookie().length,
  }
}

const PRIVATE = { caches: 'private, no-store', vary: true, cookies: 1 }

/** The same for every host. */
export function describeResponses(host: string, start: (place: Place) => Promise<Site>): void {
  describe.each(places)(`${host}, with sessions in %s`, (place) => {
    const isStored = place === 'a store'
    let site: Site
    beforeAll(async () => {
      site = await start(place)
    })
    afterAll(() => site?.stop())

    const stranger = (): Visitor => new Visitor(site)
    async function ada(): Promise<Visitor> {
      const visitor = stranger()
      await visitor.text('login')
      return visitor
    }

    it('tells caches what a page depends on, and what to leave alone', async () => {
      const visitor = stranger()
      const open = { caches: CACHED, vary: false, cookies: 0 }

      expect(toldBy(await visitor.ask('about'))).toEqual(open)
      expect(toldBy(await visitor.ask('look'))).toEqual({ ...open, vary: true })
      expect(toldBy(await visitor.ask('login'))).toEqual(PRIVATE)
      expect(toldBy(await visitor.ask('about'))).toEqual(open)
      expect(toldBy(await visitor.ask('look'))).toEqual({ ...open, vary: true })
    })

    it('answers HEAD as GET, without a body', async () => {
      const [get, head] = await Promise.all(
        ['GET', 'HEAD'].map((method) => stranger().ask('login', { method })),
      )
      const said = (response: Response): unknown[] => [
        response.status,
        toldBy(response),
        response.headers.get('content-type'),
        response.headers
          .getSetCookie()
          .map((line) => [parseSetCookie(line).name, [...parseSetCookie(line).attributes.keys()]]),
      ]

      expect(toldBy(head!)).toEqual(PRIVATE)
      expect(said(head!)).toEqual(said(get!))
      expect([await get!.text(), await head!.text()]).toEqual(['in', ''])
    })

    it('keeps what HEAD changed', async () => {
      const visitor = stranger()
      await visitor.ask('login', { method: 'HEAD' })

      expect(await visitor.data()).toEqual({ user: 'ada' })
    })

    it('sends the cookie before a stream has ended', async () => {
      const visitor = stranger()
      const { headers, parts } = await visitor.stream('stream')

      expect(toldBy({ headers })).toEqual(PRIVATE)
      expect(parts).toEqual(['one ', 'two'])
      expect(await visitor.data()).toEqual({ views: 1 })
    })

    it.each(['progress', 'late'])(
      'keeps what a stream saves if no cookie is needed for it, else says so: %s',
      async (page) => {
        const visitor = await ada()
        const { headers, parts } = await visitor.stream(page)

        expect(headers.getSetCookie()).toEqual([])
        expect(parts).toEqual(['one ', isStored ? 'saved' : TOO_LATE])
        expect(await visitor.data()).toEqual({ user: 'ada', ...(isStored && { views: 1 }) })
      },
    )

    it.each(['progress', 'late'])(
      'begins no session in a stream, and says so: %s',
      async (page) => {
        const visitor = stranger()

        expect((await visitor.stream(page)).parts).toEqual(['one ', TOO_LATE])
        expect(await visitor.data()).toEqual({})
      },
    )

    it('reads behind the response, and writes where no cookie is needed', async () => {
      const visitor = await ada()
      const gate = ++gates
      const response = await visitor.ask('behind', { gate })
      expect(await response.text()).toBe('at once')
      expect(response.headers.getSetCookie()).toEqual([])
      await visitor.text('go', gate)
      const told = await vi.waitFor(async () => {
        const word: unknown = JSON.parse(await visitor.text('told', gate))
        expect(word).not.toBe(null)
        return word
      })

      expect(told).toEqual({ read: { user: 'ada' }, save: isStored ? 'saved' : TOO_LATE })
      expect(await visitor.data()).toEqual({ user: 'ada', ...(isStored && { views: 1 }) })
    })

    it('lets a record that is refused go behind the response', async () => {
      const visitor = await ada()
      const removed = async (): Promise<number> => Number(await visitor.text('removed'))
      const before = await removed()
      await visitor.text('refuse')

      expect(await visitor.data()).toEqual({})
      await vi.waitFor(async () => expect(await removed()).toBe(before + (isStored ? 1 : 0)))
    })

    it('lets in a WebSocket by its session, and sends no cookie with it', async () => {
      const visitor = await ada()
      const url = visitor.urlOf('socket')
      url.protocol = 'ws:'

      expect(await say(url, visitor.headers)).toBe('ada: hello')
      expect(await say(url, stranger().headers)).toBe(401)
      const socket = new WebSocket(url, { headers: visitor.headers })
      const events = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])
      const [[{ headers, statusCode }]] = events as [[IncomingMessage], unknown[]]
      socket.terminate()
      expect([statusCode, headers['set-cookie']]).toEqual([101, undefined])
    })

    it('leaves a message over a redirect and pages that do not look, for one that does', async () => {
      const visitor = await ada()
      const response = await visitor.ask('leave')
      expect([response.status, toldBy(response)]).toEqual([302, PRIVATE])
      expect(response.headers.get('location')).toMatch(/\?page=take$/)
      for (const page of ['about', 'look', 'about']) await visitor.text(page)

      expect(await visitor.text('take')).toBe('Saved')
      expect(await visitor.text('take')).toBe('nothing')
      expect(await visitor.data()).toEqual({ user: 'ada' })
    })

    it('leaves one for who has no session yet', async () => {
      const visitor = stranger()
      await visitor.ask('leave')

      expect(await visitor.text('take')).toBe('Saved')
      expect(await visitor.text('take')).toBe('nothing')
    })
  })
}
