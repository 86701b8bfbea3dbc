/**
 * What went wrong, as a word that stays the same from release to release.
 *
 * - `ERR_SESSION_OPTIONS` an option is unknown, of the wrong type, or forbidden beside another
 * - `ERR_SESSION_SECRET` a secret is missing or too weak
 * - `ERR_SESSION_DATA` the session's data cannot be written as JSON
 * - `ERR_SESSION_SCHEMA` the option `schema` or `migrate` threw, or `migrate` gave what `schema`
 *   refuses; events alone have it
 * - `ERR_SESSION_TOO_LARGE` the cookie would be larger than browsers keep
 * - `ERR_SESSION_READ_ONLY` the session was changed where it can only be read
 * - `ERR_SESSION_HEADERS_SENT` the response has gone, and what was to be kept needed its cookie
 * - `ERR_SESSION_CONFLICT` another request has changed the session meanwhile
 * - `ERR_SESSION_STORE` the store failed, or answered what no record is
 * - `ERR_SESSION_TIMEOUT` the store did not answer within `storeTimeout`
 * - `ERR_SESSION_CSRF` the request came from another site, or without a token of this session
 */
export type SessionErrorCode =
  | 'ERR_SESSION_OPTIONS'
  | 'ERR_SESSION_SECRET'
  | 'ERR_SESSION_DATA'
  | 'ERR_SESSION_SCHEMA'
  | 'ERR_SESSION_TOO_LARGE'
  | 'ERR_SESSION_READ_ONLY'
  | 'ERR_SESSION_HEADERS_SENT'
  | 'ERR_SESSION_CONFLICT'
  | 'ERR_SESSION_STORE'
  | 'ERR_SESSION_TIMEOUT'
  | 'ERR_SESSION_CSRF'

/**
 * The one error class of this library. Its message never holds a secret, an id or session data,
 * so it may be logged as it is.
 */
export class SessionError extends Error {
  /** The failure's stable name. */
  readonly code: SessionErrorCode

  constructor(code: SessionErrorCode, message: string) {
    super(message)
    this.name = 'SessionError'
    this.code = code
  }
}

/** The kind of a failure, in words that no message of somebody else can have put data into. */
export function kindOf(cause: unknown): string {
  const { name, code } = Object(cause) as { name?: unknown; code?: unknown }
  return [name, code].filter((word) => /^[a-z_]{1,40}$/i.test(`${word ?? ''}`)).join(' ')
}
