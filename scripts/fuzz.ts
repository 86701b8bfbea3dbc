/**
 * Tries at random what has to hold, with the sizes of `test/fixtures/sizes.ts` that are too large
 * for every change, and tells how often and how long. Ends with 1 if something did not hold, or if
 * the time was up before all of it was tried.
 *
 *     npm run fuzz -- --share 0.1 --minutes 60 --only cookies --seed 1
 *
 * - `share` of the sizes, 1 if not given
 * - `minutes` it may take in all, 180 if not given
 * - `only` what has this text in its name
 * - `seed` what it begins with, another one each time if not given; it is printed
 *
 * What fails tells its seed. That goes into `test/fixtures/seeds.json`, and is tried first from
 * then on, by every run.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { properties, type Told } from '../test/fixtures/sizes.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { share: text, minutes: text, only: text, seed: text } })
const share = number('share', 1)
const minutes = number('minutes', 180)
const seed = number('seed', Math.floor(Math.random() * 2 ** 31))

const chosen = Object.entries(properties).filter(([name]) => name.includes(values.only ?? ''))
if (!chosen.length) throw new Error(`--only: nothing has "${values.only}" in its name.`)
const files = [...new Set(chosen.map(([, { file }]) => file))]

const folder = mkdtempSync(path.join(tmpdir(), 'fuzz-'))
const report = path.join(folder, 'report')
writeFileSync(report, '')
console.log(`share ${share}, seed ${seed}, ${minutes} minutes at most`)
const code = await run()
const told = readFileSync(report, 'utf8').split('\n').filter(Boolean)
rmSync(folder, { recursive: true })
const rows = told.map((line) => JSON.parse(line) as Told)
process.exitCode = tell(rows) && code === 0 ? 0 : 1

function number(name: 'share' | 'minutes' | 'seed', usual: number): number {
  const value = Number(values[name] ?? usual)
  if (value > 0) return value
  throw new Error(`--${name} must be a number above 0.`)
}

/** Runs the tests, no longer than they may take; `null` if the time was up. */
async function run(): Promise<number | null> {
  const vitest = path.join('node_modules', 'vitest', 'vitest.mjs')
  const env = { ...process.env, FUZZ: String(share), SEED: String(seed), FUZZ_REPORT: report }
  const child = spawn(process.execPath, [vitest, 'run', ...files], { env, stdio: 'inherit' })
  const timer = setTimeout(() => {
    console.log(`${minutes} minutes are over.`)
    child.kill('SIGTERM')
  }, minutes * 60_000)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code)
    })
  })
}

/** Prints what was tried, and tells whether all of it was, and held. */
function tell(rows: Told[]): boolean {
  let all = 0
  for (const [name] of chosen) {
    for (const engine of ['node', 'web'] as const) {
      const own = rows.filter((row) => row.name === name && row.engine === engine)
      if (!own.length) continue
      const runs = own.reduce((sum, row) => sum + row.runs, 0)
      const seconds = own.reduce((sum, row) => sum + row.seconds, 0)
      const failed = own.find(({ failedAfter }) => failedAfter !== undefined)
      const verdict = failed ? `FAILED after ${failed.failedAfter}` : 'holds'
      const figures = `${runs.toLocaleString('en').padStart(10)} ${seconds.toFixed(0).padStart(6)} s`
      console.log(`${name.padEnd(36)} ${engine.padEnd(4)} ${figures}  ${verdict}`)
      if (failed?.failedAfter) {
        const entry = JSON.stringify({ [name]: [{ seed: failed.seed, runs: failed.failedAfter }] })
        console.log(`  for test/fixtures/seeds.json: ${entry}`)
      }
      all += runs
    }
  }
  const missing = chosen.filter(([name]) => !rows.some((row) => row.name === name))
  for (const [name] of missing) console.log(`${name.padEnd(36)} was not tried to its end`)
  console.log(`${all.toLocaleString('en')} inputs`)
  return !missing.length && rows.every(({ failedAfter }) => failedAfter === undefined)
}
