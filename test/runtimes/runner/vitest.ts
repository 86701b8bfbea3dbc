/** What the tests import as `vitest`, made of its parts, which need nothing of Node. */
export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  onTestFinished,
} from '@vitest/runner'
export { expectTypeOf } from 'expect-type'
export { expect } from './expect.ts'
export { vi } from './vi.ts'
