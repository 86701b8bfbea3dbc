import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../scripts/simulate-kv.ts', import.meta.url))

/** Runs the simulation of a few visitors, and gives what it prints. */
async function simulate(...args: string[]): Promise<string> {
  const given = [script, '--sample=120', ...args]
  const { stdout } = await promisify(execFile)(process.execPath, given)
  return stdout
}

/** The two figures of a row: of visitors who stay, and of those who move. */
function figures(report: string, name: string): number[] {
  const row = report.split('\n').find((line) => line.trimStart().startsWith(name))!
  return [...row.slice(name.length + 2).matchAll(/[\d.,]+/g)].map(([text]) =>
    Number(text.replaceAll(',', '')),
  )
}

describe('the simulation of Workers KV', () => {
  let report: string

  beforeAll(async () => {
    report = await simulate()
  })

  it('prints the same for the same seed, and other figures for another', async () => {
    expect(await simulate()).toBe(report)
    expect(await simulate('--seed=2')).not.toBe(report)
  })

  it('writes no key twice in a second', () => {
    expect(figures(report, 'most writes of a key in a second')).toEqual([1, 1])
    for (const tried of figures(report, 'most that were tried')) expect(tried).toBeGreaterThan(1)
  })

  it('answers most loads from the snapshot', () => {
    for (const share of figures(report, 'answered from the snapshot')) {
      expect(share).toBeGreaterThan(80)
      expect(share).toBeLessThan(100)
    }
  })

  it('lets a copied cookie live on for KV’s minute and the way there, and no longer', async () => {
    const long = await simulate('--lag=5000')
    const copies = figures(long, 'copied cookies after a logout')
    expect(copies[0]! + copies[1]!).toBeGreaterThan(0)
    const good = figures(long, 'good elsewhere, at most')
    for (const seconds of good) expect(seconds).toBeLessThanOrEqual(65)
    expect(Math.max(...good)).toBeGreaterThan(30)
  })

  it('reads two keys for a request with a cookie', () => {
    for (const keys of figures(report, 'keys read, a request')) {
      expect(keys).toBeGreaterThan(1.8)
      expect(keys).toBeLessThan(2)
    }
  })
})
