import { AsyncLocalStorage } from 'node:async_hooks'
import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
} from '@opentelemetry/api'
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTelemetry } from '../adapters/opentelemetry.ts'
import { createServerTiming } from '../adapters/server-timing.ts'
import { createSessionManager, type SessionOptions } from '../src/index.ts'
import { createClock, NOON, SECOND } from './fixtures/clock.ts'
import { createRecordingStore } from './fixtures/recording-store.ts'
import { SECRET } from './fixtures/secrets.ts'
import { createVisitor, type Visitor } from './fixtures/visitor.ts'

/** The SDK as an application sets it up, with exporters that keep what they get. */
function setUpSdk() {
  const spans = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(spans)],
  })
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  onTestFinished(async () => {
    await meterProvider.shutdown()
    await tracerProvider.shutdown()
  })

  async function metrics() {
    exporter.reset()
    await meterProvider.forceFlush()
    return exporter.getMetrics().flatMap((one) => one.scopeMetrics.flatMap((one) => one.metrics))
  }

  /** What the counter counted, by the type of event. */
  async function counts(): Promise<Record<string, unknown>> {
    const counter = (await metrics()).find(({ descriptor }) => descriptor.unit === '{event}')
    return Object.fromEntries(
      (counter?.dataPoints ?? []).map(({ attributes, value }) => [
        attributes['session_kit.event'],
        value,
      ]),
    )
  }

  const finished = (): ReadableSpan[] => spans.getFinishedSpans()
  return { tracerProvider, meterProvider, metrics, counts, finished }
}

type Sdk = ReturnType<typeof setUpSdk>

function visitorOf(sdk: Sdk, options: Partial<SessionOptions> = {}): Visitor {
  const { now } = createClock()
  return createVisitor(
    createSessionManager({
      secrets: SECRET,
      key: 'sid',
      now,
      on: createTelemetry(sdk),
      ...options,
    }),
  )
}

const milliseconds = ([seconds, nanoseconds]: [number, number]): number =>
  seconds * 1000 + nanoseconds / 1e6

