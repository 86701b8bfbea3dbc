import { Hono, type Context } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import { session } from '../../adapters/hono.ts'
import type { SessionEvent } from '../../src/index.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { Visitor, type Visit } from './fixture.ts'

describe('events in Hono', () => {
  it('come with the context of their request', async () => {
    const heard: [path: string, type: string][] = []
    const on = (event: SessionEvent, c: Context | undefined): void => {
      if (!('duration' in event)) heard.push([c!.req.path, event.type])
    }
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET, on }))
      .get('/in', async (c) => {
        const session = await c.var.session
        session.user = 'fred'
        return c.text('')
      })
      .get('/out', (c) => {
        c.var.session.destroy()
        return c.text('')
      })
      .get('/', async (c) => c.text((await c.var.session).user ?? ''))
    const visitor = new Visitor(app)
    for (const path of ['/in', '/', '/out', '/']) await visitor.visit(path)

    expect(heard).toEqual([
      ['/in', 'created'],
      ['/', 'loaded'],
      ['/out', 'destroyed'],
    ])
  })

  it('are none for a route that does not use its session', async () => {
    const on = vi.fn<() => void>()
    const app = new Hono().use(session({ secrets: SECRET, on })).get('/', (c) => c.text(''))
    await new Visitor(app).visit('/')
    expect(on).not.toHaveBeenCalled()
  })

  it('change no response, whatever their listener does', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const on = (): never => {
      throw new Error('mine')
    }
    const app = new Hono().use(session<Visit>({ secrets: SECRET, on })).get('/', async (c) => {
      const session = await c.var.session
      session.views = (session.views ?? 0) + 1
      return c.text(`${session.views}`)
    })
    const visitor = new Visitor(app)
    expect([await visitor.read('/'), await visitor.read('/')]).toEqual(['1', '2'])
    expect(error).toHaveBeenCalledWith(new Error('mine'))
  })
})
