import { afterAll, beforeAll, describe } from 'vitest'
import type { AppSpec, Plugin } from './fixture.ts'
import { writeApp } from './fixture.ts'
import { hosts, type Host } from './hosts.ts'
import { installKit, kitPackage, removeKitPackage, type KitPackage } from './kit-package.ts'
import { startApp, type RunningApp } from './run.ts'
import { Site } from './site.ts'
import { closeWorkspace, openWorkspace } from './workspace.ts'

/** What the tests of one host work with. */
export interface Stage {
  host: Host
  /** The folder that all of its applications are in. */
  workspace(): string
  /** Starts an application, which ends with the tests of this host. */
  start(spec: AppSpec, plugin?: Plugin): Promise<Site>
}

let packed: Promise<KitPackage> | undefined

/** Defines tests once for each way to run Egg, with the package as it would be published. */
export function describeHosts(title: string, define: (stage: Stage) => void): void {
  describe.each(hosts)(`${title}: $title`, (host) => {
    const running: RunningApp[] = []
    let workspace = ''

    beforeAll(async () => {
      workspace = await openWorkspace(host)
      const kit = await (packed ??= kitPackage())
      if (!kit.ready) throw new Error(kit.reason)
      await installKit(kit, workspace)
    })
    afterAll(async () => {
      await Promise.all(running.map((app) => app.stop()))
      await closeWorkspace(workspace)
    })

    define({
      host,
      workspace: () => workspace,
      async start(spec, plugin = 'kit') {
        const app = await startApp(await writeApp(workspace, host, spec, plugin))
        running.push(app)
        return new Site(app)
      },
    })
  })
}

afterAll(async () => {
  if (packed) await removeKitPackage(await packed)
})
