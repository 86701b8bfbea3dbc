import type { Suite } from '../suite.ts'
import { defaults } from './defaults.ts'
import { cluster, csrf, disabled, invalid, production, rotated, sealed, unset } from './others.ts'
import { egg3Plugins } from './plugins.ts'
import { redis } from './redis.ts'
import { encrypted, signed } from './signed.ts'
import { store } from './store.ts'

export const suites: Suite[] = [
  defaults,
  signed,
  encrypted,
  sealed,
  store,
  csrf,
  rotated,
  production,
  disabled,
  invalid,
  unset,
  egg3Plugins,
  cluster,
  redis,
]
