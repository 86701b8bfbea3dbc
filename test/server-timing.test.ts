import { Hono } from 'hono'
import { timing } from 'hono/timing'
import { describe, expect, it } from 'vitest'
import { session } from '../adapters/hono.ts'
import { createServerTiming } from '../adapters/server-timing.ts'
import { withSession, type SessionListener } from '../src/index.ts'
import { createRecordingStore } from './fixtures/recording-store.ts'
import { SECRET } from './fixtures/secrets.ts'
import { Visitor, type Visit } from './hono/fixture.ts'
import { createBare, headerOf } from './koa/fixture.ts'

/** The names in a header, each of which has a duration and nothing else. */
function namesIn(header: string | null | undefined): string[] {
  const metrics = (header ?? '').split(', ').filter(Boolean)
  return metrics.map((metric) => {
    const [, name, duration] = /^([a-z-]+);dur=(\d+(?:\.\d{1,3})?)$/.exec(metric)!
    expect(Number(duration)).toBeLessThan(10_000)
    return name!
  })
}

const written = ['session-load', 'session-set', 'session-commit']
const read = ['session-get', 'session-load', 'session-commit']

describe('Server-Timing in Hono', () => {
  const site = (on: SessionListener | null): Hono<any> =>
    new Hono()
      .use(session<Visit>({ secrets: SECRET, store: createRecordingStore(), on }))
      .get('/untouched', (c) => c.text(''))
      .get('/read', async (c) => c.text(`${(await c.var.session).views}`))
      .get('/raw', async (c) => new Response(`${(await c.var.session).views}`))
      .get('/redirect', async (c) => {
        const session = await c.var.session
        session.views = 2
        return Response.redirect('https://a.example/')
      })
      .get('/write', async (c) => {
        const session = await c.var.session
        session.views = 1
        return c.text('')
      })

  it('has the durations of what was done', async () => {
    const visitor = new Visitor(site(createServerTiming()))
    const names = async (path: string): Promise<string[]> =>
      namesIn((await visitor.visit(path)).headers.get('server-timing'))

    expect(await names('/write')).toEqual(written)
    expect(await names('/read')).toEqual(read)
    expect(await names('/raw')).toEqual(read)
    expect(await names('/redirect')).toEqual([
      'session-get',
      'session-load',
      'session-set',
      'session-commit',
    ])
    expect(await names('/untouched')).toEqual([])
  })

  it('is not there unless it is asked for', async () => {
    const response = await new Visitor(site(null)).visit('/write')
    expect(response.headers.has('server-timing')).toBe(false)
  })

  it('goes with hono/timing', async () => {
    const app = new Hono().use(timing()).route('/', site(createServerTiming()))
    const header = (await new Visitor(app).visit('/write')).headers.get('server-timing')
    expect(header).toContain('total;')
    for (const name of written) expect(header).toContain(`${name};dur=`)
  })
})

describe('Server-Timing in Koa', () => {
  it('has the durations of what was done, beside those of others', async () => {
    const { run } = createBare({ store: createRecordingStore(), on: createServerTiming() })
    let header: unknown
    const cookie = headerOf(
      await run((ctx) => {
        ctx.set('server-timing', 'db;dur=1')
        ctx.session!.user = 'fred'
        header = ctx.response
      }),
    )
    const valueOf = (response: unknown): string =>
      [(response as { headers: Record<string, string> }).headers['server-timing']].flat().join(', ')

    expect(namesIn(valueOf(header))).toEqual(['db', ...written])
    await run((ctx) => {
      header = ctx.response
      return ctx.session!.user
    }, cookie)
    expect(namesIn(valueOf(header))).toEqual(read)
  })
})

describe('Server-Timing of a fetch handler', () => {
  it('is what the application puts in', async () => {
    const timing = createServerTiming()
    const handler = withSession<Visit>({ secrets: SECRET, on: timing }, async (_, lazy) => {
      const session = await lazy
      session.views = 1
      return new Response('')
    })
    const request = new Request('https://a.example/')
    await handler(request)

    expect(namesIn(timing.of(request))).toEqual(['session-load', 'session-commit'])
    expect(timing.of(request)).toBe('')
    expect(timing.of(new Request('https://a.example/'))).toBe('')
  })
})
