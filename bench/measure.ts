import { ownTime } from './clock.ts'
import { JUDGED } from './names.ts'
import type { Subject } from './subject.ts'

/** Processor time of a run, in µs: quartiles over the rounds. */
export interface Times {
  low: number
  median: number
  high: number
  /** Of each round, in order: two that ran in one round are compared by that. */
  rounds: number[]
}

/** How much is done to know. */
export interface Effort {
  rounds: number
  /** Rounds before the first that counts. */
  warmUp: number
  /** How long a batch is to take, in µs. */
  batchTime: number
  /** How many operations it has at least. */
  smallestBatch: number
  /** Whether only what the aims name is measured. */
  isGuard: boolean
}

/** What the tables are made with. */
export const LONG: Effort = {
  rounds: 21,
  warmUp: 3,
  batchTime: 60_000,
  smallestBatch: 64,
  isGuard: false,
}
/** What a check takes. */
export const SHORT: Effort = { ...LONG, rounds: 13, warmUp: 2, batchTime: 30_000, isGuard: true }

const LARGEST_BATCH = 5120

/** What subjects cost, in µs. */
export async function measure(subjects: Subject[], effort: Effort): Promise<Map<string, Times>> {
  const rounds = await timeRounds(subjects, effort)
  return new Map([...rounds].map(([name, times]) => [name, quartiles(times)]))
}

/** What subjects cost above the first of them in the same round, in µs. */
export async function measureAbove(
  subjects: Subject[],
  effort: Effort,
): Promise<Map<string, Times>> {
  const [[, floor], ...others] = [...(await timeRounds(subjects, effort))] as [
    [string, number[]],
    ...[string, number[]][],
  ]
  return new Map(
    others.map(([name, times]) => [
      name,
      quartiles(times.map((time, round) => time - floor[round]!)),
    ]),
  )
}

/**
 * Times subjects in turn, in an order shuffled anew each round. Processor time of all threads
 * counts: it grows less than the time on the clock where the machine has other work.
 */
async function timeRounds(all: Subject[], effort: Effort): Promise<Map<string, number[]>> {
  const subjects = effort.isGuard ? all.filter(({ name }) => JUDGED.has(name)) : all
  const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]))
  const batches = new Map<string, number>()
  for (let round = -effort.warmUp; round < effort.rounds; round++) {
    for (const subject of shuffled(subjects)) {
      const { name, check } = subject
      const time = await timeBatch(subject, batches.get(name) ?? effort.smallestBatch)
      await check?.()
      if (round >= 0) times.get(name)!.push(time)
      else batches.set(name, batchFor(time, effort))
    }
  }
  return times
}

function batchFor(time: number, { batchTime, smallestBatch }: Effort): number {
  const size = Math.round(batchTime / time)
  return Math.min(Math.max(size, smallestBatch), LARGEST_BATCH)
}

async function timeBatch({ run, clock = ownTime }: Subject, size: number): Promise<number> {
  const start = clock()
  await run(size)
  return (clock() - start) / size
}

/** A list in an order drawn anew. */
export function shuffled<value>(list: readonly value[]): value[] {
  return list
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

/** How much more one takes than another: the median over the rounds, which both ran in. */
export function ratioOf(one: Times, other: Times): number {
  return quartiles(one.rounds.map((time, round) => time / other.rounds[round]!)).median
}

/** The quartiles of a list. */
export function quartiles(list: number[]): Times {
  const sorted = list.toSorted((a, b) => a - b)
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)]!
  return { low: at(0.25), median: at(0.5), high: at(0.75), rounds: list }
}
