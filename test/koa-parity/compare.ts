import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { unpack } from './stage.ts'
import type { Call, Loose } from './stage.ts'
import type { Failure, Step, Transcript } from './run.ts'

type Field = Exclude<keyof Step, 'sent'>

/**
 * A transcript as far as it must be equal. Store calls of different keys may change places. Errors
 * are told by the first line of their message; a library words its own errors as it likes as long
 * as they carry a code, and a refused start is told by the fact alone.
 */
export function comparable(transcript: Transcript, except: Field[] = []): object {
  return {
    refused: transcript.refused !== null,
    setup: transcript.setup,
    records: transcript.records,
    steps: transcript.steps.map(({ sent: _sent, ...step }) => {
      const errors = step.errors.map(message)
      const told: Record<string, unknown> = { ...step, errors, calls: inOrder(step.calls) }
      for (const field of except) delete told[field]
      return told
    }),
  }
}

/** Calls that concern different keys may come in any order: a destroy goes behind the others. */
function inOrder(calls: Step['calls']): Step['calls'] {
  const isFree = ([verb, key]: Step['calls'][number], at: number): boolean =>
    verb === 'destroy' && !calls.slice(at + 1).some(([, other]) => other === key)
  const free = calls.filter(isFree)
  return [...calls.filter((call) => !free.includes(call)), ...free]
}

const message = (error: Failure): string =>
  (error.message.split('\n')[0] ?? '').replace(/#<\w+>/, '#<Session>')

/**
 * Takes over what the kit may tell in its own way: the words of its own errors, and `changed: true`
 * for a record that koa-session writes by force and calls unchanged.
 */
export function reworded(stock: Transcript, kit: Transcript): Transcript {
  const steps = stock.steps.map((step, at) => ({
    ...step,
    calls: inOrder(step.calls).map((call, place) => {
      const own = inOrder(kit.steps[at]?.calls ?? [])[place]
      return own && isForcedWrite(call, own) ? own : call
    }),
    errors: step.errors.map((error, place) => {
      const own = kit.steps[at]?.errors[place]
      return own && isCoded(own) && error.name !== 'Planned' ? own : error
    }),
  }))
  return { ...stock, steps }
}

function isForcedWrite(call: Call, own: Call): boolean {
  const changed = { ...(call[4] as object), changed: true }
  return call[0] === 'set' && isDeepStrictEqual([...call.slice(0, 4), changed], own)
}

/** Whether an error is the kit's: an Error of Node or of a case never has such a name. */
export function isCoded({ name, code }: Failure): boolean {
  return name === 'SessionError' && typeof code === 'string' && code !== ''
}

/** A start is not refused, or with an error that has a code, or with koa-session's own. */
export function expectCoded({ refused: stock }: Transcript, { refused }: Transcript): void {
  if (refused && refused.name !== stock?.name) expect(refused).toSatisfy(isCoded)
}

/** Two transcripts are equal, but for these fields of their steps. */
export function expectSame(stock: Transcript, kit: Transcript, except: Field[] = []): void {
  expect(comparable(kit, except)).toEqual(comparable(reworded(stock, kit), except))
}

/** The step of a transcript that a list speaks about. */
export function stepOf(transcript: Transcript, at: number): Step {
  const step = transcript.steps.at(at)
  if (!step) throw new Error(`the transcript has no step ${at}`)
  return step
}

export interface SentCookie {
  name: string
  value: string
  attributes: string[]
}

/** The cookies of a step, or of all steps, without their signatures. */
export function cookiesOf(from: Step | Transcript): SentCookie[] {
  const lines = 'steps' in from ? from.steps.flatMap(({ cookies }) => cookies) : from.cookies
  return lines.map(parse).filter(({ name }) => !name.endsWith('.sig'))
}

function parse(line: string): SentCookie {
  const [pair = '', ...attributes] = line.split('; ')
  const equals = pair.indexOf('=')
  return { name: pair.slice(0, equals), value: pair.slice(equals + 1), attributes }
}

/** The record inside the only cookie of a step. */
export function recordIn(step: Step): Loose {
  const [cookie, ...others] = cookiesOf(step)
  expect(others).toEqual([])
  return unpack(cookie?.value ?? '')
}

/** Every record a run sent or stored, and every one its stores hold in the end. */
export function recordsOf(transcript: Transcript): Loose[] {
  const stored = callsOf(transcript).flatMap(([verb, , record]) => (verb === 'set' ? [record] : []))
  const sent = cookiesOf(transcript)
    .filter(({ value }) => value.startsWith('ey'))
    .map(({ value }) => unpack(value))
  return [...sent, ...stored, ...Object.values(transcript.records)]
}

export function callsOf(from: Step | Transcript): Step['calls'] {
  return 'steps' in from ? from.steps.flatMap(({ calls }) => calls) : from.calls
}

export function verbsOf(from: Step | Transcript): string[] {
  return callsOf(from).map(([verb]) => verb)
}

/** A step removes the cookie and its signature, and sends nothing else. */
export function expectRemoval(step: Step): void {
  expect(step.cookies.map((line) => line.split(';')[0]?.split('=')[0])).toEqual([
    'koa.sess',
    'koa.sess.sig',
  ])
  for (const { value, attributes } of cookiesOf(step)) {
    expect(value).toBe('')
    expect(attributes).toContain('expires=Thu, 01 Jan 1970 00:00:00 GMT')
  }
}
