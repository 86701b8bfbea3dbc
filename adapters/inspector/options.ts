import { SessionError, type Awaitable } from '../../src/index.ts'

/** The options of the inspector. */
export interface InspectorOptions<ctx = any> {
  /** Whether there is an inspector at all (default false): in development alone. */
  enabled?: boolean | null
  /** Where its page is (default `/_session`). */
  path?: string | null
  /** Lets a request see the page; whoever it answers with false gets a 404 (default all). */
  allow?: ((ctx: ctx) => Awaitable<boolean>) | null
  /** Names it may be reached by, beside those of this machine, as `dev.example.com` (default none). */
  hosts?: readonly string[] | null
}

/** Options with their defaults. */
export interface CheckedInspectorOptions<ctx> {
  enabled: boolean
  path: string
  allow(ctx: ctx): Awaitable<boolean>
  hosts: readonly string[]
}

const rules: Record<keyof InspectorOptions, [test: (value: unknown) => boolean, words: string]> = {
  enabled: [(value) => typeof value === 'boolean', 'true or false'],
  path: [
    (value) => typeof value === 'string' && /^\/[\w.~/-]*$/.test(value),
    'a path: it begins with /',
  ],
  allow: [(value) => typeof value === 'function', 'a function'],
  hosts: [
    (value) =>
      Array.isArray(value) &&
      value.every((one) => typeof one === 'string' && /^[a-z\d.-]+(:\d{1,5})?$/.test(one)),
    'a list of names like dev.example.com, in lower case',
  ],
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS` that names the option and the rule.
 */
export function checkInspectorOptions<ctx>(
  options: InspectorOptions<ctx>,
): CheckedInspectorOptions<ctx> {
  const given: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined) continue
    if (!Object.hasOwn(rules, name)) refuse(`"${name}" is unknown.`)
    const [test, words] = rules[name as keyof InspectorOptions]
    if (!test(value)) refuse(`"${name}" must be ${words}.`)
    given[name] = value
  }
  return { enabled: false, path: '/_session', allow: () => true, hosts: [], ...given }
}

function refuse(fault: string): never {
  throw new SessionError('ERR_SESSION_OPTIONS', `Inspector option ${fault}`)
}
