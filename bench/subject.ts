/** Something to be timed. */
export interface Subject {
  name: string
  /** Runs it so many times. */
  run(times: number): Promise<unknown>
  /** Checks what the runs of a batch have made; it takes none of the time. */
  check?(): Promise<unknown>
  /** The processor time taken so far, in µs, where another process works (default: this one's). */
  clock?(): number
}

/** More than one at a time: alone, a call of Web Crypto on Node waits for a thread to wake up. */
const AT_ONCE = 16

/** Runs something so many times, 16 at a time. */
export async function together(times: number, run: () => Promise<unknown>): Promise<void> {
  let left = times
  const worker = async (): Promise<void> => {
    while (left-- > 0) await run()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