describe('telemetry', () => {
  it('makes a span of each load, each store operation and each commit', async () => {
    const sdk = setUpSdk()
    const { visit } = visitorOf(sdk, { store: createRecordingStore() })
    await visit((session) => (session.user = 'fred'))
    await visit((session) => session.destroy())
    const spans = sdk.finished()

    expect(spans.map(({ name }) => name)).toEqual([
      'load session',
      'set session record',
      'commit session',
      'get session record',
      'load session',
      'destroy session record',
      'commit session',
    ])
    const common = { 'session_kit.key': 'sid', 'session_kit.place': 'store' }
    expect(spans[1]!.attributes).toEqual({
      ...common,
      'session_kit.operation': 'set',
      'session_kit.outcome': 'done',
    })
    expect(spans[2]!.attributes).toEqual({
      ...common,
      'session_kit.bytes': expect.any(Number),
      'session_kit.outcome': 'create',
    })
    expect(spans.map(({ kind }) => kind === SpanKind.CLIENT)).toEqual(
      spans.map(({ name }) => name.endsWith('record')),
    )
    for (const { startTime, endTime, instrumentationScope, status } of spans) {
      expect(milliseconds(endTime)).toBeCloseTo(NOON, 3)
      expect(milliseconds(startTime)).toBeLessThan(NOON)
      expect(milliseconds(startTime)).toBeGreaterThan(NOON - 10 * SECOND)
      expect(instrumentationScope.name).toBe('session-kit')
      expect(status.code).toBe(SpanStatusCode.UNSET)
    }
  })

  it('puts them below the span that is active, request by request', async () => {
    const storage = new AsyncLocalStorage<Context>()
    context.setGlobalContextManager({
      active: () => storage.getStore() ?? ROOT_CONTEXT,
      with: (context, run, self, ...args) => storage.run(context, () => run.apply(self, args)),
      bind: (_, target) => target,
      enable: () => storage as never,
      disable: () => storage as never,
    })
    onTestFinished(() => context.disable())
    const sdk = setUpSdk()
    trace.setGlobalTracerProvider(sdk.tracerProvider)
    onTestFinished(() => trace.disable())
    // Without options it takes what is global.
    const manager = createSessionManager({
      secrets: SECRET,
      store: createRecordingStore(),
      on: createTelemetry(),
    })
    const tracer = trace.getTracer('application')
    await Promise.all(
      ['a', 'b'].map((name) =>
        tracer.startActiveSpan(name, async (span) => {
          await createVisitor(manager).visit((session) => (session.user = name))
          span.end()
        }),
      ),
    )

    const spans = sdk.finished()
    const requests = spans.filter(({ name }) => /^[ab]$/.test(name))
    expect(requests).toHaveLength(2)
    for (const request of requests) {
      const { spanId } = request.spanContext()
      const below = spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === spanId)
      expect(below.map(({ name }) => name)).toEqual([
        'load session',
        'set session record',
        'commit session',
      ])
    }
  })

  it('counts events', async () => {
    const sdk = setUpSdk()
    const { visit } = visitorOf(sdk)
    await visit((session) => (session.user = 'fred'))
    for (let n = 0; n < 3; n++) await visit((session) => (session.n = n))
    await visit((session) => session.regenerate())
    expect(await sdk.counts()).toEqual({ created: 1, loaded: 4, regenerated: 1 })
  })

  it('measures in seconds, in buckets that fit', async () => {
    const sdk = setUpSdk()
    const { visit } = visitorOf(sdk, { store: createRecordingStore() })
    await visit((session) => (session.user = 'fred'))
    await visit((session) => (session.n = 1))
    const metrics = await sdk.metrics()
    const histograms = metrics.filter(({ descriptor }) => descriptor.unit === 's')

    expect(histograms.map(({ descriptor }) => descriptor.name).toSorted()).toEqual([
      'session_kit.commit.duration',
      'session_kit.load.duration',
      'session_kit.store.duration',
    ])
    for (const histogram of histograms) {
      expect(histogram.dataPointType).toBe(DataPointType.HISTOGRAM)
      for (const { value } of histogram.dataPoints) {
        const { sum, buckets } = value as { sum: number; buckets: { boundaries: number[] } }
        expect(sum).toBeGreaterThan(0)
        expect(sum).toBeLessThan(1)
        expect(buckets.boundaries[0]).toBe(0.0001)
      }
    }
  })

  it('says what failed, by the conventional error.type, and nothing that the store said', async () => {
    const sdk = setUpSdk()
    const store = createRecordingStore()
    const { visit } = visitorOf(sdk, { store })
    await visit((session) => (session.user = 'fred'))
    store.instead.get = () => Promise.reject(new Error('canary'))
    await visit().catch(() => {})
    const [get, load] = sdk.finished().slice(-2)

    expect(get!.attributes['error.type']).toBe('ERR_SESSION_STORE')
    expect(load!.attributes['error.type']).toBe('_OTHER')
    expect([get!, load!].map(({ status }) => status)).toEqual([
      { code: SpanStatusCode.ERROR },
      { code: SpanStatusCode.ERROR },
    ])
    expect((await sdk.counts())['store-error']).toBe(1)
    const all = JSON.stringify([
      sdk.finished().map(({ name, attributes, events }) => [name, attributes, events]),
      await sdk.metrics(),
    ])
    expect(all).not.toMatch(/canary|fred/)
    for (const key of store.records.keys()) expect(all).not.toContain(key)
  })

  it('has names as the conventions want them: dots, lower case, no namespace of theirs', async () => {
    const sdk = setUpSdk()
    const { visit } = visitorOf(sdk)
    await visit((session) => (session.user = 'fred'))
    const names = [
      ...sdk.finished().flatMap(({ attributes }) => Object.keys(attributes)),
      ...(await sdk.metrics()).map(({ descriptor }) => descriptor.name),
    ]
    for (const name of names) expect(name).toMatch(/^session_kit(\.[a-z_]+)+$/)
  })

  it('goes with other listeners, and does nothing where no SDK is set up', async () => {
    const heard: string[] = []
    const { visit } = createVisitor(
      createSessionManager({
        secrets: SECRET,
        on: [createTelemetry(), ({ type }) => heard.push(type), createServerTiming()],
      }),
    )
    await visit((session) => (session.user = 'fred'))
    expect(heard).toEqual(['load', 'created', 'commit'])
  })
})
