import type { Store } from '../../src/index.ts'

/** A method of a store. */
export type StoreMethod = 'get' | 'set' | 'destroy' | 'compareAndSet' | 'touch'

export const storeMethods: readonly StoreMethod[] = [
  'get',
  'set',
  'destroy',
  'compareAndSet',
  'touch',
]

/**
 * Makes a store that does what another does, by way of `call`, and declares the same of itself.
 *
 * @param call Makes a call, or something else; `proceed` is what the store itself does.
 */
export function viewOf(
  store: Store<any>,
  call: (method: StoreMethod, values: unknown[], proceed: () => unknown) => unknown,
): Store<any> {
  const { consistency, hashedKeys } = store
  const view: Record<string, unknown> = {}
  // `undefined` would be a declaration, too, to one that asks with `in`.
  if (consistency !== undefined) view['consistency'] = consistency
  if (hashedKeys !== undefined) view['hashedKeys'] = hashedKeys
  for (const method of storeMethods) {
    if (!store[method]) continue
    view[method] = (...values: unknown[]): unknown =>
      call(method, values, () => (store[method] as (...values: unknown[]) => unknown)(...values))
  }
  return view as unknown as Store<any>
}
