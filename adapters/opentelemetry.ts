/**
 * Spans and metrics of sessions, through `@opentelemetry/api`.
 *
 * ```ts
 * app.use(session({ secrets, on: createTelemetry() }))
 * ```
 *
 * @module
 */
import {
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type MeterProvider,
  type TracerProvider,
} from '@opentelemetry/api'
import type { SessionEvent, SessionListener } from '../src/index.ts'

/** Where spans and metrics go. */
export interface TelemetryOptions {
  /** Makes the tracer (default the global one). */
  tracerProvider?: TracerProvider
  /** Makes the meter (default the global one). */
  meterProvider?: MeterProvider
}

type Timing = Extract<SessionEvent, { duration: number }>

/** Most loads take microseconds, a store in another region tenths of a second. */
const BOUNDARIES = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/**
 * Makes a listener for the option `on`. A load, a commit and each store operation is a span below the
 * one that is active, and a value of the histogram of its kind; every other event adds one to
 * `session_kit.events`. Nothing that is told holds data, ids or secrets.
 *
 * | metric | kind, unit | attributes |
 * | --- | --- | --- |
 * | `session_kit.events` | counter, `{event}` | `session_kit.event`, `session_kit.key`, `session_kit.place`, `error.type` |
 * | `session_kit.load.duration` | histogram, `s` | `session_kit.outcome`, `session_kit.key`, `session_kit.place`, `error.type` |
 * | `session_kit.commit.duration` | histogram, `s` | the same |
 * | `session_kit.store.duration` | histogram, `s` | the same, and `session_kit.operation` |
 *
 * Spans, `load session`, `commit session`, and `get`, `set` or `destroy session record`, have the
 * attributes of their histogram; a commit's has `session_kit.bytes` besides.
 */
export function createTelemetry(options: TelemetryOptions = {}): SessionListener<unknown> {
  const { tracerProvider = trace, meterProvider = metrics } = options
  const tracer = tracerProvider.getTracer('session-kit')
  const meter = meterProvider.getMeter('session-kit')
  const events = meter.createCounter('session_kit.events', {
    description: 'What happened to sessions.',
    unit: '{event}',
  })
  const histogram = (step: Timing['type'], description: string) =>
    meter.createHistogram(`session_kit.${step}.duration`, {
      description,
      unit: 's',
      advice: { explicitBucketBoundaries: BOUNDARIES },
    })
  const durations = {
    load: histogram('load', 'How long sessions took to load.'),
    commit: histogram('commit', 'How long sessions took to commit.'),
    store: histogram('store', 'How long store operations took.'),
  }
  // An operation that failed tells why, and then at once how long it took.
  let failure = '_OTHER'

  function time(event: Timing, attributes: Attributes): void {
    const { type, duration, now, outcome } = event
    const isFailed = outcome === 'failed'
    Object.assign(attributes, {
      'session_kit.outcome': outcome,
      ...(type === 'store' && { 'session_kit.operation': event.operation }),
      ...(isFailed && { 'error.type': type === 'store' ? failure : '_OTHER' }),
    })
    durations[type].record(duration / 1000, attributes)
    const name = type === 'store' ? `${event.operation} session record` : `${type} session`
    const span = tracer.startSpan(name, {
      kind: type === 'store' ? SpanKind.CLIENT : SpanKind.INTERNAL,
      startTime: now - duration,
      attributes: {
        ...attributes,
        ...(type === 'commit' && { 'session_kit.bytes': event.bytes }),
      },
    })
    if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(now)
  }

  return function telemetry(event) {
    const attributes: Attributes = {
      'session_kit.key': event.key,
      'session_kit.place': event.place,
    }
    if ('duration' in event) return time(event, attributes)
    if (event.type === 'store-error') attributes['error.type'] = failure = event.error.code
    events.add(1, { ...attributes, 'session_kit.event': event.type })
  }
}
