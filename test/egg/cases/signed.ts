import type { AppSpec } from '../fixture.ts'
import type { Suite } from '../suite.ts'
import { attributeCases } from './attributes.ts'
import { hooks } from './hooks.ts'
import { lifetime } from './lifetime.ts'
import { oddCookies, oddEncrypted } from './odd-cookies.ts'
import { places } from './places.ts'
import { members, writing } from './writing.ts'

/** Egg's own tools for tests, and one path without the session's middleware. */
export const playground: Pick<AppSpec, 'plugins'> = {
  plugins: (host) => ({ 'egg-mock': { enable: true, package: host.packages.mock } }),
}

/** Sessions in signed cookies, which both plugins write alike with nothing said. */
export const signed: Suite = {
  app: { ...playground, name: 'signed', session: { encrypt: false, ignore: '/ignored' } },
  cases: [
    ...writing,
    ...members,
    ...lifetime,
    ...attributeCases,
    ...hooks,
    ...oddCookies,
    ...places,
  ],
}

/** Sessions in Egg's encrypted cookies, which the kit writes when told to write the host's format. */
export const encrypted: Suite = {
  app: {
    ...playground,
    name: 'encrypted',
    session: { encrypt: true, ignore: '/ignored' },
    kit: { format: 'host' },
  },
  cases: [...writing, ...lifetime, ...oddEncrypted],
}
