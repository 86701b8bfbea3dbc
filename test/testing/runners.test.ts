import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

/** Runs a file of tests by node:test, and tells what came of it. */
function runByNode(file: string): Promise<Record<string, number>> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  // A runner within a runner would answer to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return new Promise((resolve) => {
    const args = ['--test', '--test-reporter=tap', path]
    execFile(process.execPath, args, { env, maxBuffer: 2 ** 26 }, (_, stdout) => {
      const counts = [...stdout.matchAll(/^# (pass|fail|skipped|cancelled) (\d+)$/gm)]
      resolve(Object.fromEntries(counts.map(([, name, count]) => [name!, Number(count)])))
    })
  })
}

it('describeStore() runs under node:test, from the package as it ships', async () => {
  const { pass, fail, skipped, cancelled } = await runByNode('runners/node-test.mjs')

  expect(pass).toBeGreaterThan(95)
  expect(fail).toBeGreaterThan(60)
  // What has to do with time, and what stores without compareAndSet are held to, twice.
  expect(skipped).toBe(2 * 16)
  expect(cancelled).toBe(0)
})
