import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
  type ExpectStatic,
} from '@vitest/expect'

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)

function assertThat(value: unknown, message?: string): unknown {
  setState({ assertionCalls: getState(expect).assertionCalls + 1 }, expect)
  return chai.expect(value, message)
}

/** Vitest's `expect`, without what needs its command: snapshots and polling. */
export const expect = Object.assign(
  assertThat,
  chai.expect,
  (globalThis as any)[ASYMMETRIC_MATCHERS_OBJECT],
  {
    assertions: (count: number): void => setState({ expectedAssertionsNumber: count }, expect),
    unreachable: (): never => chai.assert.fail('expected not to be reached'),
  },
) as ExpectStatic

/** Begins to count a test's assertions. */
export function beginAssertions(): void {
  setState({ assertionCalls: 0, expectedAssertionsNumber: null }, expect)
}

/** Fails if a test has not made as many assertions as it said. */
export function checkAssertions(): void {
  const { assertionCalls, expectedAssertionsNumber: count } = getState(expect)
  if (typeof count === 'number') chai.expect(assertionCalls, 'assertions').to.equal(count)
}
