import { SessionObject } from '../src/host.ts'

type Callback = (error?: unknown) => void

/** koa-session's session object: ours, with callbacks, and a log line that shows data alone. */
export class KoaSession extends SessionObject {
  override get isNew(): boolean {
    return super.isNew
  }

  /** Assigned by some applications, and kept by koa-session for no longer than the request. */
  override set isNew(_: boolean) {}

  override save(callback?: Callback): Promise<void> {
    return settle(super.save(), callback)
  }

  /** Gives it a new id and saves it under that, at once. */
  override regenerate(callback?: Callback): Promise<void> {
    return settle(
      super.regenerate().then(() => this.manuallyCommit()),
      callback,
    )
  }
}

Object.defineProperty(KoaSession.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: KoaSession) {
    return this.toJSON()
  },
})

function settle(promise: Promise<void>, callback: Callback | undefined): Promise<void> {
  if (!callback) return promise
  promise.then(() => callback(), callback)
  return undefined as unknown as Promise<void>
}

// koa-session has no such members, and applications keep data under these names. One that writes
// `messages = session.flash = session.flash || {}` gets what it can put its messages on: a method
// made for this session alone, which is stored as the object it is taken for.
for (const name of ['flash', 'destroy', 'update'] as const) {
  const method = SessionObject.prototype[name] as (...args: any[]) => unknown
  const made = new WeakMap<KoaSession, object>()
  Object.defineProperty(KoaSession.prototype, name, {
    get(this: KoaSession) {
      let own = made.get(this)
      if (!own) {
        own = method.bind(this)
        Object.defineProperty(own, 'toJSON', { value: () => ({ ...own }) })
        made.set(this, own)
      }
      return own
    },
    set(this: KoaSession, value: unknown) {
      const isData = { writable: true, enumerable: true, configurable: true }
      Object.defineProperty(this, name, { ...isData, value })
    },
    configurable: true,
  })
}
