import type { Awaitable } from './awaitable.ts'
import { SessionError } from './errors.ts'
import type { SessionOptions } from './options.ts'

/** The options of the protection against forged requests. */
export interface CsrfOptions<ctx = unknown> {
  /** The header that carries a token (default `x-csrf-token`). */
  header?: string | null
  /** The field of a form that carries a token (default `_csrf`). */
  field?: string | null
  /** Methods that change nothing and are not checked (default GET, HEAD, OPTIONS and TRACE). */
  ignoredMethods?: readonly string[] | null
  /**
   * Origins of other sites whose pages may send requests, as `https://app.example.com`; they need
   * a token as well (default none).
   */
  trustedOrigins?: readonly string[] | null
  /** Lets a request pass unchecked: a webhook, or one that is authorised without a cookie. */
  skip?: ((ctx: ctx) => Awaitable<boolean>) | null
  /** What the keys come from (default the session's secrets). */
  secrets?: SessionOptions['secrets'] | null
}

/** Options with their defaults. */
export interface CheckedCsrfOptions<ctx> {
  header: string
  field: string
  ignoredMethods: readonly string[]
  trustedOrigins: readonly string[]
  skip: ((ctx: ctx) => Awaitable<boolean>) | undefined
  secrets: unknown
}

const isText = (value: unknown, pattern: RegExp): boolean =>
  typeof value === 'string' && pattern.test(value)
const isList = (value: unknown, test: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(test)

const rules: Record<keyof CsrfOptions, [test: (value: unknown) => boolean, words: string]> = {
  header: [(value) => isText(value, /^[\w!#$%&'*+.^`|~-]+$/), 'the name of a header'],
  field: [(value) => isText(value, /^[^\s"'<>&]+$/), 'the name of a form field'],
  ignoredMethods: [
    (value) => isList(value, (one) => isText(one, /^[A-Z]+$/)),
    'a list of methods in capitals',
  ],
  trustedOrigins: [
    (value) => isList(value, isOrigin),
    'a list of origins like https://app.example.com, with no path',
  ],
  skip: [(value) => typeof value === 'function', 'a function'],
  secrets: [(value) => /string|object/.test(typeof value), 'text, bytes, or a list of them'],
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS` that names the option and the rule.
 */
export function checkCsrfOptions<ctx>(options: CsrfOptions<ctx>): CheckedCsrfOptions<ctx> {
  const given: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined) continue
    if (!Object.hasOwn(rules, name)) refuse(`"${name}" is unknown.`)
    const [test, words] = rules[name as keyof CsrfOptions]
    if (!test(value)) refuse(`"${name}" must be ${words}.`)
    given[name] = value
  }
  return {
    header: 'x-csrf-token',
    field: '_csrf',
    ignoredMethods: ['GET', 'HEAD', 'OPTIONS', 'TRACE'],
    trustedOrigins: [],
    skip: undefined,
    secrets: undefined,
    ...given,
  }
}

function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string') return false
  try {
    return new URL(value).origin === value
  } catch {
    return false
  }
}

function refuse(fault: string): never {
  throw new SessionError('ERR_SESSION_OPTIONS', `CSRF option ${fault}`)
}
