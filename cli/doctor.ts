/// <reference types="node" />
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { secretBytes } from '../src/secrets.ts'
import { UsageError, type Command } from './command.ts'
import { checkConfig } from './doctor-config.ts'
import type { Fault } from './fault.ts'
import { paint, plain, printJson } from './terminal.ts'
import { parseWrangler, WRANGLER_CONFIGS } from './wrangler-config.ts'

/** Looks through the folder of a Worker for what goes wrong later. */
export const doctor: Command = {
  summary: 'looks through a Worker’s folder for what goes wrong later',
  help: `Usage: session-kit doctor [options] [<folder>]

Reads the configuration of wrangler (wrangler.json, .jsonc or .toml) and .dev.vars, in this folder or
another, and tells what is wrong with bindings, dates and secrets. It changes nothing, and prints no
value.

Options:
  --json       for machines: {"files": […], "faults": [{"file", "rule", "message"}]}
  -h, --help   this text

Exit codes: 0 nothing was found, 1 faults were found, 2 misuse, or there is nothing to look at.
`,
  options: { json: { type: 'boolean' } },
  takes: 1,

  run(values, [folder = '.']) {
    if (!existsSync(folder) || !statSync(folder).isDirectory()) {
      throw new UsageError('There is no such folder.')
    }
    const config = WRANGLER_CONFIGS.find((name) => existsSync(path.join(folder, name)))
    const variables = readdirSync(folder).filter((name) => /^\.dev\.vars(\.[\w-]+)?$/.test(name))
    const files = [...(config ? [config] : []), ...variables.toSorted()]
    if (!files.length) throw new UsageError('There is no wrangler configuration and no .dev.vars.')
    const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8')
    const faults = [
      ...(config ? configFaults(config, read(config)) : []),
      ...variables.flatMap((name) => [
        ...secretFaults(name, read(name)),
        ...ignoreFaults(name, folder),
      ]),
    ]
    if (values['json']) printJson({ files, faults })
    else print(files, faults)
    return faults.length ? 1 : 0
  },
}

function configFaults(file: string, text: string): Fault[] {
  let config: unknown
  try {
    config = parseWrangler(file, text)
  } catch {
    return [{ file, rule: 'unreadable', message: 'It cannot be read: see what wrangler says.' }]
  }
  return checkConfig(config).map((fault) => ({ file, ...fault }))
}

/** Secrets that the kit would refuse. */
function secretFaults(file: string, text: string): Fault[] {
  const found: Fault[] = []
  for (const [, name, quote, value] of text.matchAll(LINE)) {
    if (!/secret/i.test(name!)) continue
    try {
      secretBytes([(quote ? value! : value!.replace(/\s+#.*$/, '')).trim()])
    } catch (error) {
      const [, why] = /\[0\] ([^:]*)/.exec((error as Error).message) ?? []
      const message = `${name} ${why}: make one by \`npx session-kit keygen --dev-vars\`.`
      found.push({ file, rule: 'weak-secret', message })
    }
  }
  return found
}

/** A line of .dev.vars, which dotenv reads: `NAME = "value"`. */
const LINE = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(["'`]?)(.*?)\2[ \t]*$/gm

/** A file with secrets that git would take. Without git nobody can tell. */
function ignoreFaults(file: string, cwd: string): Fault[] {
  const { status } = spawnSync('git', ['check-ignore', '-q', '--', file], { cwd, stdio: 'ignore' })
  if (status !== 1) return []
  return [{ file, rule: 'not-ignored', message: 'git does not ignore it: name it in .gitignore.' }]
}

function print(files: string[], faults: Fault[]): void {
  for (const { file, rule, message } of faults) {
    process.stdout.write(`${paint('red', file)}  ${plain(message)} ${paint('dim', `(${rule})`)}\n`)
  }
  if (!faults.length) {
    process.stdout.write(`${paint('green', 'Nothing was found')} in ${files.join(', ')}.\n`)
  }
}
