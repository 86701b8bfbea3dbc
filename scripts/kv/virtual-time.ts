/** Time that passes as quickly as its events are done: timers included, and for one run after another. */
export interface VirtualTime {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs events, each at its time after the start, and the timers that they set, to their ends. */
  run(events: readonly { time: number; run(): Promise<unknown> }[]): Promise<void>
}

interface Timer {
  time: number
  call(): unknown
}

/** Makes virtual time, and takes the place of the global timers for good. */
export function createVirtualTime(start: number): VirtualTime {
  let now = start
  let last = 0
  const timers = new Map<number, Timer>()

  Object.assign(globalThis, {
    setTimeout(call: () => unknown, ms = 0): number {
      timers.set(++last, { time: now + ms, call })
      return last
    },
    clearTimeout: (id: number): void => void timers.delete(id),
  })

  function takeTimer(before: number): Timer | undefined {
    let first: number | undefined
    for (const [id, { time }] of timers) {
      if (time <= before && (first === undefined || time < timers.get(first)!.time)) first = id
    }
    const timer = timers.get(first!)
    timers.delete(first!)
    return timer
  }

  /** Lets everything go on that waits for no timer. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  async function runTimers(until: number): Promise<void> {
    for (let timer = takeTimer(until); timer; timer = takeTimer(until)) {
      now = timer.time
      timer.call()
      await settle()
    }
  }

  return {
    now: () => now,
    async run(events) {
      const runs: Promise<unknown>[] = []
      now = start
      for (const { time, run } of events) {
        await runTimers(start + time)
        now = start + time
        runs.push(run())
        await settle()
      }
      await runTimers(Infinity)
      await Promise.all(runs)
    },
  }
}
