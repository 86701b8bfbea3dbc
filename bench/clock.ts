import { readdirSync, readFileSync } from 'node:fs'

/** The processor time of this process, in µs: of all its threads. */
export function ownTime(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/**
 * The processor time of another process, in µs, of the threads that it has now. Linux tells it to
 * the nanosecond, where `ps` counts in hundredths of a second.
 */
export function timeOf(pid: number): number {
  let time = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [running] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    time += Number(running)
  }
  return time / 1000
}

/** The processes that this one has started, and that run now, by the start of their command. */
export function childrenOf(name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const [, command, parent] = /\((.*)\) \S+ (\d+)/.exec(
          readFileSync(`/proc/${pid}/stat`, 'utf8'),
        )!
        return command!.startsWith(name) && Number(parent) === process.pid
      } catch {
        // It has ended meanwhile.
        return false
      }
    })
    .map(Number)
}
