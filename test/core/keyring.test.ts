import type { KeyObject } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { engine } from '#engine'
import { engine as nodeEngine } from '../../src/seal/engine-node.ts'
import { createKeyring, type Keyring } from '../../src/seal/keyring.ts'
import { secretBytes } from '../../src/secrets.ts'
import { DAY, NOON } from '../fixtures/clock.ts'
import { countCalls, type CountingEngine } from '../fixtures/counting-engine.ts'
import { dayKey, dayOf, headerOf, kidOf } from '../fixtures/jwe.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'

const today = dayOf(NOON)
const encoded = (json: string): string => Buffer.from(json).toString('base64url')

function keyringOf(secrets: readonly string[], name = 'sid'): [Keyring, CountingEngine] {
  const counting = countCalls(engine)
  return [createKeyring(counting, secretBytes(secrets), name), counting]
}

describe('the key schedule', () => {
  it('gives the known answers', async () => {
    const secret = 'V9s1kQmJr0Zb3t8xWc5uNf2yHg7pLd4A_eTiOqRwX6M'
    const hex = '1df8e5128208d7bd63e15f31ce9feb1a4346339a3bc158113667c2e418a6dca3'
    const keyring = createKeyring(nodeEngine, secretBytes([secret]), '__Host-sid')
    const { key, header } = await keyring.current(Date.UTC(2026, 0, 1) / 1000)
    expect(Buffer.from(header, 'base64url').toString()).toBe(
      '{"alg":"dir","enc":"A256GCM","kid":"1L3XpVOm.20454","typ":"session-kit1+jwe"}',
    )
    expect((key as KeyObject).export().toString('hex')).toBe(hex)
    expect(kidOf(secret)).toBe('1L3XpVOm')
    expect(dayKey(secret, '__Host-sid', 20_454).toString('hex')).toBe(hex)
  })

  it('is RFC 5869, computed twice: the engine derives the key that the test does', async () => {
    const keyring = createKeyring(nodeEngine, secretBytes([SECRET]), '__Host-sid')
    const { key, header, day, isNewest } = await keyring.current(NOON / 1000)
    const expected = dayKey(SECRET, '__Host-sid', today).toString('hex')
    expect((key as KeyObject).export().toString('hex')).toBe(expected)
    expect(header).toBe(encoded(headerOf(SECRET, today)))
    expect([day, isNewest]).toEqual([today, true])
  })

  it('gives another key for each secret, name and day, and none that another begins with', async () => {
    const keys = SECRETS.slice(0, 3).flatMap((secret) =>
      ['sid', 'SID', '__Host-sid', 'sid.sig', 'si', 'sidd'].flatMap((name) =>
        [0, 1, 255, 256, 65_536, today].map((day) => dayKey(secret, name, day).toString('hex')),
      ),
    )
    expect(new Set(keys.map((key) => key.slice(0, 16))).size).toBe(keys.length)
    expect(new Set(SECRETS.map(kidOf)).size).toBe(SECRETS.length)
  })
})

