import type { SessionEvent } from '../../src/index.ts'

/** A request as the inspector shows it, and what happened to sessions in it. */
export interface RecordedRequest {
  /** When it came, in milliseconds since the epoch. */
  at: number
  method: string
  path: string
  events: SessionEvent[]
}

/** What a listener can learn of the request that an event belongs to. */
export interface Source {
  /** Which browser sent it: `undefined` unless it has seen the inspector. */
  browser: string | undefined
  method: string
  path: string
}

/** Remembers the last requests of each browser that looks at the inspector. */
export interface Recorder {
  note(event: SessionEvent, ctx: object, source: () => Source): void
  /** The newest first. */
  requestsOf(browser: string): readonly RecordedRequest[]
}

const MOST_BROWSERS = 20
const MOST_REQUESTS = 30
const MOST_EVENTS = 40

/** Makes a recorder. It keeps what events tell, which are neither data nor ids, in memory. */
export function createRecorder(): Recorder {
  const browsers = new Map<string, RecordedRequest[]>()
  const requests = new WeakMap<object, RecordedRequest | null>()

  function begin({ now }: SessionEvent, { browser, method, path }: Source): RecordedRequest | null {
    if (browser === undefined) return null
    const request = { at: now, method, path, events: [] }
    const before = browsers.get(browser) ?? []
    // Whoever was here last is the last to be forgotten.
    browsers.delete(browser)
    browsers.set(browser, [request, ...before].slice(0, MOST_REQUESTS))
    for (const oldest of [...browsers.keys()].slice(0, -MOST_BROWSERS)) browsers.delete(oldest)
    return request
  }

  return {
    note(event, ctx, source) {
      let request = requests.get(ctx)
      if (request === undefined) requests.set(ctx, (request = begin(event, source())))
      if (request && request.events.length < MOST_EVENTS) request.events.push(event)
    },
    requestsOf: (browser) => browsers.get(browser) ?? [],
  }
}
