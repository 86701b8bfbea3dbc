/// <reference types="node" />
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import { UsageError, type Command } from './command.ts'
import { diffLines } from './init/diff.ts'
import { planEgg } from './init/egg.ts'
import { planFetch } from './init/fetch.ts'
import { planHono } from './init/hono.ts'
import { planKoa } from './init/koa.ts'
import type { Change, Plan, Project } from './init/project.ts'
import { paint, plain, printJson } from './terminal.ts'

const plans: Record<string, (project: Project) => Plan> = {
  hono: planHono,
  koa: planKoa,
  egg: planEgg,
  fetch: planFetch,
}

/** Adds sessions to an application: the few lines, the KV namespace, a secret for development. */
export const init: Command = {
  summary: 'adds sessions to an application, and shows the change first',
  help: `Usage: session-kit init hono|koa|egg|fetch [options] [<folder>]

Adds the few lines that give an application sessions. In the folder of a Worker also the KV
namespace in wrangler.toml or wrangler.json(c), and a secret for development in .dev.vars. It shows
the change first, and writes it after a yes, or with --write.

Options:
  --cookie     keeps the data in the cookie: no KV namespace
  --entry <f>  the file that makes the application (default: main of wrangler, of package.json, or
               the usual names)
  --write      writes without asking
  --json       for machines: {"changes": [{"file", "isNew", "lines"}], "byHand": […], "written"}
  -h, --help   this text

Exit codes: 0 all is there or was written, or would be; 1 something has to be done by hand, and is
told; 2 misuse.
`,
  options: {
    cookie: { type: 'boolean' },
    entry: { type: 'string' },
    write: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  takes: 2,

  async run({ cookie, entry, write, json }, [kind = '', folder = '.']) {
    const makePlan = Object.hasOwn(plans, kind) ? plans[kind]! : undefined
    if (!makePlan) throw new UsageError('init takes hono, koa, egg or fetch.')
    if (!existsSync(folder) || !statSync(folder).isDirectory()) {
      throw new UsageError('There is no such folder.')
    }
    const { changes, byHand } = makePlan({
      keepsInCookie: cookie === true,
      entry: entry as string | undefined,
      read(name) {
        const file = path.join(folder, name)
        return existsSync(file) && statSync(file).isFile() ? readFileSync(file, 'utf8') : undefined
      },
    })
    const shown = changes.map(({ file, before, after, secret }) => ({
      file,
      isNew: before === undefined,
      lines: diffLines(before ?? '', after).map((line) => hide(line, secret)),
    }))
    if (!json) print(shown, byHand)
    const written = changes.length > 0 && (write === true || (!json && (await agrees())))
    if (written) writeAll(folder, changes)
    if (json) printJson({ changes: shown, byHand, written })
    else if (written) process.stdout.write(`${paint('green', 'Written.')}\n`)
    else if (changes.length) process.stdout.write('Nothing was written: --write does.\n')
    return byHand.length ? 1 : 0
  },
}

type Shown = { file: string; isNew: boolean; lines: string[] }

function print(changes: Shown[], byHand: string[]): void {
  const write = (line: string): void => void process.stdout.write(`${line}\n`)
  for (const { file, isNew, lines } of changes) {
    write(paint('bold', plain(file)) + (isNew ? ' (new)' : ''))
    for (const line of lines) {
      const style = line[0] === '+' ? 'green' : line[0] === '-' ? 'red' : 'dim'
      write(paint(style, plain(line)))
    }
    write('')
  }
  if (!changes.length && !byHand.length) write('It is all there: nothing to change.')
  if (byHand.length) write(paint('bold', 'By hand:'))
  for (const text of byHand) write(text.split('\n').map(plain).join('\n'))
}

async function agrees(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const given = await terminal.question('Write this? [y/N] ')
  terminal.close()
  return /^y(es)?$/i.test(given.trim())
}

function writeAll(folder: string, changes: Change[]): void {
  for (const { file, after } of changes) {
    const target = path.join(folder, file)
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, after)
  }
}

function hide(line: string, secret: string | undefined): string {
  return secret ? line.replace(secret, '…') : line
}
