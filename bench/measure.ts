/** Something to be timed. */
export interface Subject {
  name: string
  run(): Promise<unknown>
  /** Checks what the runs of a batch have made; it takes none of the time. */
  check?(): Promise<unknown>
}

const ROUNDS = 21
const BATCH = 640
const AT_ONCE = 16

/**
 * Times subjects in turn, in an order shuffled anew each round, 16 at a time, and prints medians
 * and quartiles in µs above the floor, and the ratio to one of them. Processor time counts: it
 * grows less than the time on the clock where the machine has other work.
 */
export async function compare(
  title: string,
  subjects: Subject[],
  { floor, to }: { floor: string; to: string },
): Promise<void> {
  const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]))
  for (let round = -3; round < ROUNDS; round++) {
    for (const { name, run, check } of shuffled(subjects)) {
      const time = await timeBatch(run)
      await check?.()
      // The first rounds warm up.
      if (round >= 0) times.get(name)!.push(time)
    }
  }
  const base = quartile(times.get(floor)!, 0.5)
  const other = quartile(times.get(to)!, 0.5) - base
  console.log(`\n${title} (µs above "${floor}", which takes ${base.toFixed(1)})`)
  for (const [name, list] of times) {
    if (name === floor) continue
    const [low, median, high] = [0.25, 0.5, 0.75].map((at) => quartile(list, at) - base) as [
      number,
      number,
      number,
    ]
    const ratio = name === to ? '' : `  ${(median / other).toFixed(2)} of ${to}`
    const spread = `${low.toFixed(1)} … ${high.toFixed(1)}`
    console.log(`  ${name.padEnd(24)} ${median.toFixed(1).padStart(7)}  (${spread})${ratio}`)
  }
}

async function timeBatch(run: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage()
  let left = BATCH
  const worker = async (): Promise<void> => {
    while (left-- > 0) await run()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  const { user, system } = process.cpuUsage(start)
  return (user + system) / BATCH
}

function shuffled<value>(list: readonly value[]): value[] {
  return list
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

function quartile(list: number[], at: number): number {
  const sorted = list.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * at)]!
}
