import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    projects: [
      {
        resolve: { alias: { '#engine': path('src/seal/engine-node.ts') } },
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The same core on the other engine.
        resolve: { alias: { '#engine': path('src/seal/engine-web.ts') } },
        test: { name: 'web', include: ['test/core/**/*.test.ts', 'test/hono.test.ts'] },
      },
    ],
  },
})
