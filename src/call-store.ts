import { engine } from '#engine'
import { chain, type Awaitable } from './awaitable.ts'
import { kindOf, SessionError } from './errors.ts'
import type { StoreOperation } from './events.ts'
import { isSessionId } from './id.ts'
import { isForeign, mayOverflow, type Kit } from './kit.ts'
import type { Store } from './store.ts'

/**
 * Calls a store under the key it is to see, waits no longer than `storeTimeout`, and turns
 * whatever goes wrong into an error that tells the operation and the kind of failure: a client's
 * own message may hold keys, values or credentials. The errors of a Koa or Egg application's own
 * store are that application's, and pass as they are.
 *
 * @param id `null` where the call knows the key by itself.
 * @returns What the store answered, or `undefined` if it failed and `onStoreError` goes on.
 * @throws SessionError `ERR_SESSION_STORE` or `ERR_SESSION_TIMEOUT`.
 */
export async function callStore<result>(
  kit: Kit,
  ctx: unknown,
  operation: StoreOperation,
  store: Store,
  id: string | null,
  call: (key: string) => Awaitable<result>,
): Promise<result | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const { storeTimeout, onStoreError, tell } = kit
  const start = tell ? performance.now() : 0
  const place = mayOverflow(kit) ? 'store' : undefined
  let outcome: 'done' | 'failed' = 'done'
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        reject(
          new SessionError(
            'ERR_SESSION_TIMEOUT',
            `The session store took longer than ${storeTimeout} ms to ${operation}.`,
          ),
        )
        // A timer takes no more and would end at once.
      },
      Math.min(storeTimeout, 2 ** 31 - 1),
    )
  })
  try {
    const key = id === null ? '' : await storeKey(kit, store, id)
    return await Promise.race([call(key), late])
  } catch (cause) {
    const told = cause instanceof SessionError ? cause : failure(operation, cause)
    const error = isForeign(kit, store) ? (cause as SessionError) : told
    outcome = 'failed'
    tell?.({ type: 'store-error', operation, error: told }, ctx, place)
    const policy =
      typeof onStoreError === 'function' ? onStoreError(error, operation) : onStoreError
    if (policy !== 'anonymous') throw error
  } finally {
    clearTimeout(timer)
    tell?.({ type: 'store', operation, outcome, duration: performance.now() - start }, ctx, place)
  }
}

/** The key that a store is to see. */
export function storeKey(kit: Kit, store: Store, id: string): Awaitable<string> {
  if (!store.hashedKeys || kit.hashKeys === false) {
    // Where a session begins in its cookie, its id is none of a store's.
    return mayOverflow(kit) && isSessionId(id) ? kit.prefix + id : id
  }
  return chain(engine.hash(id), (hash) => kit.prefix + hash)
}

function failure(operation: StoreOperation, cause: unknown): SessionError {
  return new SessionError(
    'ERR_SESSION_STORE',
    `The session store failed to ${operation} (${kindOf(cause)}).`,
  )
}
