import { describe, expect, it } from 'vitest'
import { createSessionManager } from '../../src/index.ts'
import { run } from './run.ts'

describe('session-kit keygen', () => {
  it('prints a secret of 32 bytes that the kit takes, another one each time', async () => {
    const [first, second] = await Promise.all([run(['keygen']), run(['keygen'])])

    expect(first).toMatchObject({ code: 0, error: '' })
    expect(Buffer.from(first.out, 'base64')).toHaveLength(32)
    expect(second.out).not.toBe(first.out)
    createSessionManager({ secrets: [first.out.trim(), second.out.trim()] })
  })

  it('prints several, for machines too', async () => {
    const { out } = await run(['keygen', '--count', '10', '--json'])
    const { secrets } = JSON.parse(out) as { secrets: string[] }

    expect(new Set(secrets).size).toBe(10)
    createSessionManager({ secrets })
    expect((await run(['keygen', '--count=3'])).out.trim().split('\n')).toHaveLength(3)
  })

  it('writes a line for .dev.vars', async () => {
    const { out } = await run(['keygen', '--dev-vars'])
    const [, secret] = /^SESSION_SECRET="(.{44})"\n$/.exec(out)!

    createSessionManager({ secrets: secret! })
  })

  it('tells how a Worker gets one unseen', async () => {
    const { out } = await run(['keygen', '--wrangler', '--env', 'staging', '--name', 'SECRET_2'])

    expect(out).toBe('npx session-kit keygen | npx wrangler secret put SECRET_2 --env staging\n')
  })

  it.each([
    ['--count', '0'],
    ['--count', '11'],
    ['--count', '1e1'],
    ['--count'],
    ['--name', '$(date)', '--wrangler'],
    ['--env', 'a;b', '--wrangler'],
    ['--env', 'staging'],
    ['--json', '--dev-vars'],
    ['--count', '2', '--dev-vars'],
    ['--unknown'],
    ['more'],
  ])('does not understand %s %s', async (...args) => {
    const { code, out, error } = await run(['keygen', ...args.filter(Boolean)])

    expect([code, out]).toEqual([2, ''])
    expect(error).toMatch(/^session-kit: .+\nSee session-kit --help\.\n$/)
  })
})

describe('session-kit', () => {
  it('tells its commands and its exit codes', async () => {
    const [asked, bare] = await Promise.all([run(['--help']), run([])])

    expect(asked).toMatchObject({ code: 0, error: '' })
    expect(asked.out).toMatch(/init[^]*keygen[^]*inspect[^]*rotate[^]*doctor[^]*Exit codes:[^]*2 /)
    expect(bare).toEqual({ code: 2, out: '', error: asked.out })
  })

  it.each(['init', 'keygen', 'inspect', 'rotate', 'doctor'])(
    'tells what %s takes',
    async (name) => {
      const { code, out } = await run([name, '--help'])

      expect(code).toBe(0)
      expect(out).toMatch(new RegExp(`^Usage: session-kit ${name} `))
    },
  )

  it.each(['toString', '__proto__', 'serve'])('knows no command %s', async (name) => {
    expect(await run([name])).toMatchObject({ code: 2, out: '' })
  })

  it('repeats nothing of what it was given', async () => {
    const runs = await Promise.all([
      run(['s3cr3t']),
      run(['keygen', '--s3cr3t']),
      run(['keygen', '--json=s3cr3t']),
      run(['inspect', 'a', 's3cr3t']),
    ])

    for (const { code, error } of runs) {
      expect(code).toBe(2)
      expect(error).not.toContain('s3cr3t')
    }
  })
})
