/**
 * The libraries that this one is measured beside. They have a package.json and a lock of their own,
 * so that `npm ci` in the root stays small, and in a folder of their own, for the files above import
 * this package by its name.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Peers } from './types.ts'

/** Where they are. */
export const peersFolder: string = fileURLToPath(new URL('.', import.meta.url))

/** Installs the libraries, unless they are there as the lock has them. */
export function installPeers(): void {
  const installed = `${peersFolder}node_modules/.package-lock.json`
  const lock = `${peersFolder}package-lock.json`
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  execFileSync('npm', ['ci', '--prefix', peersFolder, '--ignore-scripts'], { stdio: 'inherit' })
}

/** Imports a library. */
export async function importPeer<name extends keyof Peers>(name: name): Promise<Peers[name]> {
  const specifier: string = name
  return (await import(specifier)) as Peers[name]
}

/** The libraries and their versions, as one line. */
export function peerVersions(): string {
  const { dependencies } = read(`${peersFolder}package.json`) as {
    dependencies: Record<string, string>
  }
  const { devDependencies } = read(`${peersFolder}../../package.json`) as {
    devDependencies: Record<string, string>
  }
  const own = ['hono', 'koa', 'koa-session'].map((name) => [name, devDependencies[name]] as const)
  return [...own, ...Object.entries(dependencies)]
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}
