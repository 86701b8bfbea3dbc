// Workers, each time in a fresh isolate.
import { measureAbove, type Effort, type Times } from '../measure.ts'
import type { Subject } from '../subject.ts'
import { start } from './running.ts'

/** The Worker that all others are measured above. */
export const EMPTY = `export default { fetch: () => new Response() }`

/**
 * µs of processor time from nothing to the first response, above the first Worker. Each time is of
 * an isolate of its own, which the Worker loader makes: what a new process takes is not in it.
 *
 * @param codes The Workers, by name.
 * @param hasCookie Whether one has to answer with a cookie.
 */
export async function measureIsolates(
  codes: Record<string, string>,
  hasCookie: (name: string) => boolean,
  effort: Effort,
): Promise<Map<string, Times>> {
  const names = Object.keys(codes)
  const { ask, clock, stop } = await start(loader(codes, names.filter(hasCookie)), {
    env: { LOADER: { type: 'worker-loader' } },
  })
  const subjects = names.map((name): Subject => {
    return {
      name,
      run: (times) => ask(`/?name=${encodeURIComponent(name)}&times=${times}`),
      clock,
    }
  })
  try {
    return await measureAbove(subjects, {
      ...effort,
      warmUp: 1,
      smallestBatch: 8,
      isGuard: false,
    })
  } finally {
    await stop()
  }
}

/** A Worker that starts others in as many isolates as it is asked for, one after the other. */
function loader(codes: Record<string, string>, withCookie: string[]): string {
  return `
    const codes = ${JSON.stringify(codes)}
    const withCookie = ${JSON.stringify(withCookie)}
    let count = 0
    export default {
      async fetch({ url }, { LOADER }) {
        const { searchParams } = new URL(url)
        const name = searchParams.get('name')
        for (let times = Number(searchParams.get('times')); times > 0; times--) {
          const worker = LOADER.get(name + count++, () => ({
            compatibilityDate: '2026-06-01',
            mainModule: 'main.js',
            modules: { 'main.js': codes[name] },
          }))
          const response = await worker.getEntrypoint().fetch('https://app.test/')
          await response.text()
          const hasCookie = response.headers.has('set-cookie')
          if (!response.ok || hasCookie !== withCookie.includes(name)) {
            throw new Error(name + ' answered ' + response.status + ': ' + hasCookie)
          }
        }
        return new Response()
      },
    }`
}
