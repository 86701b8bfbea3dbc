import type { Fetcher } from '../../src/fetch.ts'

/** A request that a store sent, as a server sees it. */
export interface Sent {
  method: string
  url: string
  headers: Record<string, string>
  body: string
}

/** Something that answers requests, and keeps them. */
export interface Recorder extends Fetcher {
  sent: Sent[]
}

/** Answers every request with what is made for it, 204 by default. */
export function createRecorder(
  answer: (request: Request) => Response | Promise<Response> = () =>
    new Response(null, { status: 204, headers: { etag: '"1"' } }),
): Recorder {
  const sent: Sent[] = []
  return {
    sent,
    async fetch(request) {
      const { method, url, headers } = request
      const body = await request.clone().text()
      sent.push({ method, url, headers: Object.fromEntries(headers), body })
      return answer(request)
    },
  }
}

/** How the operations of a store are called. */
export const read = { rolling: false, ctx: undefined }
export const write = { rolling: false, changed: true, ctx: undefined }
export const end = { ctx: undefined }

/** Does something a hundred times in a row, and says how long that takes. */
export async function timesOf(name: string, act: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < 100; n++) {
    const begun = performance.now()
    await act()
    times.push(performance.now() - begun)
  }
  times.sort((a, b) => a - b)
  console.log(`${name}: median ${times[50]!.toFixed(2)} ms, p95 ${times[95]!.toFixed(2)} ms`)
  return times
}
