import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleWorker, runWorker, Visitor, type RunningWorker } from './running.ts'

let worker: RunningWorker
/** A Cookie header that opens. */
let cookie: string

beforeAll(async () => {
  worker = await runWorker(await bundleWorker())
  const visitor = new Visitor(worker)
  await visitor.post('/cookie/count')
  cookie = visitor.cookieHeader
})

afterAll(() => worker.stop())

/** Sends header lines as they stand, and gives the body of the answer. */
async function sendRaw(port: string | number, path: string, lines: string[]): Promise<string> {
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(
    [`GET ${path} HTTP/1.1`, 'Host: localhost', ...lines, 'Connection: close'].join('\r\n'),
  )
  socket.write('\r\n\r\n')
  return (await text(socket)).split('\r\n\r\n')[1]!
}

describe('several Cookie headers', () => {
  it('reach a Worker joined with a comma, which parts no cookies', async () => {
    const lines = ['Cookie: a=1', 'Cookie: b=2']

    expect(await sendRaw(worker.url.port, '/cookie-header', lines)).toBe('"a=1, b=2"')
  })

  it('let nobody in there, in whatever order they come', async () => {
    for (const lines of [
      ['Cookie: a=1', `Cookie: ${cookie}`],
      [`Cookie: ${cookie}`, 'Cookie: a=1'],
      [`Cookie: ${cookie}`, `Cookie: ${cookie}`],
    ]) {
      expect(await sendRaw(worker.url.port, '/cookie/read', lines)).toBe('{"isNew":true}')
    }
  })

  it('do no harm to a session in a header that has its pairs to itself', async () => {
    const lines = [`Cookie: a=1; ${cookie}; b=2`, 'Cookie: c=3']

    expect(await sendRaw(worker.url.port, '/cookie/read', lines)).toBe('{"views":1,"isNew":false}')
  })

  it('are one header with semicolons after Node’s fetch, and the session is found', async () => {
    const headers: [string, string][] = [
      ['cookie', 'a=1'],
      ['cookie', cookie],
      ['cookie', 'b=2'],
    ]
    expect(new Request(worker.url, { headers }).headers.get('cookie')).toBe(`a=1; ${cookie}; b=2`)
    const response = await fetch(new URL('/cookie/read', worker.url), { headers })

    expect(await response.json()).toEqual({ views: 1, isNew: false })
  })

  it('are joined with semicolons by Node’s server', async () => {
    const server = createServer((request, response) => response.end(request.headers.cookie))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    try {
      expect(await sendRaw(port, '/', ['Cookie: a=1', 'Cookie: b=2'])).toContain('a=1; b=2')
    } finally {
      server.close()
    }
  })
})

describe('any Cookie header', () => {
  /** What a header may hold: all of Latin-1 but controls. */
  const character = fc.oneof(
    fc.constantFrom('=', ';', ',', ' ', '"', '.', '%', '\t', '-'),
    fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code)),
  )
  const garbage = fc.string({ unit: character, maxLength: 300 })
  const position = fc.double({ min: 0, max: 0.999, noNaN: true })
  const at = (part: number): number => Math.floor(part * cookie.length)
  const changed = fc.tuple(position, character).map(
    ([part, one]) =>
      () =>
        cookie.slice(0, at(part)) + one + cookie.slice(at(part) + 1),
  )
  const cut = position.map((part) => () => cookie.slice(0, at(part)))
  const spliced = fc.tuple(position, position, garbage).map(
    ([one, two, between]) =>
      () =>
        cookie.slice(0, at(one)) + between + cookie.slice(at(two)),
  )
  const named = garbage.map((value) => () => `__Host-cookie=${value}`)
  const parts = fc
    .array(fc.string({ unit: character, maxLength: 40 }), { minLength: 3, maxLength: 6 })
    .map((values) => () => `__Host-cookie=${values.join('.')}`)
  const many = fc.tuple(garbage, fc.integer({ min: 2, max: 200 })).map(
    ([value, count]) =>
      () =>
        Array.from({ length: count }, () => `__Host-cookie=${value}`).join('; '),
  )
  const header = fc.oneof(
    garbage.map((value) => () => value),
    changed,
    cut,
    spliced,
    named,
    parts,
    many,
  )

  it('is answered with 200, and only the good one opens: 500 of them', async () => {
    const headers = fc.sample(header, { numRuns: 500, seed: 20261123 }).map((make) => make())
    const answers: unknown[] = []
    for (let start = 0; start < headers.length; start += 25) {
      const visits = headers
        .slice(start, start + 25)
        .map((given) => new Visitor(worker).get('/cookie/read', given || 'x'))
      for (const [index, { status, body }] of (await Promise.all(visits)).entries()) {
        answers.push([status, body, headers[start + index]])
      }
    }
    const pairs = (given: string): string[] => given.split(';').map((pair) => pair.trim())
    const expected = headers.map((given) => [
      200,
      pairs(given).includes(cookie) ? '{"views":1,"isNew":false}' : '{"isNew":true}',
      given,
    ])

    expect(answers).toEqual(expected)
  })

  it.each([4097, 16_000, 70_000])('of %d bytes is no failure', async (length) => {
    const visitor = new Visitor(worker)
    const { status } = await visitor.get('/cookie/read', `__Host-cookie=${'x'.repeat(length)}`)

    expect(status).toBeLessThan(500)
  })
})
