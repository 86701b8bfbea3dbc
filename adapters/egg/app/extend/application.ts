import assert from 'node:assert'
import type { Store } from '../../../../src/index.ts'
import { voiceOf, type EggApplication } from '../../application.ts'

type StoreClass = new (app: EggApplication) => Store

/** What every Egg application gets: `app.sessionStore`. */
const extension: ThisType<EggApplication> & {
  get sessionStore(): Store | undefined
  set sessionStore(store: Store | StoreClass | null | undefined)
} = {
  /** The store that sessions are kept in; `undefined` where the cookie holds them. */
  get sessionStore(): Store | undefined {
    return (this as unknown as EggApplication).config.session.store
  },

  /**
   * Takes a store, a class of which one is made with the application, or `null` for none.
   *
   * @throws AssertionError that names the method which is missing.
   */
  set sessionStore(given: Store | StoreClass | null | undefined) {
    const app = this as unknown as EggApplication
    const { session, env } = app.config
    const { name, logger, tellsOfRemoval } = voiceOf(app)
    if (session.store && env !== 'unittest') {
      logger.warn(`[${name}] sessionStore already exists and will be overwrite`)
    }
    if (!given && tellsOfRemoval) logger.info(`[${name}] sessionStore is disabled`)
    const store = typeof given === 'function' ? new given(app) : given
    for (const method of store ? (['get', 'set', 'destroy'] as const) : []) {
      const given: unknown = store![method]
      assert(typeof given === 'function', `store.${method} must be function`)
      // Egg 3 applications still write stores with generators.
      if (given.constructor.name === 'GeneratorFunction') {
        store![method] = app.toAsyncFunction(store![method]) as never
      }
    }
    // Not enumerable: Egg writes its configuration to a file, and a store may hold credentials.
    Object.defineProperty(session, 'store', {
      value: store ?? undefined,
      writable: true,
      configurable: true,
      enumerable: false,
    })
  },
}

export default extension
export { extension as 'module.exports' }
