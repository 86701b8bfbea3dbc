/// <reference types="node" />
import { text } from 'node:stream/consumers'
import { LARGEST_COOKIE } from '../src/set-cookie.ts'
import { UsageError, type Command } from './command.ts'
import { cookieLines } from './copied.ts'
import { readCookies, type CopiedCookie } from './cookie-line.ts'
import { givenSecrets, SECRET_HELP, secretOptions } from './given-secrets.ts'
import { inspectSealed, isSealed } from './inspect-sealed.ts'
import { inspectSigned } from './inspect-signed.ts'
import { inspectToken, isToken, nameInToken } from './inspect-token.ts'
import type { Finding } from './finding.ts'
import { paint, plainJson, printJson, printTable } from './terminal.ts'

/** Tells what is in a session cookie. */
export const inspect: Command = {
  summary: 'tells what is in a session cookie',
  help: `Usage: session-kit inspect [options] [<cookie> | -]

Reads a cookie: a value, name=value, a line of Set-Cookie or Cookie, a curl command as browsers copy
it, what curl -v prints, or a HAR file. Without one, or with -, it is read from standard input. A cookie is as good as a password: in an argument it stays in the shell's
history.

Without a secret it tells the format, the key's id, the day it was sealed, the size, and when it
ends, where that can be seen. With the secret it also says whether the cookie is genuine, and shows
what is in it. Of a cookie under JSON Web Keys it tells the algorithm, the key's id, and what anybody
can read.

${SECRET_HELP}
Options:
  --key <name>     the cookie's name, where the value comes alone (default __Host-sid); of several
                   cookies the one to look at
  --secret-stdin   reads secrets from standard input
  --json           for machines: a list with an object for each cookie
  -h, --help       this text

Exit codes: 0 it can be read, 1 it is no session, damaged, over or not under this secret, 2 misuse.
`,
  options: { ...secretOptions, key: { type: 'string' }, json: { type: 'boolean' } },
  takes: 1,

  async run(values, [line]) {
    const fromStdin = line === undefined || line === '-'
    if (fromStdin && values['secret-stdin']) {
      throw new UsageError('Standard input has the secret: give the cookie as an argument.')
    }
    const secrets = await givenSecrets(values)
    // A signed cookie comes as two lines of Set-Cookie.
    const given = fromStdin ? await text(process.stdin) : line
    const cookies = cookieLines(given).flatMap(readCookies)
    const findings = await findingsOf(cookies, values['key'] as string | undefined, secrets)
    if (!findings.length) throw new UsageError('There is no such cookie.')
    if (values['json']) printJson(findings)
    else findings.forEach(print)
    return findings.every(({ verdict }) => GOOD.test(verdict)) ? 0 : 1
  },
}

const GOOD = /^(unchecked|genuine)$/

async function findingsOf(
  cookies: CopiedCookie[],
  key: string | undefined,
  secrets: string[],
): Promise<Finding[]> {
  const found: Finding[] = []
  for (const cookie of cookies) {
    const { value, attributes } = cookie
    const name = cookie.name ?? key ?? nameInToken(value) ?? '__Host-sid'
    const isPart = cookies.some((other) => `${other.name}.sig` === name)
    if (isPart || (key !== undefined && name !== key)) continue
    const mac = cookies.find((other) => other.name === `${name}.sig`)?.value
    const finding = await findingOf(name, value, mac, secrets)
    // Of a whole Cookie header the other cookies are nobody's business.
    if (finding.format === 'unknown' && cookies.length > 1 && key === undefined) continue
    const end = endOf(attributes)
    found.push({
      name,
      ...finding,
      size: name.length + value.length,
      ...(Object.keys(attributes).length && { attributes }),
      ...(end && { browserDropsIt: end }),
    })
  }
  return found
}

function findingOf(
  name: string,
  value: string,
  mac: string | undefined,
  secrets: string[],
): Finding | Promise<Finding> {
  if (isSealed(value)) return inspectSealed(name, value, secrets)
  if (isToken(value)) return inspectToken(name, value)
  return inspectSigned(name, value, mac, secrets)
}

/** When a Set-Cookie line says that the cookie goes. */
function endOf(attributes: CopiedCookie['attributes']): string | undefined {
  if (!Object.keys(attributes).length) return undefined
  const { 'max-age': maxAge, expires } = attributes
  if (typeof maxAge === 'string') return `${maxAge} seconds after it came`
  const time = typeof expires === 'string' ? Date.parse(expires) : Number.NaN
  return Number.isNaN(time) ? 'when it closes' : new Date(time).toISOString()
}

const COLOURS = { genuine: 'green', unchecked: 'yellow' } as const

function print(finding: Finding): void {
  const { name, format, verdict, size = 0, attributes, data, claims, ...rest } = finding
  const rows: [string, string][] = [
    ['cookie', name!],
    ['format', format],
    ['size', `${size} of ${LARGEST_COOKIE} bytes`],
    ...Object.entries(rest).map(([label, value]): [string, string] => [
      words(label),
      String(value),
    ]),
  ]
  if (attributes) {
    const pairs = Object.entries(attributes)
    rows.push(['attributes', pairs.map(([n, v]) => (v === true ? n : `${n}=${v}`)).join('; ')])
  }
  printTable(rows)
  for (const [label, value] of [
    ['claims', claims],
    ['data', data],
  ] as const) {
    if (value !== undefined) process.stdout.write(`${paint('dim', label)}\n${plainJson(value)}\n`)
  }
  const colour = COLOURS[verdict as keyof typeof COLOURS] ?? 'red'
  const isSigned = rest.alg !== undefined && verdict === 'unchecked'
  const meaning = isSigned ? 'its key is a JSON Web Key, which is not asked for' : MEANINGS[verdict]
  process.stdout.write(`${paint(colour, `${verdict}: ${meaning}`)}\n\n`)
}

const MEANINGS: Record<Finding['verdict'], string> = {
  genuine: 'it was made with this secret',
  unchecked: 'no secret was given',
  expired: 'its time is over',
  'other-secret': 'none of the secrets has this key id',
  'not-genuine': 'it was damaged, or made with another secret or for another cookie name',
  'no-session': 'the kit writes no such cookie',
}

/** `keyId` as `key id`. */
function words(label: string): string {
  return label.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
