import type { Awaitable } from './awaitable.ts'
import type { SessionRecord } from './record.ts'

/**
 * A place for records outside the cookie: egg-session's contract, word for word. Methods may be
 * synchronous. A store that has only these three works; ours declare more about themselves.
 */
export interface Store<ctx = any> {
  /**
   * Finds a record. A key that is not there gives `null` or `undefined`; only a failure of the
   * store itself throws.
   *
   * @param maxAge The configured `maxAge`, in milliseconds or `'session'`.
   */
  get(
    key: string,
    maxAge: number | 'session' | undefined,
    options: { rolling: boolean; ctx: ctx },
  ): Awaitable<unknown>

  /**
   * Keeps a record under a key, in place of any other.
   *
   * @param maxAge How long to keep it, in milliseconds: the session's life and ten seconds more.
   * @param options `changed` is false when only the session's life is extended.
   */
  set(
    key: string,
    record: SessionRecord,
    maxAge: number | 'session' | undefined,
    options: { rolling: boolean; changed: boolean; ctx: ctx },
  ): Awaitable<unknown>

  /**
   * Forgets a record; nothing happens if there is none.
   *
   * @param options `maxAge` tells a store that is eventually consistent how long, in milliseconds,
   *   to answer with `{ _ended: true }`: as long as a cookie of the session may live.
   */
  destroy(key: string, options: { ctx: ctx; maxAge?: number }): Awaitable<unknown>

  /**
   * Keeps a record if the one under the key is still as it was: `previous` is what `get` returned,
   * or the record that was set last, `null` for none at all. Answers whether it did. With it no
   * update is lost, and a session that was destroyed stays destroyed.
   */
  compareAndSet?(
    key: string,
    record: SessionRecord,
    maxAge: number | 'session' | undefined,
    previous: SessionRecord | null,
    options: { rolling: boolean; changed: boolean; ctx: ctx },
  ): Awaitable<boolean>

  /**
   * Lets a record live on and leaves the rest of it as it is: its `_expire` becomes
   * `options.expire`, and the store keeps it for `maxAge` from now on. `false` if it is gone, or
   * if its `_expire` has passed.
   */
  touch?(
    key: string,
    maxAge: number | 'session' | undefined,
    options: { expire: number; ctx: ctx },
  ): Awaitable<boolean>

  /** Whether the session manager hands it hashed keys, so that a leaked store opens no session. */
  readonly hashedKeys?: boolean

  /** Whether a read sees every write that came before it, wherever that was. */
  readonly consistency?: 'strong' | 'eventual'
}

/** A class whose instances are stores, made once for each request. */
export type StoreClass<ctx = any> = new (ctx: ctx) => Store<ctx>
