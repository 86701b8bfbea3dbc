#!/usr/bin/env node
/// <reference types="node" />
import { parseArgs } from 'node:util'
import { SessionError } from '../src/index.ts'
import { UsageError, type Command } from './command.ts'
import { doctor } from './doctor.ts'
import { init } from './init.ts'
import { inspect } from './inspect.ts'
import { keygen } from './keygen.ts'
import { rotate } from './rotate.ts'
import { paint } from './terminal.ts'

const commands: Record<string, Command> = { init, keygen, inspect, rotate, doctor }

const USAGE = `Usage: session-kit <command> [options]

Commands:
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`)
  .join('\n')}

session-kit <command> --help tells what a command takes.

Exit codes:
  0  all is well
  1  what was looked at is not: a cookie that does not open, a fault that was found
  2  the command was not understood, or could not be carried out
`

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined) {
    process.stderr.write(USAGE)
    return 2
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(USAGE)
    return 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name]! : undefined
  if (!command) throw new UsageError('No such command.')
  const { values, positionals } = parse(command, rest)
  if (values['help']) {
    process.stdout.write(command.help)
    return 0
  }
  if (positionals.length > command.takes) throw new UsageError('Too many arguments.')
  return command.run(values, positionals)
}

function parse(command: Command, args: string[]): ReturnType<typeof parseArgs> {
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    // Its sentence may repeat an argument: a value that begins with a dash, say.
    const { code } = error as { code?: string }
    throw new UsageError(
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
        ? 'Unknown option.'
        : 'An option has a value where it takes none, or none where it takes one.',
    )
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const isTold = error instanceof UsageError || error instanceof SessionError
  process.stderr.write(
    `${paint('red', 'session-kit:', process.stderr)} ${isTold ? error.message : String(error)}\n`,
  )
  if (error instanceof UsageError) process.stderr.write('See session-kit --help.\n')
  process.exitCode = 2
}
