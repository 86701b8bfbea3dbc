import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { Session } from '../../src/index.ts'
import { HOUR } from '../fixtures/clock.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import type { Revocation } from '../../src/revocation.ts'
import { LETTER, type Reference, type View } from './reference.ts'

/** What a request does with its session, between load and commit. */
export type Act =
  | { act: 'set'; key: string; value: unknown }
  | { act: 'delete'; key: string }
  | { act: 'count' }
  | { act: 'grow'; by: string }
  | { act: 'shrink' }
  | { act: 'flash'; key: string; value: string }
  | { act: 'take the flash'; key: string }
  | { act: 'log in'; user: string }
  | { act: 'log out' }
  | { act: 'log out, and revoke' }
  | { act: 'live for'; maxAge: number | 'session' | undefined }
  | { act: 'save' }
  | { act: 'regenerate' }

/** Both sides of a session in one request. */
export interface Pair {
  session: Session
  view: View
  reference: Reference
  revocation: Revocation | undefined
  /** Told apart from every other login. */
  login(): number
}

const copy = <value>(value: value): value => structuredClone(value)

type Play<name> = (pair: Pair, act: Extract<Act, { act: name }>) => unknown

const players: { [name in Act['act']]: Play<name> } = {
  set({ session, view }, { key, value }) {
    session[key] = copy(value)
    view.data[key] = copy(value)
  },

  delete({ session, view }, { key }) {
    delete session[key]
    delete view.data[key]
  },

  async count(pair) {
    const { session, view } = pair
    const up = (data: Record<string, any>): void => void (data['n'] = (data['n'] ?? 0) + 1)
    const change = ({ data }: View): void => up(data)
    const { data, flash, own } = view
    view.update = { before: copy({ data, flash, own }), change }
    change(view)
    await commit(pair, () => session.update(up))
    view.update = undefined
  },

  grow({ session, view }, { by }) {
    session.letter = LETTER + by
    view.data['letter'] = LETTER + by
  },

  shrink({ session, view }) {
    delete session.letter
    delete view.data['letter']
  },

  flash({ session, view }, { key, value }) {
    session.flash(key, value)
    view.flash[key] = value
  },

  'take the flash'({ session, view }, { key }) {
    expect(session.flash(key)).toBe(view.flash[key])
    delete view.flash[key]
  },

  'log in'({ session, view, login }, { user }) {
    const mark = login()
    Object.assign(session, { user, mark })
    Object.assign(view.data, { user, mark })
  },

  'log out'({ session, view }) {
    session.destroy()
    end(view)
  },

  async 'log out, and revoke'({ session, view, reference, revocation }) {
    if (revocation && !view.isNew && view.wish !== 'regenerate') {
      await revocation.revoke(session)
      reference.revoke(view)
    }
    session.destroy()
    end(view)
  },

  'live for'({ session, view }, { maxAge }) {
    session.maxAge = maxAge as number
    view.own = maxAge
    view.wish ||= 'save'
  },

  async save(pair) {
    pair.view.wish ||= 'save'
    await commit(pair, () => pair.session.save())
  },

  async regenerate({ session, view }) {
    if (view.wish !== 'destroy') view.wish = 'regenerate'
    await session.regenerate()
  },
}

function end(view: View): void {
  if (!view.isNew) view.ended.push(view.id)
  Object.assign(view, { data: {}, flash: {}, isNew: true, wish: 'destroy', own: undefined })
}

/** Ends a request: what a session holds is too much for its cookie. */
export const TOO_LARGE: unique symbol = Symbol('too large')

/** Commits on both sides; what has no room is refused on both. */
export async function commit<result>(
  { reference, view }: Pair,
  act: () => Promise<result>,
): Promise<result> {
  if (reference.commit(view)) return act()
  const { code } = await rejectionOf(act())
  expect(code).toBe('ERR_SESSION_TOO_LARGE')
  throw TOO_LARGE
}

/** Does something on both sides. */
export async function play(pair: Pair, act: Act): Promise<void> {
  await (players[act.act] as Play<string>)(pair, act as never)
}

const key = fc.constantFrom('a', 'b')
const message = fc.constantFrom('note', 'error')
const value = fc.constantFrom<unknown>(1, 2, 'é', [1, { deep: true }])

const one = <const name extends Act['act'], rest extends object>(
  act: name,
  rest?: { [key in keyof rest]: fc.Arbitrary<rest[key]> },
): fc.Arbitrary<Act> => fc.record({ act: fc.constant(act), ...rest }) as never

/** An act of any kind. */
export const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: one('set', { key, value }) },
  { weight: 2, arbitrary: one('delete', { key: fc.constantFrom('a', 'b', 'n', 'user') }) },
  one('count'),
  { weight: 2, arbitrary: one('grow', { by: fc.constantFrom('', '!') }) },
  { weight: 2, arbitrary: one('shrink') },
  one('flash', { key: message, value: fc.constantFrom('saved', 'oh no') }),
  one('take the flash', { key: message }),
  { weight: 2, arbitrary: one('log in', { user: fc.constantFrom('ada', 'bob') }) },
  one('log out'),
  one('log out, and revoke'),
  one('live for', { maxAge: fc.constantFrom(undefined, HOUR / 2, 3 * HOUR, 'session' as const) }),
  one('save'),
  one('regenerate'),
)
