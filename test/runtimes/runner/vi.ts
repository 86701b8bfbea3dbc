import { install, type Clock, type Config } from '@sinonjs/fake-timers'
import { fn, restoreAllMocks, spyOn as spyOnOwn } from '@vitest/spy'

let clock: Clock | undefined

const globals = new Map<string, unknown>()
const world = globalThis as Record<string, unknown>

/**
 * Spies on what an object inherits, too: that is made its own first, since what Bun inherits cannot
 * be deleted again where it is replaced, so that the spy would stay.
 */
const spyOn = ((object: any, name: string) => {
  if (!Object.hasOwn(object, name)) {
    Object.defineProperty(object, name, { value: object[name], writable: true, configurable: true })
  }
  return spyOnOwn(object, name)
}) as typeof spyOnOwn

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
  advanceTimersByTime: (ms: number): number => clock!.tick(ms),
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
