import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startNode, type ChildServer } from '../fixtures/child-server.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = new URL('../../docs/moving/', import.meta.url)

/** The guides, without the page that lists them. */
export const guides: string[] = readdirSync(pages)
  .filter((name) => name.endsWith('.md') && name !== 'README.md')
  .map((name) => name.replace('.md', ''))

/** One of the applications of a guide: its files, by their names. */
export type Files = Record<string, string>

/** The applications of a guide, in the order of the page: before, after, and what comes then. */
export function applicationsOf(guide: string): Map<string, Files> {
  const text = readFileSync(new URL(`${guide}.md`, pages), 'utf8')
  const stages = new Map<string, Files>()
  for (const [, stage, file, code] of text.matchAll(/^```js\n\/\/ (\w+): (\S+)\n([^]*?)^```$/gm)) {
    // What a later stage does not show stays as it was.
    const files = stages.get(stage!) ?? { ...[...stages.values()].at(-1) }
    stages.set(stage!, { ...files, [file!]: inNearFuture(code!) })
  }
  return stages
}

/** A page names a day, and no reader goes on for ever. */
function inNearFuture(code: string): string {
  const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)
  return code.replaceAll(/(?<=until: ')[\d-]+(?=')/g, day)
}

/** Where the packages of a Node application come from, by the names that it imports. */
const packages: Record<string, string> = {
  ...kit(),
  'iron-session': 'node_modules/iron-session9',
  ...Object.fromEntries(
    [
      '@hono/node-server',
      '@hono/session',
      'connect-redis',
      'express',
      'express-session',
      'hono',
      'hono-sessions',
      'koa',
      'koa-session',
      'redis',
    ].map((name) => [name, `node_modules/${name}`]),
  ),
}

/** The package, without the rest of the repository, which who looks for tests would find again. */
function kit(): Record<string, string> {
  return { 'session-kit/package.json': 'package.json', 'session-kit/dist': 'dist' }
}

/** Writes an application into a folder and runs its `app.js`. */
export async function runNode(folder: string, files: Files, env: Env): Promise<ChildServer> {
  write(folder, { 'package.json': '{"type": "module"}', ...files })
  link(path.join(folder, 'node_modules'), packages)
  return run([path.join(folder, 'app.js')], env)
}

/** Writes an application of Egg below a host of its generation, and runs it. */
export async function runEgg(folder: string, files: Files, env: Env): Promise<ChildServer> {
  write(folder, { 'package.json': '{"name": "moving"}', ...files })
  link(path.join(folder, 'node_modules'), kit())
  return run([fileURLToPath(new URL('serve-egg.cjs', import.meta.url)), folder], env)
}

type Env = Record<string, string>

const run = (args: string[], env: Env): Promise<ChildServer> =>
  startNode(args, { HOME: path.dirname(args.at(-1)!), ...env })

function write(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
}

function link(modules: string, targets: Record<string, string>): void {
  for (const [name, target] of Object.entries(targets)) {
    const file = path.join(modules, name)
    mkdirSync(path.dirname(file), { recursive: true })
    symlinkSync(path.join(root, target), file)
  }
}
