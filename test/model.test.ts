/** Whole lives of sessions in every mode, and what a simple model says of them. */
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { createRedisStore } from '../adapters/redis.ts'
import { createFetchStore } from '../src/fetch.ts'
import { check, patience } from './fixtures/properties.ts'
import { historiesOf } from './model/commands.ts'
import { modes, storeMode, type Mode } from './model/modes.ts'
import { bundleWorker, runWorker, type RunningWorker } from './workerd/running.ts'

const redis = new Redis(process.env['REDIS_URL']!)
let worker: RunningWorker

beforeAll(async () => {
  const code = await bundleWorker(new URL('durable-object/worker.ts', import.meta.url))
  worker = await runWorker(code, undefined, {
    env: { SESSION: { type: 'durable-object', worker: 'test', exportName: 'InspectedObject' } },
    exports: { InspectedObject: { type: 'durable-object', storage: 'sqlite' } },
  })
})

afterAll(async () => {
  redis.disconnect()
  await worker.stop()
})

const all: Record<string, Mode> = {
  ...modes,
  'in Redis': storeMode(() => createRedisStore(redis, { prefix: 'model:' })),
  // Objects are made and written by the thousands, so that there are fewer histories of them.
  'in Durable Objects': storeMode(() =>
    createFetchStore(new URL('objects', worker.url), { timeout: 30_000 }),
  ),
}

describe.each(Object.entries(all))('sessions %s', (name, mode) => {
  it(
    'come to what a simple model says, step by step',
    () =>
      check(
        'sessions in every mode',
        historiesOf(mode),
        name === 'in Durable Objects' ? 1 / 70 : 1 / 7,
      ),
    patience,
  )
})
