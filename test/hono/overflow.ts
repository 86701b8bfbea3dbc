import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { session } from '../../adapters/hono.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { Visitor } from './fixture.ts'

describe('a cart that may overflow', () => {
  it('moves to the store and back, and a page that does not look at it asks nobody', async () => {
    const store = createRecordingStore()
    const app = new Hono()
      .use(session<{ cart?: string }>({ secrets: SECRET, store, overflow: 'store' }))
      .get('/static', (c) => c.text('static'))
      .get('/size', async (c) => c.text(`${(await c.var.session).cart?.length ?? 0}`))
      .get('/fill/:size', async (c) => {
        const session = await c.var.session
        session.cart = 'x'.repeat(Number(c.req.param('size')))
        return c.text('')
      })
    const visitor = new Visitor(app)
    const done = (): string[] => store.calls.splice(0).map(({ operation }) => operation)

    await visitor.visit('/fill/1500')
    expect([await visitor.read('/size'), done()]).toEqual(['1500', []])
    await visitor.visit('/fill/12000')
    expect([await visitor.read('/size'), done()]).toEqual(['12000', ['set', 'get']])
    await visitor.visit('/static')
    expect(done()).toEqual([])
    await visitor.visit('/fill/1500')
    expect(done()).toEqual(['get', 'set'])
    expect([await visitor.read('/size'), done()]).toEqual(['1500', []])
  })
})
