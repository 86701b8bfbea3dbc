/**
 * What stores and applications are tested with: a suite for the authors of stores, a store that
 * fails on demand, a simulator of Workers KV in several locations, and a browser for fetch
 * handlers. It needs no test runner of its own and nothing but Web APIs.
 *
 * @module
 */
export { describeStore, type StoreSuiteOptions, type TestRunner } from './testing/describe-store.ts'
export type { StoreUnderTest, TrialOptions } from './testing/trial.ts'
export {
  createFaultyStore,
  type Fault,
  type FaultPlan,
  type FaultyStore,
  type StoreCall,
} from './testing/faulty-store.ts'
export type { StoreMethod } from './testing/store-view.ts'
export {
  createKvSimulator,
  type KvSimulator,
  type KvSimulatorOptions,
  type KvStatistics,
  type SimulatedKv,
} from './testing/kv-simulator.ts'
export {
  createBrowser,
  type Browser,
  type BrowserOptions,
  type FetchHandler,
} from './testing/browser.ts'
export type { StoredCookie } from './testing/cookie-jar.ts'
