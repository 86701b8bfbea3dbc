import type { ParseArgsConfig } from 'node:util'

/** The options that a command was given. */
export type Values = Readonly<Record<string, unknown>>

/** A command of the command line. */
export interface Command {
  /** What it does, in the list of all commands. */
  summary: string
  help: string
  options: NonNullable<ParseArgsConfig['options']>
  /** How many arguments it takes besides options. */
  takes: number
  /** @returns The exit code. */
  run(values: Values, positionals: string[]): number | Promise<number>
}

/** The command line was not understood. Its message repeats no argument. */
export class UsageError extends Error {}
