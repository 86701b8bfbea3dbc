import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import { createRevocation } from '../../src/revocation.ts'
import { createBare, headerOf, type Context } from './fixture.ts'

const principal = ({ user }: { user?: string }): string | undefined => user

describe('a session in its cookie that can be revoked', () => {
  it('is asked for before the handler runs, and is gone once it is revoked', async () => {
    const { isRevoked, revokeAll } = createRevocation(createMemoryStore())
    const { run } = createBare({ encrypt: true, principal, isRevoked })
    const cookie = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))
    const users: unknown[] = []
    const note = (ctx: Context): void => void users.push(ctx.session!.user)
    await run(note, cookie)
    await revokeAll('ada')
    await run(note, cookie)
    expect(users).toEqual(['ada', undefined])
  })

  it('is not there before the middleware', async () => {
    const { run, context } = createBare({ encrypt: true, isRevoked: () => false })
    const cookie = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))
    expect(context(cookie).session!.user).toBeUndefined()
  })

  it('keeps the handler from running where nobody knows', async () => {
    const cookie = headerOf(
      await createBare({ encrypt: true }).run((ctx) => void (ctx.session!.user = 'ada')),
    )
    const isRevoked = (): never => {
      throw new Error('ada')
    }
    let hasRun = false
    const { run } = createBare({ encrypt: true, isRevoked })
    const failed = run(() => void (hasRun = true), cookie)
    await expect(failed).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(hasRun).toBe(false)
  })
})
