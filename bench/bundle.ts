import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'

/** The repository's folder. */
export const root: string = fileURLToPath(new URL('..', import.meta.url))

/** For whom a bundle is. */
export const worker: BuildOptions = {
  platform: 'neutral',
  conditions: ['workerd', 'worker', 'import'],
}
export const node: BuildOptions = { platform: 'node', conditions: ['import'] }

/** What an application has anyway, or what is no JavaScript. */
export const external: readonly string[] = [
  '@upstash/redis',
  'hono',
  'hono/*',
  'koa',
  'egg',
  'fastify',
  'sodium-native',
  'cloudflare:*',
  'node:*',
]

/**
 * A module with all that it imports, minified.
 *
 * @param left What is left out.
 */
export async function bundle(
  contents: string,
  resolveDir: string,
  target: BuildOptions,
  left: readonly string[] = external,
): Promise<string> {
  return (await bundleWithFiles(contents, resolveDir, target, left)).code
}

/** The same, with the files that are in it. */
export async function bundleWithFiles(
  contents: string,
  resolveDir: string,
  target: BuildOptions,
  left: readonly string[] = external,
): Promise<{ code: string; files: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    // Else the paths that the compiler takes in here would hold for the bundle, too.
    tsconfigRaw: {},
    format: 'esm',
    target: 'es2022',
    minify: true,
    external: [...left],
    mainFields: ['module', 'main'],
    metafile: true,
    write: false,
    ...target,
  })
  const files = Object.keys(Object.values(metafile!.outputs)[0]!.inputs)
  return { code: outputFiles![0]!.text, files: files.filter((file) => file !== '<stdin>') }
}
