import { describe, expect, it, vi } from 'vitest'
import type { SessionEvent } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock, DAY } from '../fixtures/clock.ts'
import { createBare, headerOf, type Context } from './fixture.ts'

const write = (ctx: Context): void => void (ctx.session!.user = 'fred')
const read = (ctx: Context): void => void ctx.session!.user

describe('events in Koa', () => {
  it.each([
    ['in a signed cookie', {}],
    ['in a sealed cookie', { encrypt: true }],
    ['in a store', { store: createMemoryStore({ now: () => 0 }) }],
  ])('come with the context of their request: %s', async (_, options) => {
    const heard: [type: string, isHere: boolean][] = []
    let here: unknown
    const on = (event: SessionEvent, ctx: unknown): void => {
      if (!('duration' in event)) heard.push([event.type, ctx === here])
    }
    const { run } = createBare({ ...options, on })
    const act =
      (handler: (ctx: Context) => unknown) =>
      (ctx: Context): unknown => {
        here = ctx
        return handler(ctx)
      }
    const cookie = headerOf(await run(act(write)))
    await run(act(read), cookie)
    await run(
      act((ctx) => void (ctx.session = null)),
      cookie,
    )
    await run(act((ctx) => void (ctx.session = null)))

    expect(heard.map(([type]) => type)).toEqual(['created', 'loaded', 'loaded', 'destroyed'])
    // A store is asked before the handler runs.
    const late = heard.filter(([type]) => type !== 'loaded')
    expect(late.every(([, isHere]) => isHere)).toBe(true)
  })

  it('leave the three of the application as they are', async () => {
    const clock = createClock()
    const types: string[] = []
    const on = ({ type }: SessionEvent): void => void types.push(type)
    const store = createMemoryStore({ now: () => 0 })
    const { app, run } = createBare({ store, now: clock.now, on })
    const told: unknown[] = []
    app.on('session:expired', ({ value }) => told.push(value.user))
    const cookie = headerOf(await run(write))
    clock.pass(2 * DAY)
    await run(read, cookie)
    await new Promise((resolve) => setImmediate(resolve))

    expect(told).toEqual(['fred'])
    expect(types).toContain('expired')
  })

  it('tell the application of a listener that fails', async () => {
    const on = vi.fn<() => unknown>(() => {
      throw new Error('mine')
    })
    const { app, run } = createBare({ on })
    const errors: [unknown, unknown][] = []
    app.on('error', (error: unknown, ctx: unknown) => errors.push([error, ctx]))
    let seen: unknown
    const cookies = await run((ctx) => {
      seen = ctx
      write(ctx)
    })
    expect(cookies).toHaveLength(2)
    expect(on).toHaveBeenCalledTimes(3)
    expect(errors).toEqual([1, 2, 3].map(() => [new Error('mine'), seen]))
  })
})
