/** The suites that runtimes run: the project's own tests, and those of the package by its names. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const tests: string = fileURLToPath(new URL('..', import.meta.url))

const core = readdirSync(path.join(tests, 'core'))
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `core/${name}`)

/** Their files, from the folder of the tests. */
export const suites = {
  core,
  hono: ['hono.test.ts'],
  package: ['runtimes/package.ts'],
  koa: ['koa.test.ts', 'runtimes/package-koa.ts'],
} satisfies Record<string, string[]>

export type SuiteName = keyof typeof suites

export const suiteNames = Object.keys(suites) as SuiteName[]
