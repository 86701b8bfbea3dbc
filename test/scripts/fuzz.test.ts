import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { check, runsOf, seed } from '../fixtures/properties.ts'
import { properties, type Property, type PropertyName } from '../fixtures/sizes.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const all = Object.entries(properties) as [PropertyName, Property][]

function fuzz(...args: string[]): { status: number | null; stdout: string } {
  const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env
  const script = path.join(root, 'scripts/fuzz.ts')
  const given = [script, '--only', 'grammar', ...args]
  return spawnSync(process.execPath, given, { cwd: root, env, encoding: 'utf8' })
}

describe('the sizes', () => {
  it('come to 250,000 inputs for every change, and ten million by `npm run fuzz`', () => {
    // What is drawn and not made up does not count.
    const made = all.filter(([name]) => !name.startsWith('random'))
    const sum = (which: 'usual' | 'most'): number =>
      made.reduce((sum, [, property]) => sum + property[which], 0)
    expect(sum('usual')).toBeGreaterThanOrEqual(250_000)
    expect(sum('most')).toBeGreaterThanOrEqual(10_000_000)
  })

  it.each(all)('are those of a test that is there: %s', (name, { file }) => {
    expect(existsSync(path.join(root, file))).toBe(true)
    const text = readFileSync(path.join(root, file), 'utf8')
    expect(text).toContain(`'${name}'`)
  })

  it('are shared out between the tests of a property', () => {
    expect(runsOf('any JSON', 1 / 4)).toBe(properties['any JSON'].usual / 4)
  })
})

describe('npm run fuzz', () => {
  it('tells what was tried, and from which seed', { timeout: 120_000 }, () => {
    const { status, stdout } = fuzz('--share', '0.0001', '--seed', '7')
    expect(stdout).toContain('share 0.0001, seed 7, 180 minutes at most')
    expect(stdout).toMatch(/the grammar of a Cookie header {2,}node {2,}200 {2,}\d+ s {2}holds/)
    expect(status).toBe(0)
  })

  it('ends when its time is up, and says what is missing', { timeout: 120_000 }, () => {
    const { status, stdout } = fuzz('--share', '1', '--minutes', '0.01')
    expect(stdout).toContain('0.01 minutes are over.')
    expect(stdout).toMatch(/the grammar of a Cookie header {2,}was not tried to its end/)
    expect(status).toBe(1)
  })

  it.each([
    [['--share', 'all'], '--share must be a number above 0.'],
    [['--only', 'nothing like it'], 'nothing has "nothing like it" in its name'],
  ])('refuses %j', (args, message) => {
    const script = path.join(root, 'scripts/fuzz.ts')
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
    expect(stderr).toContain(message)
    expect(status).toBe(1)
  })
})

describe('a property that does not hold', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'fuzz-'))
    vi.stubEnv('FUZZ_REPORT', path.join(folder, 'report'))
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.doUnmock('../fixtures/seeds.json')
    rmSync(folder, { recursive: true })
  })

  it('tells its seed, and after how many inputs', async () => {
    const property = fc.property(fc.nat(1000), (n) => n < 900)
    await expect(check('any JSON', property)).rejects.toThrow(`seed: ${seed}`)
    const told = JSON.parse(readFileSync(path.join(folder, 'report'), 'utf8'))
    expect(told).toMatchObject({ name: 'any JSON', seed })

    // That is what is kept of it: so many inputs from this seed, and no fewer.
    const { failedAfter: runs } = told
    expect(runs).toBeGreaterThan(0)
    expect(() => fc.assert(property, { seed, numRuns: runs })).toThrow('Property failed')
    expect(() => fc.assert(property, { seed, numRuns: runs - 1 })).not.toThrow()
  })

  it('is tried first with the seeds that it failed with before', async () => {
    vi.doMock('../fixtures/seeds.json', () => ({ default: { 'any JSON': [{ seed: 5, runs: 3 }] } }))
    vi.resetModules()
    const { check, runsOf } = await import('../fixtures/properties.ts')
    const seen: number[] = []
    const property = fc.property(fc.nat(), (n) => void seen.push(n))
    await check('any JSON', property)

    const first: number[] = []
    fc.assert(
      fc.property(fc.nat(), (n) => void first.push(n)),
      { seed: 5, numRuns: 3 },
    )
    expect(seen.slice(0, 3)).toEqual(first)
    expect(seen).toHaveLength(3 + runsOf('any JSON'))
  })
})
