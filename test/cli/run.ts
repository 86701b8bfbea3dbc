import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import pack from '../../package.json' with { type: 'json' }

const root = new URL('../../', import.meta.url)
const command = fileURLToPath(new URL(pack.bin['session-kit'], root))

interface Run {
  code: number
  out: string
  error: string
}

/** Runs the built command, as `npx session-kit` does. */
export async function run(
  args: string[],
  given: { input?: string; env?: Record<string, string>; cwd?: string } = {},
): Promise<Run> {
  const { input = '', env, cwd } = given
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [command, ...args], { cwd, env: { PATH, ...env } })
  // One that needs no input may have ended before it comes.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ])
  return { code, out, error }
}
