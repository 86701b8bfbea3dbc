import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionOptions, Store } from '../../src/index.ts'
import { check, patience, seed } from '../fixtures/properties.ts'
import { historiesOf } from '../model/commands.ts'
import { modes, type Mode } from '../model/modes.ts'

describe.each(Object.entries<Mode>(modes))('sessions %s', (_, mode) => {
  it(
    'come to what a simple model says, step by step',
    () => check('histories of sessions', historiesOf(mode), 1 / 5),
    patience,
  )
})

const withStore =
  (change: (store: Store) => Partial<Store>) =>
  (options: SessionOptions): SessionOptions => {
    const store = options.store as Store
    return { ...options, store: { ...store, ...change(store) } }
  }

describe('what goes wrong with sessions', () => {
  it.each<[string, keyof typeof modes, (options: SessionOptions) => SessionOptions]>([
    ['a logout ends nothing', 'in a memory store', withStore(() => ({ destroy() {} }))],
    [
      'the last of two changes undoes the first',
      'in a memory store',
      withStore(({ set }) => ({
        async compareAndSet(key, record, maxAge, _, options) {
          await set(key, record, maxAge, options)
          return true
        },
      })),
    ],
    [
      'a record that is read lives no longer',
      'in a memory store, under a signed id',
      withStore(() => ({ touch: () => true })),
    ],
    ['time stands still', 'in a sealed cookie', (options) => ({ ...options, now: () => 4e12 })],
    [
      'nobody is logged out elsewhere',
      'in a sealed cookie',
      (options) => ({ ...options, isRevoked: () => false }),
    ],
    [
      'a session lives for longer than it may',
      'in a cookie that overflows',
      (options) => ({ ...options, maxAge: 2 * Number(options.maxAge) }),
    ],
  ])('is seen: %s', async (_, mode, spoil) => {
    const histories = fc.assert(historiesOf(modes[mode], spoil), { seed, endOnFailure: true })
    await expect(histories).rejects.toThrow('Property failed')
  })
})
