import { cookies } from './cases/cookies.ts'
import { data } from './cases/data.ts'
import { ending } from './cases/ending.ts'
import { errors } from './cases/errors.ts'
import { lifetime } from './cases/lifetime.ts'
import { options } from './cases/options.ts'
import { reading } from './cases/reading.ts'
import { sequences } from './cases/sequences.ts'
import type { Case } from './run.ts'

/** Everything koa-session is known to do, as requests to an application. */
export const cases: Case[] = [
  ...reading,
  ...errors,
  ...lifetime,
  ...ending,
  ...data,
  ...options,
  ...cookies,
  ...sequences,
]
