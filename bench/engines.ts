import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { root } from './bundle.ts'

/** What is measured of a build of this library. */
export interface Build {
  createSessionManager: typeof import('session-kit').createSessionManager
  honoSession: typeof import('session-kit/hono').session
  checkOptions: typeof import('../src/options.ts').checkOptions
  createSealedFormat: typeof import('../src/manager.ts').createSealedFormat
  takeSnapshot: typeof import('../src/decide.ts').takeSnapshot
}

/** What a bundle exports to be a `Build`. */
export const buildEntry = `
  export { createSessionManager, createSealedFormat } from '${root}dist/src/manager.js'
  export { checkOptions } from '${root}dist/src/options.js'
  export { takeSnapshot } from '${root}dist/src/decide.js'
  export { session as honoSession } from '${root}dist/adapters/hono.js'
`

/** The built library on one of its engines, resolved as that runtime would resolve it. */
export async function buildFor(runtime: 'node' | 'workerd'): Promise<Build> {
  const folder = await mkdtemp(join(tmpdir(), 'session-kit-'))
  const outfile = join(folder, `${runtime}.mjs`)
  try {
    await build({
      stdin: { contents: buildEntry, resolveDir: root },
      bundle: true,
      // Else the paths that the compiler takes in here would hold for the bundle, too.
      tsconfigRaw: {},
      format: 'esm',
      target: 'es2022',
      outfile,
      ...(runtime === 'node'
        ? { platform: 'node' }
        : { platform: 'neutral', conditions: ['workerd', 'worker'] }),
    })
    return (await import(pathToFileURL(outfile).href)) as Build
  } finally {
    await rm(folder, { recursive: true })
  }
}
