/** Fails a case with a sentence that says what a store has to do. */
export function check(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`${sentence}.`)
}

/** Fails a case unless two values are equal as JSON is: keys in any order, prototypes aside. */
export function checkEqual(actual: unknown, expected: unknown, sentence: string): void {
  if (isEqual(actual, expected)) return
  throw new Error(`${sentence}: expected ${show(expected)}, got ${show(actual)}.`)
}

/** Fails a case unless a `get` found nothing, or the mark of what has ended. */
export function checkGone(found: unknown, sentence: string): void {
  if (found === null || found === undefined) return
  if ((found as { _ended?: unknown })._ended === true) return
  throw new Error(`${sentence}: expected null or undefined, got ${show(found)}.`)
}

/** Fails a case unless an answer is the one of two booleans. */
export function checkAnswer(actual: unknown, expected: boolean, sentence: string): void {
  if (actual !== expected) throw new Error(`${sentence}: answer ${expected}, not ${show(actual)}.`)
}

/** Whether two values are equal as JSON is. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  )
}

const LONGEST = 300

function show(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // A cycle or a BigInt; its name has to do.
  }
  text ??= String(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
