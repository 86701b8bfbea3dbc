import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { callStore, storeKey } from '../../src/call-store.ts'
import type { Kit } from '../../src/kit.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { ID } from '../fixtures/sealed-reader.ts'

const hashing = createMemoryStore()
const plain = { ...hashing, hashedKeys: false }
const kit = { prefix: 'sess:', storeTimeout: 2000, onStoreError: 'throw' } as Kit
const spilling = { ...kit, overflow: 'store', store: plain } as Kit

describe('the key that a store sees', () => {
  const hash = createHash('sha256').update(ID).digest('base64url')

  it('is the hash of the id behind the prefix, where the store asks for it', async () => {
    expect(await storeKey(kit, hashing, ID)).toBe(`sess:${hash}`)
    expect(await storeKey({ ...kit, hashKeys: true }, hashing, ID)).toBe(`sess:${hash}`)
    expect(await storeKey({ ...spilling, store: hashing }, hashing, ID)).toBe(`sess:${hash}`)
  })

  it('is the id, which has its prefix already, where it does not, or the application says so', () => {
    expect(storeKey(kit, plain, `sess:${ID}`)).toBe(`sess:${ID}`)
    expect(storeKey(kit, plain, ID)).toBe(ID)
    expect(storeKey({ ...kit, hashKeys: false }, hashing, `sess:${ID}`)).toBe(`sess:${ID}`)
  })

  it('gets its prefix where sessions begin in their cookies, and have ids without one', () => {
    expect(storeKey(spilling, plain, ID)).toBe(`sess:${ID}`)
    expect(storeKey(spilling, plain, `sess:${ID}`)).toBe(`sess:${ID}`)
    expect(storeKey(spilling, plain, 'an id of another kind')).toBe('an id of another kind')
  })
})

describe('a call of a store', () => {
  const fails = (): never => {
    throw new RangeError('secret')
  }

  it('has the key, or none where it knows it by itself', async () => {
    const given: string[] = []
    const note = (key: string): number => given.push(key)
    await callStore(kit, undefined, 'get', plain, ID, note)
    await callStore(kit, undefined, 'get', plain, null, note)
    expect(given).toEqual([ID, ''])
  })

  it('gives what the store answered, at once or later', async () => {
    expect(await callStore(kit, undefined, 'get', plain, ID, () => 7)).toBe(7)
    expect(await callStore(kit, undefined, 'get', plain, ID, async () => null)).toBeNull()
  })

  it('fails in the same way where nobody listens', async () => {
    const error = await rejectionOf(callStore(kit, undefined, 'set', plain, ID, fails))
    expect(error).toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: 'The session store failed to set (RangeError).',
    })
  })

  it.each([
    ['a session in a store', kit, undefined],
    ['one that has outgrown its cookie', spilling, 'store'],
  ])('tells where the session is only where that may vary: %s', async (_, kit, place) => {
    const told: unknown[] = []
    const tell = (event: object, ...rest: unknown[]): unknown => told.push([event, ...rest])
    const listening = { ...kit, tell } as unknown as Kit
    const error = await rejectionOf(callStore(listening, 'ctx', 'get', plain, ID, fails))
    await callStore(listening, 'ctx', 'destroy', plain, ID, () => true)
    const duration = expect.any(Number)
    expect(told).toEqual([
      [{ type: 'store-error', operation: 'get', error }, 'ctx', place],
      [{ type: 'store', operation: 'get', outcome: 'failed', duration }, 'ctx', place],
      [{ type: 'store', operation: 'destroy', outcome: 'done', duration }, 'ctx', place],
    ])
  })
})
