import { describe, expect, it } from 'vitest'
import { respond } from '../../src/index.ts'

const cookies = ['sid=new; Path=/', 'sid.sig=mac; Path=/']
const fresh = { cookies, used: true }
const unchanged = { cookies: [], used: true }
const headersOf = (response: Response): string[] => response.headers.getSetCookie()

/** A response whose headers cannot be changed, as `fetch` gives them. */
const immutable = (): Response => Response.redirect('https://example.com/next', 302)

describe('respond', () => {
  it('leaves a response alone if its session was not used', () => {
    for (const response of [new Response('x'), immutable(), Response.error()]) {
      expect(respond(response, { cookies: [], used: false })).toBe(response)
    }
    expect([...new Response(null).headers]).toEqual([])
  })

  it('adds its cookies and keeps every cache away', () => {
    const response = respond(new Response('x'), fresh)
    expect(headersOf(response)).toEqual(cookies)
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(response.headers.get('vary')).toBe('Cookie')
  })

  it('only varies by cookie if the session was read and nothing is to be sent', () => {
    const headers = { 'cache-control': 'public, max-age=60' }
    const response = respond(new Response('x', { headers }), unchanged)
    expect(response.headers.get('vary')).toBe('Cookie')
    expect(response.headers.get('cache-control')).toBe('public, max-age=60')
  })

  it('does not hide what is wrong with a cookie', () => {
    const broken = { cookies: ['sid=a\nb'], used: true }
    expect(() => respond(new Response('x'), broken)).toThrow(TypeError)
    expect(() => respond(immutable(), broken)).toThrow(TypeError)
  })

  it('keeps the cookies of others, in their order, and replaces its own', () => {
    const response = new Response('x')
    const others = ['a=1; Expires=Thu, 01 Jan 2027 00:00:00 GMT', 'sid2=x', 'SID=x', 'b=2']
    for (const cookie of [others[0]!, 'sid=old', ...others.slice(1), 'sid.sig=old', 'sid=older']) {
      response.headers.append('set-cookie', cookie)
    }
    expect(headersOf(respond(response, fresh))).toEqual([...others, ...cookies])
  })

  it('is tried with responses whose headers cannot be changed', async () => {
    for (const response of [immutable(), await fetch('data:,text')]) {
      expect(() => response.headers.set('a', 'b')).toThrow(TypeError)
    }
  })

  it('copies a response whose headers cannot be changed: status, text, headers, body', async () => {
    const redirect = respond(immutable(), fresh)
    expect(redirect.status).toBe(302)
    expect(redirect.headers.get('location')).toBe('https://example.com/next')
    expect(headersOf(redirect)).toEqual(cookies)

    const body = 'héllo '.repeat(1000)
    const fetched = await fetch(`data:text/plain;charset=utf-8,${encodeURIComponent(body)}`)
    const answer = respond(fetched, fresh)
    expect(await answer.text()).toBe(body)
    expect(answer.headers.get('content-type')).toBe('text/plain;charset=utf-8')
    expect(headersOf(answer)).toEqual(cookies)
    expect(respond(immutable(), unchanged).headers.get('vary')).toBe('Cookie')
  })

  it.each([
    [204, null],
    [205, null],
    [304, null],
    [200, 'text'],
    [404, 'gone'],
    [500, 'broken'],
  ])('goes with status %d', async (status, body) => {
    const response = respond(new Response(body, { status, statusText: 'So' }), fresh)
    expect([response.status, response.statusText, await response.text()]).toEqual([
      status,
      'So',
      body ?? '',
    ])
    expect(headersOf(response)).toEqual(cookies)
  })

  it('does not touch the body of a stream', async () => {
    let pulled = 0
    const stream = new ReadableStream(
      {
        pull(controller) {
          pulled++
          controller.enqueue(new TextEncoder().encode(`data: ${pulled}\n\n`))
          if (pulled === 3) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const response = respond(new Response(stream), fresh)
    expect(pulled).toBe(0)
    expect(await response.text()).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n')
  })

  it('leaves an upgrade alone, and an error', () => {
    const upgrade = Object.defineProperty(new Response(null), 'status', { value: 101 })
    for (const response of [upgrade, Response.error()]) {
      expect(respond(response, fresh)).toBe(response)
      expect([...response.headers]).toEqual([])
    }
  })
})

it('keeps caches away from the cookie of an origin, too', () => {
  const headers = { 'set-cookie': 'sid=theirs', 'cache-control': 'public, max-age=60' }
  const sent = respond(new Response('page', { headers }), {
    cookies: [],
    used: true,
    passedOn: true,
  })
  expect(sent.headers.getSetCookie()).toEqual(['sid=theirs'])
  expect(sent.headers.get('cache-control')).toBe('private, no-store')
})
