import type { AppSpec } from './fixture.ts'
import type { HostName } from './hosts.ts'
import type { Site } from './site.ts'

/** One behaviour: the requests that show it, written down in the site's transcript. */
export interface Case {
  name: string
  hosts?: HostName[]
  run(site: Site): Promise<unknown>
}

/** The cases that share one application. */
export interface Suite {
  app: AppSpec
  cases: Case[]
  /** Whether something it needs is not there. */
  skip?: boolean
}

/** What every application is asked first: whether it starts, and what it says then. */
export const STARTS = 'starts'

export const runsOn = ({ hosts }: { hosts?: HostName[] }, host: HostName): boolean =>
  hosts?.includes(host) ?? true
