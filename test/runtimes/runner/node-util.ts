import { chai } from '@vitest/expect'

/** Shows a thing, where a runtime has no `node:util`. */
export const inspect = (thing: unknown): string => chai.util.inspect(thing, true, 9)
