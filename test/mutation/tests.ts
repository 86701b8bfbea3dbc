import { fileURLToPath } from 'node:url'
import type { ViteUserConfig } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * How tests are run on mutants, one file after the other.
 *
 * @param names What is below test/; `web:` before a name stands for the engine on Web Crypto.
 * @param plugins What brings a mutant in.
 */
export function configFor(
  names: readonly string[],
  plugins: ViteUserConfig['plugins'] = [],
): ViteUserConfig {
  const projects = (['node', 'web'] as const).map((engine) => ({
    plugins,
    resolve: { alias: { '#engine': `${root}src/seal/engine-${engine}.ts` } },
    test: {
      name: engine,
      include: names
        .filter((name) => name.startsWith('web:') === (engine === 'web'))
        .map((name) => `test/${name.replace('web:', '')}.test.ts`),
      // One load of the sources for all files that a mutant needs; the next has another worker.
      isolate: false,
      setupFiles: [`${root}test/mutation/setup.ts`],
      testTimeout: 20_000,
      hookTimeout: 20_000,
    },
  }))
  return {
    root,
    test: {
      projects: projects.filter(({ test }) => test.include.length > 0),
      fileParallelism: false,
      // It passes over plugins, and so over a mutant.
      fsModuleCache: false,
    },
  }
}
