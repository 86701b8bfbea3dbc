/** Something to be timed. */
export interface Subject {
  name: string
  run(): Promise<unknown>
  /** Checks what the runs of a batch have made; it takes none of the time. */
  check?(): Promise<unknown>
}

/** Processor time of a run, in µs: quartiles over the rounds. */
export interface Times {
  low: number
  median: number
  high: number
}

const ROUNDS = 31
const WARM_UP = 3
/** How long a batch is to take, in µs, within the limits below. */
const BATCH_TIME = 60_000
const SMALLEST_BATCH = 64
const LARGEST_BATCH = 5120
const AT_ONCE = 16

/** What subjects cost, in µs. */
export async function measure(subjects: Subject[]): Promise<Map<string, Times>> {
  const rounds = await timeRounds(subjects)
  return new Map(subjects.map(({ name }) => [name, quartiles(rounds.get(name)!)]))
}

/** What subjects cost above the first of them in the same round, in µs. */
export async function measureAbove(subjects: Subject[]): Promise<Map<string, Times>> {
  const rounds = await timeRounds(subjects)
  const [first, ...others] = subjects.map(({ name }) => name)
  const above = (name: string): number[] =>
    rounds.get(name)!.map((time, round) => time - rounds.get(first!)![round]!)
  return new Map(others.map((name) => [name, quartiles(above(name))]))
}

/**
 * Times subjects in turn, in an order shuffled anew each round, 16 at a time. Processor time of all
 * threads counts: it grows less than the time on the clock where the machine has other work.
 */
async function timeRounds(subjects: Subject[]): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]))
  const batches = new Map<string, number>()
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const { name, run, check } of shuffled(subjects)) {
      const time = await timeBatch(run, batches.get(name) ?? SMALLEST_BATCH)
      await check?.()
      if (round >= 0) times.get(name)!.push(time)
      else batches.set(name, batchFor(time))
    }
  }
  return times
}

function batchFor(time: number): number {
  const size = Math.round(BATCH_TIME / time / AT_ONCE) * AT_ONCE
  return Math.min(Math.max(size, SMALLEST_BATCH), LARGEST_BATCH)
}

async function timeBatch(run: () => Promise<unknown>, size: number): Promise<number> {
  const start = process.cpuUsage()
  let left = size
  const worker = async (): Promise<void> => {
    while (left-- > 0) await run()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  const { user, system } = process.cpuUsage(start)
  return (user + system) / size
}

function shuffled<value>(list: readonly value[]): value[] {
  return list
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

function quartiles(list: number[]): Times {
  const sorted = list.toSorted((a, b) => a - b)
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)]!
  return { low: at(0.25), median: at(0.5), high: at(0.75) }
}
