import { install, type Clock, type Config } from '@sinonjs/fake-timers'
import { fn, restoreAllMocks, spyOn } from '@vitest/spy'

let clock: Clock | undefined

const globals = new Map<string, unknown>()
const world = globalThis as Record<string, unknown>

/** What the tests take of Vitest's `vi`. */
export const vi = {
  fn,
  spyOn,
  restoreAllMocks,
  useFakeTimers(options: Config): void {
    clock?.uninstall()
    clock = install(options)
  },
  useRealTimers(): void {
    clock?.uninstall()
    clock = undefined
  },
  setSystemTime: (time: number): void => clock!.setSystemTime(time),
  advanceTimersByTimeAsync: (ms: number): Promise<number> => clock!.tickAsync(ms),
  stubGlobal(name: string, value: unknown): void {
    if (!globals.has(name)) globals.set(name, world[name])
    world[name] = value
  },
  unstubAllGlobals(): void {
    for (const [name, value] of globals) world[name] = value
    globals.clear()
  },
  /** A bundle has each module once: tests that would have one anew are left out. */
  resetModules(): void {},
  getTimerCount: (): number => clock!.countTimers(),
}
