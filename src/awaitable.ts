/** A value, or the promise of one. */
export type Awaitable<value> = value | PromiseLike<value>

/** Whether a value has to be waited for. */
export function isPromise<value>(value: Awaitable<value>): value is PromiseLike<value> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

/**
 * Goes on with a value now if it is there, later if it is promised: one code path for the
 * synchronous and for the asynchronous crypto engine.
 */
export function chain<value, result>(
  value: Awaitable<value>,
  next: (value: value) => Awaitable<result>,
): Awaitable<result> {
  return isPromise(value) ? value.then(next) : next(value)
}

/** `Promise.all` that answers at once when nothing in the list is promised. */
export function all<value>(values: Awaitable<value>[]): Awaitable<value[]> {
  return values.some(isPromise) ? Promise.all(values) : (values as value[])
}
