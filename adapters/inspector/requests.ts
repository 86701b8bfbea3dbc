import type { SessionEvent } from '../../src/index.ts'
import { html, type Html } from './html.ts'
import type { RecordedRequest } from './recorder.ts'
import { clock } from './time.ts'

/** How an event is shown: a word, what it means to a visitor, and what else it tells. */
interface Told {
  word: string
  tone: 'good' | 'bad' | 'ended' | 'plain'
  detail?: string
}

const TONES: Record<string, Told['tone']> = {
  loaded: 'good',
  created: 'good',
  renewed: 'good',
  regenerated: 'good',
  rotated: 'good',
  destroyed: 'ended',
  none: 'plain',
}

/** The last requests of this browser, and what became of sessions in them. */
export function requests(recorded: readonly RecordedRequest[], name: string): Html {
  const shown = recorded.flatMap(({ events, ...request }) => {
    const own = events.filter(({ key }) => key === name)
    return own.length ? [{ ...request, events: own }] : []
  })
  if (!shown.length) {
    return html`<p class="note">
      From now on, what this browser’s requests do to the session shows here.
    </p>`
  }
  return html`<ol class="requests">
    ${shown.map(request)}
  </ol>`
}

function request({ at, method, path, events }: RecordedRequest): Html {
  return html`<li>
    <p><span class="method">${method}</span> <span class="path">${path}</span> ${clock(at)}</p>
    <ul class="events">
      ${tell(events).map(event)}
    </ul>
  </li>`
}

function event({ word, tone, detail }: Told): Html {
  return html`<li class="${tone}"><b>${word}</b>${detail && html` <span>${detail}</span>`}</li>`
}

/** What events have to say, each once: how a load ended comes with how long it took. */
export function tell(events: readonly SessionEvent[]): Told[] {
  const outcomes = events.map((event) => event.type === 'load' && event.outcome)
  return events.flatMap((event): Told[] => {
    switch (event.type) {
      case 'load':
        return [loadTold(event.outcome, event.duration)]
      case 'commit':
        return event.outcome === 'nothing' ? [] : [commitTold(event)]
      case 'store': {
        const tone = event.outcome === 'done' ? 'plain' : 'bad'
        return [{ word: event.operation, tone, detail: milliseconds(event.duration) }]
      }
      case 'store-error':
        return [{ word: 'store error', tone: 'bad', detail: event.error.message }]
      default:
        return outcomes.includes(event.type as never)
          ? []
          : [{ word: event.type, tone: TONES[event.type] ?? 'bad' }]
    }
  })
}

function loadTold(outcome: string, duration: number): Told {
  const word = outcome === 'none' ? 'no session' : outcome === 'failed' ? 'not loaded' : outcome
  return { word, tone: TONES[outcome] ?? 'bad', detail: milliseconds(duration) }
}

function commitTold(event: Extract<SessionEvent, { type: 'commit' }>): Told {
  const { outcome, bytes, duration } = event
  const size = bytes ? `${bytes} bytes, ` : ''
  const tone = outcome === 'dropped' || outcome === 'failed' ? 'bad' : 'plain'
  return { word: `commit: ${outcome}`, tone, detail: size + milliseconds(duration) }
}

function milliseconds(duration: number): string {
  return `${duration.toFixed(duration < 10 ? 2 : 0)} ms`
}
