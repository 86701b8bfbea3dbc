import {
  cookieSession,
  expressSession,
  honoSession,
  honoSessions,
  ironSession,
} from '../../adapters/legacy.ts'
import type { Reader } from '../../src/index.ts'
import { UNTIL } from './fixture.ts'

const all = { cookieSession, expressSession, honoSession, honoSessions, ironSession }

/** The readers, which all end on the same day here. */
export const readers = Object.fromEntries(
  Object.entries(all).map(([name, make]) => [
    name,
    (options: object) => make({ until: UNTIL, ...options } as never),
  ]),
) as Record<keyof typeof all, (options: object) => Reader>
