/// <reference types="node" />
import { engine } from '#engine'
import { createKeyring } from '../src/seal/keyring.ts'
import { secretBytes } from '../src/secrets.ts'
import { UsageError, type Command } from './command.ts'
import { givenSecrets, SECRET_HELP, secretOptions } from './given-secrets.ts'
import { timeText } from './finding.ts'
import { paint, printJson } from './terminal.ts'

interface Phase {
  phase: 1 | 2 | 3
  /** The option of every server in this phase. */
  secrets: string
  when: string
}

/** Prints how to change the secret, in three phases. */
export const rotate: Command = {
  summary: 'tells how to change the secret without losing a session',
  help: `Usage: session-kit rotate [options]

Prints the three phases of a change of secrets, and the key ids of the present ones: inspect shows
which of them sealed a cookie. It changes nothing.

${SECRET_HELP}
Options:
  --max-age <ms>   the longest maxAge of a session, in milliseconds (default 86400000, one day)
  --secret-stdin   reads secrets from standard input
  --json           for machines
  -h, --help       this text
`,
  options: { ...secretOptions, 'max-age': { type: 'string' }, json: { type: 'boolean' } },
  takes: 0,

  async run(values) {
    const maxAge = Number(values['max-age'] ?? 86_400_000)
    const end = timeText(Date.now() + maxAge)
    if (!(maxAge > 0) || !end) throw new UsageError('--max-age takes milliseconds.')
    const secrets = await givenSecrets(values)
    const keyIds = secrets.length ? await keyIdsOf(secrets) : []
    const phases = plan(maxAge, end)
    if (values['json']) printJson({ keyIds, phases })
    else print(keyIds, phases)
    return 0
  },
}

function plan(maxAge: number, end: string): Phase[] {
  return [
    {
      phase: 1,
      secrets: "[old, { secret: fresh, use: 'open' }]",
      when: 'at once: every server learns to open what the new secret will seal',
    },
    {
      phase: 2,
      secrets: '[fresh, old]',
      when: 'when every server has phase 1: the new secret seals, the old one opens',
    },
    {
      phase: 3,
      secrets: '[fresh]',
      when: `when every server has had phase 2 for ${maxAge} ms: not before ${end}`,
    },
  ]
}

/** The ids that cookies show, which tell nothing of the secrets. */
async function keyIdsOf(secrets: string[]): Promise<string[]> {
  const keys = secretBytes(secrets, () => {}).map((bytes) =>
    createKeyring(engine, [bytes], '').current(0),
  )
  return (await Promise.all(keys)).map(({ header }) => {
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
    return kid.slice(0, 8)
  })
}

function print(keyIds: string[], phases: Phase[]): void {
  const write = (line: string): void => void process.stdout.write(`${line}\n`)
  if (keyIds.length) write(`Present key ids, newest first: ${keyIds.join(', ')}`)
  if (keyIds.length > 1) write('There are several: a change may be under way, in phase 1 or 2.')
  write('A new secret: npx session-kit keygen\n')
  for (const { phase, secrets, when } of phases) {
    write(`${paint('bold', `${phase}`)}  secrets: ${paint('cyan', secrets)}`)
    write(`   ${when}`)
  }
  write('\nIn app.keys of Koa and exports.keys of Egg phase 1 is [old, fresh].')
  write('A secret that somebody else may know is not rotated: put a new one alone, at once.')
}
