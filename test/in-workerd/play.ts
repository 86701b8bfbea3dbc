import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorker, runWorker } from '../workerd/running.ts'
import type { Order, Verdict } from './worker.ts'

/** How much a Worker gets before another one begins, with nothing stored. */
const BATCH = { histories: 100, 'requests that overlap': 500 }

/** Objects are files, and each write waits for its disk: memory is quicker by far, where it is one. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const standIn = (name: string): string =>
  fileURLToPath(new URL(`../runtimes/runner/${name}`, import.meta.url))

/**
 * Plays with sessions in Durable Objects, all of it in workerd: no call of an object goes over
 * HTTP.
 *
 * @throws What fast-check says of the first run that went otherwise than it should.
 */
export async function playInWorkerd(order: Order): Promise<void> {
  const { what, seed, runs } = order
  const code = await bundleWorker(new URL('worker.ts', import.meta.url), {
    vitest: standIn('expect.ts'),
    'node:crypto': standIn('node-crypto.ts'),
  })
  for (let done = 0; done < runs; done += BATCH[what]) {
    const part = { seed: seed + done, runs: Math.min(BATCH[what], runs - done) }
    const { failure } = await playBatch(code, { ...order, ...part })
    if (failure) throw new Error(failure)
  }
}

async function playBatch(code: string, order: Order): Promise<Verdict> {
  const folder = await mkdtemp(path.join(place, 'session-kit-'))
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
