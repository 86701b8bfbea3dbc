import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const engine = (name: 'node' | 'web'): { alias: Record<string, string> } => ({
  alias: { '#engine': path(`src/seal/engine-${name}.ts`) },
})

/**
 * What takes longest, and runs by `npm run test:long`: whole applications, their pages in a browser,
 * many random runs.
 */
const long = [
  'test/core/sealed-edits.test.ts',
  'test/demo.test.ts',
  'test/inspector/chromium.test.ts',
  'test/egg-parity.test.ts',
  'test/koa-parity.test.ts',
  'test/egg.test.ts',
  'test/start.test.ts',
  'test/origin-and-edge.test.ts',
  'test/example-edge.test.ts',
  'test/same-handlers.test.ts',
  'test/responses.test.ts',
  'test/interleavings.test.ts',
  'test/model.test.ts',
  'test/pages.test.ts',
  'test/faults.test.ts',
  'test/faults-revoked.test.ts',
  'test/load.test.ts',
  'test/durable-object.test.ts',
  'test/jose/edits.test.ts',
  'test/legacy/chain.test.ts',
  'test/readme.test.ts',
  'test/legacy/packages.test.ts',
  'test/interop.test.ts',
  'test/store-bytes.test.ts',
  'test/store-random.test.ts',
  'test/redis-cluster.test.ts',
  'test/unstorage.test.ts',
  'test/upstash.test.ts',
  'test/kv-locations.test.ts',
  'test/kv-logout.test.ts',
  'test/kv-random.test.ts',
  'test/kv-marks.test.ts',
  'test/moving.test.ts',
  'test/package-users.test.ts',
]

const limits = { testTimeout: 60_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    // Of two cores Vitest would leave one idle.
    maxWorkers: '100%',
    projects: [
      {
        resolve: engine('node'),
        test: { name: 'node', include: ['test/**/*.test.ts'], exclude: long, ...limits },
      },
      {
        // The same core on the other engine.
        resolve: engine('web'),
        test: {
          name: 'web',
          include: [
            'test/core/**/*.test.ts',
            'test/csrf/hono.test.ts',
            'test/hono.test.ts',
            'test/fetch*.test.ts',
            'test/fetch/*.test.ts',
          ],
          exclude: long,
          ...limits,
        },
      },
      { resolve: engine('node'), test: { name: 'long', include: long, ...limits } },
    ],
  },
})
