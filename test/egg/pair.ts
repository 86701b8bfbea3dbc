import { writeApp, type AppSpec, type Plugin } from './fixture.ts'
import type { Host } from './hosts.ts'
import { startApp, type StartError, type RunningApp } from './run.ts'
import { Site } from './site.ts'
import { STARTS, type Case } from './suite.ts'
import { normalise, type Transcript } from './transcript.ts'

/** An application that was started, or tried to be. */
export interface Trial {
  play(given: Case): Promise<Transcript>
  stop(): Promise<void>
}

/** Starts an application and keeps what it said while it started. */
export async function tryApp(
  workspace: string,
  host: Host,
  spec: AppSpec,
  plugin: Plugin,
  name: string = plugin,
): Promise<Trial> {
  const written = await writeApp(workspace, host, { ...spec, name: `${spec.name}-${name}` }, plugin)
  let app: RunningApp
  try {
    app = await startApp(written)
  } catch (error) {
    return failed(error as StartError)
  }
  const site = new Site(app)
  const { logs } = await site.take()
  const started: Transcript = [{ note: STARTS, value: { started: true, logs } }]

  return {
    async play(given) {
      if (given.name === STARTS) return started
      await site.begin()
      await given.run(site)
      return site.finish()
    },
    stop: () => app.stop(),
  }
}

function failed({ message, code, output }: StartError): Trial {
  const note = { note: STARTS, value: { started: false, message: oneLine(message), code } }
  return {
    play: async ({ name }) => {
      if (name !== STARTS) throw new Error(`the application did not start: ${message}\n${output}`)
      return normalise([note])
    },
    stop: async () => {},
  }
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ')
