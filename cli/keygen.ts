/// <reference types="node" />
import { randomBytes } from 'node:crypto'
import { secretBytes } from '../src/secrets.ts'
import { UsageError, type Command } from './command.ts'
import { printJson } from './terminal.ts'

/** Makes secrets: 32 random bytes each, in base64. */
export const keygen: Command = {
  summary: 'makes strong secrets',
  help: `Usage: session-kit keygen [options]

Prints a secret: 32 random bytes in base64.

Options:
  --count <n>     how many, 1 to 10 (default 1)
  --dev-vars      as a line for .dev.vars:  session-kit keygen --dev-vars >> .dev.vars
  --wrangler      the line that makes a secret and puts it in a Worker, unseen
  --env <name>    with --wrangler: the environment
  --name <name>   the variable (default SESSION_SECRET)
  --json          {"secrets": ["…"]}
  -h, --help      this text
`,
  options: {
    count: { type: 'string' },
    'dev-vars': { type: 'boolean' },
    wrangler: { type: 'boolean' },
    env: { type: 'string' },
    name: { type: 'string' },
    json: { type: 'boolean' },
  },
  takes: 0,

  run({ count = '1', name = 'SESSION_SECRET', env, json, wrangler, 'dev-vars': devVars }) {
    if (!/^([1-9]|10)$/.test(String(count))) throw new UsageError('--count takes 1 to 10.')
    // It stands in a line for a shell.
    if (!/^[A-Za-z_]\w*$/.test(String(name))) throw new UsageError('--name takes a variable name.')
    if (env !== undefined && !/^[\w-]+$/.test(String(env))) {
      throw new UsageError('--env takes the name of an environment.')
    }
    if ([json, wrangler, devVars].filter(Boolean).length > 1) {
      throw new UsageError('--json, --wrangler and --dev-vars exclude each other.')
    }
    if ((wrangler || devVars) && count !== '1') throw new UsageError('That is for one secret.')
    if (env !== undefined && !wrangler) throw new UsageError('--env belongs to --wrangler.')
    if (wrangler) {
      const target = env === undefined ? '' : ` --env ${env}`
      process.stdout.write(`npx session-kit keygen | npx wrangler secret put ${name}${target}\n`)
      return 0
    }
    const secrets = Array.from({ length: Number(count) }, makeSecret)
    if (json) printJson({ secrets })
    else if (devVars) process.stdout.write(`${name}="${secrets[0]}"\n`)
    else process.stdout.write(`${secrets.join('\n')}\n`)
    return 0
  },
}

/** Makes a secret that the kit takes: chance may write a word that looks like a sample. */
export function makeSecret(): string {
  for (;;) {
    const secret = randomBytes(32).toString('base64')
    try {
      secretBytes([secret])
      return secret
    } catch {
      // Once in some hundred million times.
    }
  }
}
