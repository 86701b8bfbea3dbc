/// <reference types="node" />
import { text } from 'node:stream/consumers'
import { UsageError, type Values } from './command.ts'

/** The option of commands that take secrets. */
export const secretOptions = { 'secret-stdin': { type: 'boolean' } } as const

export const SECRET_HELP = `The secret comes from the environment variable SESSION_SECRET, or with --secret-stdin from
standard input: one a line, newest first. An argument would show in the list of processes.
`

/** The secrets that a command is to use; none where nobody gave any. */
export async function givenSecrets(values: Values): Promise<string[]> {
  if (!values['secret-stdin']) {
    const secret = process.env['SESSION_SECRET']
    return secret ? [secret] : []
  }
  const secrets = (await text(process.stdin)).split(/\r?\n/).filter(Boolean)
  if (!secrets.length) throw new UsageError('Standard input has no secret.')
  return secrets
}
