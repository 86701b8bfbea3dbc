import { build } from 'esbuild'
import { runWorker, type WorkerParts } from '../../test/workerd/running.ts'
import { worker as target } from '../bundle.ts'
import { childrenOf, timeOf } from '../clock.ts'
import { buildEntry } from '../engines.ts'
import type { Subject } from '../subject.ts'
import { peersFolder } from '../peers/index.ts'

/** A Worker in workerd, and the processor time that it takes. */
export interface Running {
  /** Asks it for something; fails unless it succeeds. */
  ask(path: string): Promise<string>
  /** In µs. */
  clock(): number
  stop(): Promise<void>
}

/** Starts a Worker in a process of its own. */
export async function start(code: string, parts?: WorkerParts): Promise<Running> {
  const others = childrenOf('workerd')
  const running = await runWorker(code, undefined, parts)
  const [pid] = childrenOf('workerd').filter((one) => !others.includes(one))
  if (!pid) throw new Error('There is no process of workerd, or no /proc to find it.')
  return {
    async ask(path) {
      const response = await fetch(new URL(path, running.url))
      const text = await response.text()
      if (!response.ok) throw new Error(`The Worker answered ${response.status}: ${text}`)
      return text
    },
    clock: () => timeOf(pid),
    stop: running.stop,
  }
}

/** The Worker that has the libraries in it. */
export async function startLibraries(): Promise<Running> {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import * as jose from 'jose'
        import * as ironSession from 'iron-session'
        import * as honoSession from '@hono/session'
        import * as honoSessionCookies from '@hono/session/cookies'
        import * as honoSessions from 'hono-sessions'
        import * as kit from 'kit'
        import { createBench } from '../workerd/worker.ts'

        export default createBench(kit, {
          jose,
          'iron-session': ironSession,
          '@hono/session': honoSession,
          '@hono/session/cookies': honoSessionCookies,
          'hono-sessions': honoSessions,
        })`,
      resolveDir: peersFolder,
    },
    plugins: [
      {
        name: 'kit',
        setup(build) {
          build.onResolve({ filter: /^kit$/ }, () => ({ path: 'kit', namespace: 'kit' }))
          build.onLoad({ filter: /./, namespace: 'kit' }, () => {
            return { contents: buildEntry, resolveDir: peersFolder }
          })
        },
      },
    ],
    bundle: true,
    // Else the paths that the compiler takes in here would hold for the bundle, too.
    tsconfigRaw: {},
    format: 'esm',
    target: 'es2022',
    mainFields: ['module', 'main'],
    write: false,
    ...target,
  })
  return start(outputFiles![0]!.text)
}

/** What is timed there: a size of `seal`, or the index of a case of `hono`. */
export async function subjectsOf(
  { ask, clock }: Running,
  part: 'seal' | 'hono',
  which: number,
): Promise<{ subjects: Subject[]; lines: Record<string, number> }> {
  const { names, lines } = JSON.parse(await ask(`/${part}/${which}`)) as {
    names: string[]
    lines: Record<string, number>
  }
  const subjects = names.map((name): Subject => {
    const path = `/${part}/${which}?name=${encodeURIComponent(name)}`
    return {
      name,
      run: (times) => ask(`${path}&times=${times}`),
      check: () => ask(path),
      clock,
    }
  })
  return { subjects, lines }
}
