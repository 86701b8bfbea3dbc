/** Makes one file of suites, with the package as it is installed in the place of its sources. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { build, type BuildOptions, type OnResolveArgs, type Plugin } from 'esbuild'
import { leftOutOf } from './left-out.ts'
import { installed, peers, root } from './peers.ts'
import { suites, tests, type SuiteName } from './suites.ts'

/** Of what is tried at random, what a runtime gets: there are many of them. */
const PART = 0.1

const here = path.join(tests, 'runtimes')
/** Where the bundles are: in the package, whose `imports` then hold for them. */
export const bundles: string = path.join(installed, 'test/run')

/** What a bundle is made for. */
export interface Given {
  /** The runtime's name. */
  runtime: string
  suites: SuiteName[]
  /** A cookie that was sealed elsewhere, and what is in it. */
  sealed: { cookie: string; data: object }
}

/** A module whose `run()` has all that came of the suites, as JSON. */
function entryOf({ runtime, suites: names }: Given, more = ''): BuildOptions['stdin'] {
  const files = names.flatMap((name) => suites[name])
  const loads = files.map((file) => `${JSON.stringify(file)}: () => import('../${file}')`)
  return {
    // Nothing is loaded before it runs: Workers have no random bytes at their start.
    contents: `export async function run() {
      const { runFiles } = await import('./runner/run.ts')
      const { answersAtOnce } = await import('#engine')
      const outcomes = await runFiles({ ${loads.join()} }, ${JSON.stringify(leftOutOf(runtime))})
      return JSON.stringify({ engine: answersAtOnce ? 'node' : 'web', outcomes })
    }
    ${more}`,
    resolveDir: here,
    sourcefile: 'entry.ts',
  }
}

const print = 'console.log(await run())'

/** Bundles suites for a program that loads the package itself, by its own conditions. */
export async function bundleAround(given: Given): Promise<string> {
  return bundle(given, {
    stdin: entryOf(given, print),
    platform: 'node',
    plugins: [vitestParts, packageApart],
    external: ['koa', 'keygrip'],
    // Some libraries are CommonJS, and ask for modules of Node.
    banner: {
      js: `import { createRequire as toRequire } from 'node:module'
        const require = toRequire(import.meta.url)`,
    },
  })
}

interface Whole {
  /** The conditions that choose files of the package. */
  conditions: readonly string[]
  /** Whether the runtime has the modules of Node. */
  hasNode?: boolean
  /** Whether the bundle runs by itself and prints what came of it, or makes a global of itself. */
  form?: 'program' | 'global' | 'module'
}

/** Bundles suites with the package in them: nothing is left to resolve. */
export async function bundleWhole(
  given: Given,
  { conditions, hasNode = false, form = 'module' }: Whole,
): Promise<string> {
  return bundle(given, {
    stdin: entryOf(given, form === 'program' ? print : ''),
    platform: 'neutral',
    mainFields: ['browser', 'module', 'main'],
    conditions: [...conditions],
    plugins: [vitestParts, hasNode ? nodeModules : standIns, packageWithin],
    external: hasNode ? ['node:*'] : [],
    ...(form === 'global' && { format: 'iife', globalName: 'suites' }),
    // What a module is without being told.
    banner: { js: `'use strict'` },
  })
}

/** Writes the bundle, and hands back where it is. */
async function bundle({ runtime, sealed }: Given, options: BuildOptions): Promise<string> {
  const outfile = path.join(bundles, `${runtime.replaceAll(/\W+/g, '-')}.mjs`)
  await build({
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    // Else the paths that the compiler takes would hold for the bundle, too.
    tsconfigRaw: {},
    define: {
      SEALED: JSON.stringify(sealed),
      'process.env.PART': JSON.stringify(PART),
      'process.env.FUZZ': 'undefined',
      'process.env.SEED': 'undefined',
      'process.env.FUZZ_REPORT': 'undefined',
    },
    // The package says that its modules do nothing when they are loaded; those of its tests do.
    ignoreAnnotations: true,
    logLevel: 'error',
    ...options,
  })
  return outfile
}

const vitestParts: Plugin = {
  name: 'vitest-parts',
  setup(build) {
    build.onResolve({ filter: /^vitest$/ }, () => ({ path: path.join(here, 'runner/vitest.ts') }))
  },
}

/** Where the package has what a relative import of a source names. */
function builtFile({ path: name, resolveDir }: OnResolveArgs): string | undefined {
  const file = path.relative(root, path.resolve(resolveDir, name))
  if (!/^(src|adapters)\//.test(file)) return undefined
  return path.join(installed, 'dist', file.replace(/\.ts$/, '.js'))
}

const own = /^(#engine|session-kit)($|\/)/

const packageApart: Plugin = {
  name: 'package-apart',
  setup(build) {
    build.onResolve({ filter: /^\./ }, (args) => {
      const file = builtFile(args)
      return file ? { path: path.relative(bundles, file), external: true } : undefined
    })
    build.onResolve({ filter: own }, ({ path }) => ({ path, external: true }))
  },
}

const packageWithin: Plugin = {
  name: 'package-within',
  setup(build) {
    build.onResolve({ filter: /^\./ }, (args) => {
      const file = builtFile(args)
      return file ? { path: file } : undefined
    })
    build.onResolve({ filter: own }, ({ path, kind, resolveDir }) =>
      resolveDir.startsWith(peers)
        ? undefined
        : build.resolve(path, { kind, resolveDir: installed }),
    )
  },
}

/** Imports what libraries would ask `require()` for, which a module has not. */
const nodeModules: Plugin = {
  name: 'node-modules',
  setup(build) {
    build.onResolve({ filter: /^(crypto|util)$/ }, ({ path }) => ({ path, namespace: 'node' }))
    build.onLoad({ filter: /./, namespace: 'node' }, ({ path }) => ({
      contents: `export * from 'node:${path}'`,
    }))
  },
}

/** Gives the tests, and never the package, libraries for what they take of Node. */
const standIns: Plugin = {
  name: 'stand-ins',
  setup(build) {
    const files: [filter: RegExp, file: string][] = [
      [/^(node:)?crypto$/, 'node-crypto.ts'],
      [/^(node:)?util$/, 'node-util.ts'],
      [/^node:zlib$/, 'node-zlib.ts'],
      [/^node:fs$/, 'node-fs.ts'],
      [/^global-buffer$/, 'buffer.ts'],
      [/\/seal\/engine-node\.ts$/, 'no-engine.ts'],
    ]
    for (const [filter, file] of files) {
      build.onResolve({ filter }, ({ importer }) =>
        importer.startsWith(peers) ? undefined : { path: path.join(here, 'runner', file) },
      )
    }
    build.onLoad({ filter: /\/test\/(core|fixtures|hono)\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (!/\bBuffer\b/.test(text)) return undefined
      return { contents: `import { Buffer } from 'global-buffer'; ${text}`, loader: 'ts' }
    })
  },
}
