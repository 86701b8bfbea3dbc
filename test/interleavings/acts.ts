import type { Session } from '../../src/index.ts'
import { DAY } from '../fixtures/clock.ts'

/** What "remember me" asks for, in milliseconds. */
export const LONGER: number = 30 * DAY

/** What a request does with its session, between load and commit. */
export interface Act {
  /** Puts something in that no other request does. */
  isChange?: boolean
  /** Ends the session, or what its id stands for. */
  isEnd?: boolean
  /** Gives the session a new id. */
  isMove?: boolean
  /** Answers `'nothing'` if there was nothing to be done. */
  run(session: Session, own: string): unknown
}

export type ActName =
  | 'read'
  | 'change its own key'
  | 'change its own key, by hand'
  | 'change within an object'
  | 'change the same key'
  | 'count with update()'
  | 'count with update() twice'
  | 'live longer'
  | 'live longer, and change'
  | 'leave a message'
  | 'take a message'
  | 'give a new id'
  | 'log in'
  | 'log in, by hand'
  | 'log out'
  | 'log out and begin anew'

export const acts: Record<ActName, Act> = {
  read: { run: () => 'nothing' },
  'change its own key': {
    isChange: true,
    run: (session, own) => (session[own] = own),
  },
  'change its own key, by hand': {
    isChange: true,
    run(session, own) {
      session[own] = own
      return session.save()
    },
  },
  'change within an object': {
    isChange: true,
    run(session, own) {
      session[own] = own
      session.cart ??= { items: [] }
      session.cart.items.push(own)
    },
  },
  'change the same key': {
    isChange: true,
    run(session, own) {
      session[own] = own
      session.same = own
    },
  },
  'count with update()': {
    run: (session) => session.update((session) => void (session.n = (session.n ?? 0) + 1)),
  },
  'count with update() twice': {
    async run(session) {
      for (let time = 0; time < 2; time++) {
        await session.update((session) => void (session.n = (session.n ?? 0) + 1))
      }
    },
  },
  'live longer': {
    run: (session) => (session.maxAge = LONGER),
  },
  'live longer, and change': {
    isChange: true,
    run(session, own) {
      session[own] = own
      session.maxAge = LONGER
    },
  },
  'leave a message': {
    run: (session, own) => session.flash(own, own),
  },
  'take a message': {
    run: (session) => session.flash('note') ?? 'nothing',
  },
  'give a new id': {
    isMove: true,
    run: (session) => session.regenerate(),
  },
  'log in': {
    isMove: true,
    isChange: true,
    async run(session, own) {
      session[own] = own
      await session.regenerate()
    },
  },
  'log in, by hand': {
    isMove: true,
    isChange: true,
    async run(session, own) {
      await session.regenerate()
      session[own] = own
      await session.save()
    },
  },
  'log out': {
    isEnd: true,
    run: (session) => session.destroy(),
  },
  'log out and begin anew': {
    isEnd: true,
    isChange: true,
    run(session, own) {
      session.destroy()
      session[own] = own
    },
  },
}

export const actNames: ActName[] = Object.keys(acts) as ActName[]
