import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { packInto } from '../fixtures/tarball.ts'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))
/**
 * A project with the runtimes, and a lock file of its own. Its `tsconfig.json` keeps Bun from the
 * paths of the one around it, which name an engine.
 */
export const peers: string = path.join(root, 'test/runtimes/peers')
/** The package in it, as its users get it. */
export const installed: string = path.join(peers, 'node_modules/session-kit')

export const execute = promisify(execFile)

/** Gets the runtimes, and puts the package as npm packs it among their packages. */
export async function preparePeers(): Promise<void> {
  await execute('npm', ['ci', '--prefix', peers, '--ignore-scripts', '--no-audit', '--no-fund'])
  await rm(installed, { recursive: true, force: true })
  await mkdir(installed)
  const { file } = packInto(installed)
  await execute('tar', ['-xzf', file, '-C', installed, '--strip-components=1'])
  await rm(file)
}
