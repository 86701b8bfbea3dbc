import { afterAll, beforeAll, describe, onTestFinished } from 'vitest'
import { writeApp, type AppSpec, type Plugin } from './fixture.ts'
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
  /** Starts an application, which ends with the test. */
  start(spec: AppSpec, plugin?: Plugin): Promise<Site>
  /** Starts one before the tests, which ends after them. */
  open(spec: AppSpec, plugin?: Plugin): Promise<Site>
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

    const run = async (spec: AppSpec, plugin: Plugin = 'kit'): Promise<RunningApp> =>
      startApp(await writeApp(workspace, host, spec, plugin))

    define({
      host,
      workspace: () => workspace,
      async start(spec, plugin) {
        const app = await run(spec, plugin)
        onTestFinished(() => app.stop())
        return new Site(app)
      },
      async open(spec, plugin) {
        const app = await run(spec, plugin)
        running.push(app)
        return new Site(app)
      },
    })
  })
}

afterAll(async () => {
  if (packed) await removeKitPackage(await packed)
})
