import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import { createSessionManager } from '../../src/index.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createBare, headerOf } from './fixture.ts'

describe('the option "principal"', () => {
  it.each([true, false])('gives a login a new id, once, and lists it: %s', async (encrypt) => {
    const store = createMemoryStore()
    const keys: string[] = []
    const { compareAndSet } = store
    store.compareAndSet = (key, ...rest) => {
      keys.push(key)
      return compareAndSet!(key, ...rest)
    }
    const principal = (data: { user?: string }): string | undefined => data.user
    const { run } = createBare({ store, principal, encrypt })
    const guest = await run((ctx) => void Object.assign(ctx.session!, { theme: 'dark' }))
    const [before] = keys.splice(0)
    const login = await run(
      (ctx) => void Object.assign(ctx.session!, { user: 'ada' }),
      headerOf(guest),
    )

    expect(login.filter((cookie) => cookie.startsWith('koa.sess='))).toHaveLength(1)
    // The user's list, the new record, and the mark on the old one.
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(3)
    expect(keys[2]).toBe(before)
    const manager = createSessionManager({ secrets: SECRET, store, principal })
    const data = (await manager.list('ada')).map((session) => session.data)
    expect(data).toEqual([{ theme: 'dark', user: 'ada' }])

    let late: unknown
    await run((ctx) => void (late = ctx.session!.toJSON()), headerOf(guest))
    expect(late).toEqual({})
  })
})
