/** Whole lives of sessions in every mode, and what a simple model says of them. */
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { createRedisStore } from '../adapters/redis.ts'
import { check, checkBy, patience, seed } from './fixtures/properties.ts'
import { historiesOf } from './model/commands.ts'
import { playInWorkerd } from './in-workerd/play.ts'
import { modes, storeMode, type Mode } from './model/modes.ts'

const redis = new Redis(process.env['REDIS_URL']!)

afterAll(() => redis.disconnect())

const here: Record<string, Mode> = {
  ...modes,
  'in Redis': storeMode(() => createRedisStore(redis, { prefix: 'model:' })),
}

/** Each mode gets the same of them. */
const share = 1 / (Object.keys(here).length + 1)

describe.each(Object.entries(here))('sessions %s', (_, mode) => {
  it(
    'come to what a simple model says, step by step',
    () => check('sessions in every mode', historiesOf(mode), share),
    patience,
  )
})

describe('sessions in Durable Objects', () => {
  it(
    'come to what a simple model says, step by step',
    () =>
      checkBy(
        'sessions in every mode',
        (seed, runs) => playInWorkerd({ what: 'histories', seed, runs, isSpoilt: false }),
        share,
      ),
    patience,
  )

  it('do not where the objects compare nothing', async () => {
    const histories = playInWorkerd({ what: 'histories', seed, runs: 100, isSpoilt: true })
    await expect(histories).rejects.toThrow(`{ seed: ${seed}, path: "`)
  })
})
