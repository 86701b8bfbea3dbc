import { describe, expect, it, vi } from 'vitest'
import { createBare, headerOf } from './koa/fixture.ts'

vi.mock('#engine', () => import('../src/seal/engine-web.ts'))

describe('an encrypted session on an engine that takes its time', () => {
  it('is there when the handler runs', async () => {
    const { run } = createBare({ encrypt: true })
    const first = await run((ctx) => void Object.assign(ctx.session!, { user: 'ada' }))
    let user: unknown
    await run((ctx) => void (user = ctx.session!.user), headerOf(first))
    expect(user).toBe('ada')
  })
})
