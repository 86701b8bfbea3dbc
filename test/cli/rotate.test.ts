import { describe, expect, it } from 'vitest'
import { createSessionManager } from '../../src/index.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { run } from './run.ts'

interface Plan {
  keyIds: string[]
  phases: { phase: number; secrets: string; when: string }[]
}

async function planOf(args: string[], given?: Parameters<typeof run>[1]): Promise<Plan> {
  const { code, out } = await run(['rotate', '--json', ...args], given)
  expect(code).toBe(0)
  return JSON.parse(out) as Plan
}

describe('session-kit rotate', () => {
  it('plans phases that lose no session, whichever server is deployed first', async () => {
    const { phases } = await planOf([])
    const [old, fresh] = SECRETS as [string, string]
    const managers = phases.map(({ secrets }) =>
      createSessionManager({
        // oxlint-disable-next-line no-new-func -- what is printed is code
        secrets: new Function('old', 'fresh', `return ${secrets}`)(old, fresh) as string[],
      }),
    )
    const before = createSessionManager({ secrets: old })
    const all = [before, ...managers]
    // Servers of two phases that follow each other run at one time.
    for (const [first, second] of [
      [0, 1],
      [1, 2],
      [2, 1],
      [2, 3],
    ] as const) {
      const session = await all[first]!.load(null)
      session['user'] = 'ada'
      const [cookie] = await all[first]!.commit(session)
      const opened = await all[second]!.load(cookie!.split(';')[0])
      expect([first, second, { ...opened }]).toEqual([first, second, { user: 'ada' }])
    }
  })

  it('names the present keys as cookies do', async () => {
    const env = { SESSION_SECRET: SECRET }
    const manager = createSessionManager({ secrets: SECRET })
    const session = await manager.load(null)
    session['user'] = 'ada'
    const [line] = await manager.commit(session)
    const [cookie] = JSON.parse((await run(['inspect', '--json', line!])).out)
    const several = await planOf(['--secret-stdin'], { input: `${SECRETS[1]}\n${SECRET}` })

    expect((await planOf([], { env })).keyIds).toEqual([cookie.keyId])
    expect(several.keyIds).toEqual([expect.not.stringMatching(cookie.keyId), cookie.keyId])
  })

  it('tells when the last phase may begin', async () => {
    const from = Date.now() + 3_600_000
    const { phases } = await planOf(['--max-age', '3600000'])
    const time = Date.parse(/not before (\S+)/.exec(phases[2]!.when)![1]!)

    expect(time).toBeGreaterThanOrEqual(from)
    expect(time).toBeLessThan(from + 60_000)
  })

  it.each([['0'], ['-1'], ['soon'], ['1e300']])('takes no maxAge of %s', async (maxAge) => {
    expect(await run(['rotate', `--max-age=${maxAge}`])).toMatchObject({ code: 2, out: '' })
  })

  it('never prints a secret', async () => {
    const { out, error } = await run(['rotate'], { env: { SESSION_SECRET: SECRET } })

    expect(out).toMatch(/Present key ids[^]*\n1[^]*\n2[^]*\n3/)
    expect(out + error).not.toContain(SECRET.slice(0, 8))
  })
})
