import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { root } from './hosts.ts'

const run = promisify(execFile)

/** The kit as its users get it, unpacked once, or the reason why there is none to test. */
export type KitPackage = { ready: true; folder: string } | { ready: false; reason: string }

interface Manifest {
  exports?: Record<string, unknown>
}

let packed: Promise<KitPackage> | undefined

/**
 * Packs the repository as it would be published and unpacks the result.
 *
 * - `SESSION_KIT_PACKAGE` names another folder to pack.
 * - `SESSION_KIT=stock` leaves the kit out, which compares the stock plugins with themselves.
 * - `SESSION_KIT=kit`, or `CI`, makes it an error when there is nothing to test.
 */
export function kitPackage(): Promise<KitPackage> {
  return (packed ??= pack(process.env['SESSION_KIT_PACKAGE'] ?? root))
}

async function pack(from: string): Promise<KitPackage> {
  const wanted = process.env['SESSION_KIT']
  if (wanted === 'stock') return { ready: false, reason: 'SESSION_KIT=stock leaves it out' }

  const reason = await missing(from)
  if (!reason) return { ready: true, folder: await unpacked(from) }
  if (wanted === 'kit' || process.env['CI']) throw new Error(reason)
  return { ready: false, reason }
}

/** What keeps the plugin from being packed. */
async function missing(from: string): Promise<string | undefined> {
  const manifest = JSON.parse(await readFile(path.join(from, 'package.json'), 'utf8')) as Manifest
  const target = manifest.exports?.['./egg/package.json']
  if (typeof target !== 'string') return 'package.json does not export ./egg/package.json'
  if (!existsSync(path.join(from, target))) return `${target} is not built`
}

async function unpacked(from: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'session-kit-'))
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: from,
  })
  const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  await run('tar', ['-xzf', path.join(folder, tarball), '-C', folder])
  return path.join(folder, 'package')
}

/** Throws the unpacked kit away. */
export async function removeKitPackage(kit: KitPackage): Promise<void> {
  packed = undefined
  if (kit.ready) await rm(path.dirname(kit.folder), { recursive: true, force: true })
}

/** Puts the unpacked kit where the applications of a workspace find it. */
export async function installKit(kit: KitPackage, workspace: string): Promise<void> {
  if (!kit.ready) return
  const target = path.join(workspace, 'node_modules', 'session-kit')
  await mkdir(path.dirname(target), { recursive: true })
  await cp(kit.folder, target, { recursive: true })
}
