import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Host } from './hosts.ts'

/**
 * A folder for the applications of one test run below the host's own folder, so that `egg` and its
 * plugins resolve from there. Logs, dumps and an unpacked kit stay inside it.
 */
export async function openWorkspace(host: Host): Promise<string> {
  const name = `${host.name}-${process.pid}-${randomUUID().slice(0, 8)}`
  const folder = path.join(host.folder, '.apps', name)
  await mkdir(folder, { recursive: true })
  return folder
}

export async function closeWorkspace(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}
