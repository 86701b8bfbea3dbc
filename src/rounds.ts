/** How often a record is written that others keep changing. */
export const MOST_ROUNDS = 32

/** Lets some time pass, never the same: of two requests in step one would lose every round. */
export function pause(round: number): Promise<void> {
  const longest = Math.min(2 ** round, 100)
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest))
}
