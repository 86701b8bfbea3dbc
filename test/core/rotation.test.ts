import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createSessionManager,
  type OpeningSecret,
  type Secret,
  type SessionManager,
} from '../../src/index.ts'
import { createClock } from '../fixtures/clock.ts'
import { isOnWebCrypto } from '../fixtures/engine.ts'
import { check, patience } from '../fixtures/properties.ts'
import { SECRETS } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

type Listed = string | OpeningSecret

const { now } = createClock()
const formats = [
  ['sealed', true],
  ['signed', false],
] as const
const opens = (secret: Secret): OpeningSecret => ({ secret, use: 'open' })
const textOf = (one: Listed): string => (typeof one === 'string' ? one : (one.secret as string))
const newestOf = (keys: readonly Listed[]): string =>
  keys.find((one) => typeof one === 'string') as string

/** What is done to a list of keys; it stays a list that may be configured. */
const acts = {
  addNewest: (keys: Listed[], key: string) => [key, ...keys],
  addOpening: (keys: Listed[], key: string) => [...keys, opens(key)],
  addOpeningFirst: (keys: Listed[], key: string) => [opens(key), ...keys],
  promote(keys: Listed[], _: string, at: number) {
    const key = textOf(keys[at % keys.length]!)
    return [key, ...keys.filter((one) => textOf(one) !== key)]
  },
  drop: (keys: Listed[], _: string, at: number) => keys.filter((_, i) => i !== at % keys.length),
  read: (keys: Listed[]) => keys,
  change: (keys: Listed[]) => keys,
}

const step = fc.record({
  act: fc.constantFrom(...(Object.keys(acts) as (keyof typeof acts)[])),
  key: fc.constantFrom(...SECRETS),
  at: fc.nat(9),
})

describe.each(formats)('any sequence of adding, promoting and dropping keys, %s', (_, encrypt) => {
  it(
    'keeps a session exactly as long as the key that it was made under is there',
    async () => {
      const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        let keys: Listed[] = [SECRETS[0]!]
        let jar = createVisitor(managerOf(keys, encrypt)).jar
        let under: string | undefined
        for (const { act, key, at } of steps) {
          const isAdded = act.startsWith('add')
          const isThere = keys.some((one) => textOf(one) === key)
          const next = isAdded && isThere ? keys : acts[act](keys, key, at)
          if (newestOf(next)) keys = next
          const visitor: Visitor = createVisitor(managerOf(keys, encrypt))
          visitor.jar.take(jar.header.split('; ').filter(Boolean))
          const isAlive = under !== undefined && keys.some((one) => textOf(one) === under)
          const isOpening = keys.some((one) => typeof one !== 'string' && one.secret === under)

          const { session, cookies } = await visitor.visit((session) => {
            expect(session.isNew).toBe(!isAlive)
            if (isAlive) expect(session.user).toBe('ada')
            session.user = 'ada'
            if (act === 'change') session.n = (session.n ?? 0) + 1
          })
          // It is sealed anew where it must be, and where only its key is an older one.
          const isMade = !isAlive || act === 'change' || !(isOpening || under === newestOf(keys))
          expect(cookies.length > 0).toBe(isMade)
          if (isMade) under = newestOf(keys)
          expect(session.user).toBe('ada')
          ;({ jar } = visitor)
        }
      })
      await check('lists of secrets', property, 1 / formats.length)
    },
    patience,
  )
})

const [OLD, NEW] = SECRETS as [string, string]
const FIRST: Listed[] = [OLD]
const LAST: Listed[] = [NEW]

/** Deploys configurations one after the other, server by server, with requests in between. */
async function deploy(
  configurations: Listed[][],
  encrypt: boolean,
  choices: number[],
): Promise<number> {
  let made = 0
  const choose = (count: number): number => choices[made++ % choices.length]! % count
  const servers = Array.from({ length: 4 }, () => managerOf(FIRST, encrypt))
  const jars = await Promise.all(
    servers.map(async (server) => {
      const { jar, visit } = createVisitor(server)
      await visit((session) => (session.user = 'ada'))
      return jar
    }),
  )
  let lost = 0
  for (const keys of configurations) {
    for (const place of servers.keys()) {
      servers[place] = managerOf(keys, encrypt)
      for (let request = 0; request < 17; request++) {
        const jar = jars[choose(jars.length)]!
        const server = servers[choose(servers.length)]!
        const session = await server.load(jar.header)
        if (session.user !== 'ada') lost++
        session.user = 'ada'
        if (choose(2)) session.views = (session.views ?? 0) + 1
        jar.take(await server.commit(session))
      }
    }
    // Before the next one, everybody comes by.
    for (const jar of jars) jar.take(await visitAt(servers[0]!, jar.header))
  }
  return lost
}

async function visitAt(server: SessionManager, header: string): Promise<string[]> {
  const session = await server.load(header)
  return server.commit(session)
}

describe.each(formats)('a rolling deploy in three phases, %s', (_, encrypt) => {
  const choices = fc.array(fc.nat(1000), { minLength: 50, maxLength: 50 })
  const runs = { numRuns: isOnWebCrypto ? 5 : 20 }

  it.each([
    ['last', [OLD, opens(NEW)]],
    ['first', [opens(NEW), OLD]],
  ])('loses no session in 204 requests: the new key %s, opening alone', async (_, opening) => {
    const phases = [opening, [NEW, OLD], LAST]
    const check = async (chosen: number[]): Promise<void> => {
      expect(await deploy(phases, encrypt, chosen)).toBe(0)
    }
    await fc.assert(fc.asyncProperty(choices, check), runs)
  })

  it('loses some without the first phase', async () => {
    const random = Array.from({ length: 997 }, (_, index) => (index ** 3 * 31) % 997)
    expect(await deploy([[NEW, OLD], LAST], encrypt, random)).toBeGreaterThan(0)
  })
})

function managerOf(secrets: readonly Listed[], encrypt: boolean): SessionManager {
  return createSessionManager({ secrets, encrypt, key: 'sid', now })
}
