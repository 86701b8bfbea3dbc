import { SessionObject } from '../src/host.ts'

type Callback = (error?: unknown) => void

/** koa-session's session object: ours, with callbacks, and a log line that shows data alone. */
export class KoaSession extends SessionObject {
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