describe('a keyring', () => {
  it('finds the key that a header of its own asks for', async () => {
    const [keyring] = keyringOf(SECRETS)
    for (const [index, secret] of SECRETS.entries()) {
      const found = await keyring.find(encoded(headerOf(secret, today)), today, today)
      expect(found).toMatchObject({ day: today, isNewest: index === 0 })
    }
  })

  it('finds nothing, and derives nothing, outside the window of days', async () => {
    const [keyring, counting] = keyringOf([SECRET])
    for (const [day, first, last] of [
      [today, today + 1, today + 2],
      [today, today - 2, today - 1],
      [today, NaN, NaN],
      [today, NaN, today],
      [today, today, NaN],
      [-1, 0, today],
    ] as const) {
      expect(await keyring.find(encoded(headerOf(SECRET, day)), first, last)).toBeNull()
    }
    expect(counting.total()).toBe(0)
  })

  it('finds nothing for the id of another secret, and tries no key', async () => {
    const [keyring, counting] = keyringOf(SECRETS.slice(1))
    expect(await keyring.find(encoded(headerOf(SECRET, today)), today, today)).toBeNull()
    expect(counting.counts.deriveKey).toBe(0)
  })

  it.each([
    ['nothing', ''],
    ['a blank', ' '],
    ['no base64', '%%%'],
    ['another script', 'é'.repeat(100)],
    ['a header twice', encoded(headerOf(SECRET, today)).repeat(2)],
    ['padding', `${encoded(headerOf(SECRET, today))}=`],
    ['standard base64', Buffer.from(headerOf(SECRET, today)).toString('base64')],
    ['a day with a leading zero', encoded(headerOf(SECRET, today).replace(/\.(\d+)/, '.0$1'))],
    ['a day with a sign', encoded(headerOf(SECRET, today).replace('.', '.+'))],
    ['a day with a fraction', encoded(headerOf(SECRET, today + 0.5))],
    ['a day that is no number', encoded(headerOf(SECRET, NaN))],
    ['an enormous day', encoded(headerOf(SECRET, 1e21))],
    ['a day behind a blank', encoded(headerOf(SECRET, today).replace('.', '. '))],
    ['100,000 characters', 'A'.repeat(100_000)],
  ])('finds nothing, at no cost, for %s', async (_, header) => {
    const [keyring, counting] = keyringOf([SECRET])
    expect(await keyring.find(header, -Infinity, Infinity)).toBeNull()
    expect(counting.total()).toBe(0)
  })

  it.each([144, 145])(
    'decodes a header of %d characters only if ours may be as long',
    async (length) => {
      const decoded = vi.spyOn(globalThis, 'atob')
      const [keyring] = keyringOf([SECRET])
      expect(await keyring.find('A'.repeat(length), 0, today)).toBeNull()
      expect(decoded).toHaveBeenCalledTimes(length > 144 ? 0 : 1)
      decoded.mockRestore()
    },
  )

  it('derives a key once for each secret and day', async () => {
    const [keyring, counting] = keyringOf(SECRETS.slice(0, 2))
    const headers = SECRETS.slice(0, 2).flatMap((secret) =>
      [today, today - 1, today - 2].map((day) => encoded(headerOf(secret, day))),
    )
    for (let round = 0; round < 20; round++) {
      await keyring.current(NOON / 1000)
      for (const header of headers) await keyring.find(header, today - 5, today)
    }
    expect(counting.counts).toMatchObject({ secret: 2, deriveText: 2, deriveKey: 6 })
  })

  it('derives it once, too, for a hundred requests at the same time', async () => {
    const [keyring, counting] = keyringOf([SECRET])
    const header = encoded(headerOf(SECRET, today))
    const found = await Promise.all(
      Array.from({ length: 50 }, () => [
        keyring.find(header, today, today),
        keyring.current(NOON / 1000),
      ]).flat(),
    )
    expect(new Set(found.map((one) => one?.key)).size).toBe(1)
    expect(counting.counts).toMatchObject({ secret: 1, deriveText: 1, deriveKey: 1 })
  })

  it('tries again after a derivation that failed', async () => {
    let failures = 2
    const flaky = {
      ...engine,
      deriveKey: async (...args: Parameters<typeof engine.deriveKey>) => {
        if (failures-- > 0) throw new Error('busy')
        return engine.deriveKey(...args)
      },
    }
    const keyring = createKeyring(flaky, secretBytes([SECRET]), 'sid')
    await expect(keyring.current(NOON / 1000)).rejects.toThrow('busy')
    await expect(keyring.current(NOON / 1000)).rejects.toThrow('busy')
    expect(await keyring.current(NOON / 1000)).toMatchObject({ day: today })
  })

  it('takes another key when the UTC day changes, to the second', async () => {
    const [keyring] = keyringOf([SECRET])
    const midnight = (today + 1) * (DAY / 1000)
    expect(await keyring.current(midnight - 1)).toMatchObject({ day: today })
    expect(await keyring.current(midnight)).toMatchObject({ day: today + 1 })
  })
})
