import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Host, HostName } from './hosts.ts'
import { raw, source, type Settings, type Value } from './source.ts'

/** Which plugin an application uses. */
export type Plugin = 'stock' | 'kit'

/** What one fixture application is made of. Everything is optional but its name. */
export interface AppSpec {
  name: string
  /** The hosts it runs on, all of them by default. */
  hosts?: HostName[]
  /** `config.session` with either plugin, and what the kit gets on top. */
  session?: Settings
  kit?: Settings
  /** The rest of the configuration, beside keys, proxy and security without CSRF tokens. */
  config?: Settings
  /** More plugins, by their name. */
  plugins?: (host: Host) => Settings
  /** What the boot class does: the kind of store, the middleware that comes first. */
  boot?: Settings
  /** The text of `app.js` in place of the boot class. */
  appFile?: string
  /** More files of the application, as an expression each. */
  files?: Record<string, Value>
  /** `EGG_SERVER_ENV`. */
  env?: string
  /** Runs with a master, an agent and so many workers instead of one process. */
  cluster?: number
}

export interface WrittenApp {
  spec: AppSpec
  host: Host
  plugin: Plugin
  folder: string
  entry: string
}

/** Two keys that look random, newest first: Egg takes them as one text. */
export const keys: [string, string] = [
  'q7Vt0c2BzWmLr5Xy8KdPn3HsJf6GuEa1TiOoRwYbUvM',
  'Zr4mX1sKq9Wd7LhTgB2nPf5VcJ8yEa3UoRiYtGwHbQx',
]

/** Where the code is that runs in an application's process. */
export const child = (name: string): string =>
  fileURLToPath(new URL(`child/${name}`, import.meta.url))

/** Writes the application's folder below the workspace and says how it is started. */
export async function writeApp(
  workspace: string,
  host: Host,
  spec: AppSpec,
  plugin: Plugin,
): Promise<WrittenApp> {
  const folder = path.join(workspace, `${spec.name}-${plugin}`)
  for (const [name, text] of Object.entries(appFiles(host, spec, plugin))) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, `${text}\n`)
  }
  return {
    spec,
    host,
    plugin,
    folder,
    entry: path.join(folder, `server.${host.esm ? 'mjs' : 'cjs'}`),
  }
}

function appFiles(host: Host, spec: AppSpec, plugin: Plugin): Record<string, string> {
  const support = child('support.cjs')
  const take = (expression: string): string =>
    host.esm
      ? `import support from ${JSON.stringify(support)}\nexport default ${expression}`
      : `const support = require(${JSON.stringify(support)})\nmodule.exports = ${expression}`

  const files: Record<string, string> = {
    'package.json': JSON.stringify({ name: spec.name, ...(host.esm && { type: 'module' }) }),
    'config/config.default.js': take(source(configuration(spec, plugin))),
    'config/plugin.js': take(source(plugins(host, spec, plugin))),
    'app.js': spec.appFile ?? take(`support.boot(${source(spec.boot ?? {})})`),
    'app/router.js': take('support.router'),
    'app/middleware/early.js': take('support.early'),
    [`server.${host.esm ? 'mjs' : 'cjs'}`]: server(host, spec),
  }
  for (const [name, value] of Object.entries(spec.files ?? {})) files[name] = take(source(value))
  return files
}

function configuration(spec: AppSpec, plugin: Plugin): Settings {
  const session = { ...spec.session, ...(plugin === 'kit' && spec.kit) }
  return {
    keys: keys[0],
    proxy: true,
    security: { csrf: { enable: false } },
    onerror: { json: raw('support.errorPage') },
    logger: { consoleLevel: 'NONE' },
    ...(Object.keys(session).length > 0 && { session }),
    ...spec.config,
  }
}

function plugins(host: Host, spec: AppSpec, plugin: Plugin): Settings {
  return {
    ...(plugin === 'kit' && { session: { enable: true, package: 'session-kit/egg' } }),
    ...spec.plugins?.(host),
  }
}

function server(host: Host, spec: AppSpec): string {
  const clock = JSON.stringify(child('clock.cjs'))
  const serve = JSON.stringify(child('serve.cjs'))
  const call = spec.cluster ? 'serveCluster' : 'serve'
  if (host.esm) {
    return `import ${clock}
import * as egg from 'egg'
import serving from ${serve}
serving.${call}(egg, import.meta.dirname)`
  }
  return `require(${clock})
require(${serve}).${call}(require('egg'), __dirname)`
}
