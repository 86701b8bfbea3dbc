import { chain, isPromise, type Awaitable } from './awaitable.ts'
import { kindOf, SessionError } from './errors.ts'
import type { Kit } from './kit.ts'
import { isDataKey, isEmpty, isPlainObject, type Json, type SessionRecord } from './record.ts'

/**
 * What validators have in common, by the Standard Schema specification, version 1: those of zod,
 * valibot, arktype and others are such schemas as they are.
 */
export interface StandardSchema<input = unknown, output = input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Awaitable<SchemaResult<output>>
    readonly types?: { readonly input: input; readonly output: output } | undefined
  }
}

/** What a validator answers: a value, or what is wrong with it. */
export type SchemaResult<output> =
  | { readonly value: output; readonly issues?: undefined }
  | { readonly issues: readonly unknown[] }

/** The data of sessions that a schema lets through: `SchemaData<typeof schema>`. */
export type SchemaData<schema extends StandardSchema<any, any>> = NonNullable<
  schema['~standard']['types']
>['output']

/** Data as the schema has them, or why they are none. */
interface Conformed {
  /** Absent where the schema refuses them, and there is no way to migrate. */
  data?: Json
  /** They were made of older ones, and are to be saved. */
  isMigrated?: true
  /** What a function of the application has done wrong. */
  error?: SessionError
}

/**
 * Data as the schema has them: validated, or migrated and then validated. What the functions of the
 * application throw is an answer, too: a session begins anew rather than that a visitor gets an
 * error for an old cookie.
 *
 * @param data A copy: the functions may change it.
 */
export function conform(kit: Kit, data: Json, ctx: unknown): Awaitable<Conformed> {
  const { schema, migrate } = kit
  if (!schema) return { data }
  // A message may have been left in a session that holds nothing else.
  if (isEmpty(data)) return chain(defaultsOf(kit), (data) => ({ data }))
  let running = 'schema'
  return attempt(
    () =>
      chain(validate(kit, data), (valid) => {
        if (valid || !migrate) return { data: valid }
        running = 'migrate'
        return chain(migrate(data, ctx), (migrated) => {
          running = 'schema'
          return chain(validate(kit, migrated), (valid) =>
            valid
              ? { data: valid, isMigrated: true }
              : fault('"migrate" gave what "schema" refuses'),
          )
        })
      }),
    (cause) => fault(`"${running}" threw (${kindOf(cause)})`),
  ) as Awaitable<Conformed>
}

/** What a session begins with: the defaults of a schema that takes a session with nothing in it. */
export function defaultsOf(kit: Kit): Awaitable<Json> {
  if (!kit.schema) return {}
  return attempt(
    () => chain(validate(kit, {}), (data) => data ?? {}),
    () => ({}),
  )
}

/** A record as `valid` is to see it, with the data as the schema has them. */
export function conformedRecord(record: SessionRecord, data: Json): SessionRecord {
  const own = Object.entries(record).filter(([key]) => !isDataKey(key))
  return { ...data, ...Object.fromEntries(own) }
}

function validate({ schema }: Kit, value: unknown): Awaitable<Json | undefined> {
  return chain(schema!['~standard'].validate(value) as Awaitable<SchemaResult<unknown>>, (result) =>
    !result.issues && isPlainObject(result.value) ? result.value : undefined,
  )
}

/** What a function gives, now or later; and what is made of its failure, now or later. */
function attempt<result>(
  make: () => Awaitable<result>,
  failed: (cause: unknown) => result,
): Awaitable<result> {
  try {
    const made = make()
    return isPromise(made) ? made.then(undefined, failed) : made
  } catch (cause) {
    return failed(cause)
  }
}

function fault(what: string): Conformed {
  return { error: new SessionError('ERR_SESSION_SCHEMA', `Session option ${what}.`) }
}
