import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorker, runWorker } from '../workerd/running.ts'
import type { Order, Verdict } from './worker.ts'

/** How many histories a Worker gets before another one begins, with nothing stored. */
const BATCH = 100

/** Objects are files, and each write waits for its disk: memory is quicker by far, where it is one. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const standIn = (name: string): string =>
  fileURLToPath(new URL(`../runtimes/runner/${name}`, import.meta.url))

/**
 * Plays histories of sessions in Durable Objects, all of it in workerd: no call of an object goes
 * over HTTP.
 *
 * @throws What fast-check says of the first history that went otherwise than the reference.
 */
export async function playInWorkerd({ seed, runs, isSpoilt }: Order): Promise<void> {
  const code = await bundleWorker(new URL('worker.ts', import.meta.url), {
    vitest: standIn('expect.ts'),
    'node:crypto': standIn('node-crypto.ts'),
  })
  for (let done = 0; done < runs; done += BATCH) {
    const order = { seed: seed + done, runs: Math.min(BATCH, runs - done), isSpoilt }
    const { failure } = await playBatch(code, order)
    if (failure) throw new Error(failure)
  }
}

async function playBatch(code: string, order: Order): Promise<Verdict> {
  const folder = await mkdtemp(path.join(place, 'session-kit-model-'))
  const worker = await runWorker(code, folder, {
    env: { SESSION: { type: 'durable-object', worker: 'test', exportName: 'SessionObject' } },
    exports: { SessionObject: { type: 'durable-object', storage: 'sqlite' } },
  })
  try {
    const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify(order) })
    if (!response.ok) throw new Error(await response.text())
    return (await response.json()) as Verdict
  } finally {
    await worker.stop()
    await rm(folder, { recursive: true })
  }
}
