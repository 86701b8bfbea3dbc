import { createHmac, hkdfSync } from 'node:crypto'
import { engine } from '#engine'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createCsrf } from '../../src/csrf.ts'
import { createCsrfTokens } from '../../src/csrf-tokens.ts'
import { createSessionManager, type SessionManager, type SessionOptions } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { stateOf } from '../../src/session.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { kidOf } from '../fixtures/jwe.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

afterEach(() => void vi.restoreAllMocks())

const csrf = createCsrf()
const principal = (data: { user?: string }): string | undefined => data.user

/** Where a session may live. */
const modes: [string, () => Partial<SessionOptions>][] = [
  ['sealed', () => ({})],
  ['signed', () => ({ encrypt: false })],
  ['in a store', () => ({ store: createMemoryStore() })],
  ['in a store, signed', () => ({ store: createMemoryStore(), encrypt: false })],
  ['in its cookie, till it overflows', () => ({ store: createMemoryStore(), overflow: 'store' })],
  ['in a store, under ids of its own', () => ({ store: createMemoryStore(), genid })],
]
let count = 0
const genid = async (): Promise<string> => `visit:${++count}`

const managerOf = (options: Partial<SessionOptions> = {}): SessionManager<any> =>
  createSessionManager({ secrets: SECRET, ...options })

/** A token of a page that a visitor looks at. */
async function tokenOf(visitor: Visitor): Promise<string> {
  let token = ''
  await visitor.visit(async (session) => (token = await csrf.token(session)))
  return token
}

const verify = async (visitor: Visitor, token: unknown): Promise<boolean> =>
  csrf.verify(await visitor.peek(), token)

describe.each(modes)('a token of a session that is %s', (_, options) => {
  it('is good at the next request, and at those after it', async () => {
    const visitor = createVisitor(managerOf(options()))
    const token = await tokenOf(visitor)
    expect(await verify(visitor, token)).toBe(true)
    await visitor.visit((session) => (session.views = 1))
    await visitor.visit((session) => session.save())

    expect(await verify(visitor, token)).toBe(true)
  })

  it('is another text each time, and all of them are good: tabs do not disturb each other', async () => {
    const visitor = createVisitor(managerOf(options()))
    const tokens = [await tokenOf(visitor), await tokenOf(visitor), await tokenOf(visitor)]
    await visitor.visit(async (session) => {
      tokens.push(await csrf.token(session), await csrf.token(session))
    })

    expect(tokens.join()).toMatch(/^[\w-]{73}(,[\w-]{73}){4}$/)
    // But for the id of the key no two have eight characters in common: there is nothing to guess.
    const parts = tokens.flatMap((token) =>
      Array.from({ length: 58 }, (_, at) => token.slice(8 + at, 16 + at)),
    )
    expect(new Set(parts).size).toBe(parts.length)
    for (const token of tokens) expect(await verify(visitor, token)).toBe(true)
  })

  it('is no good to anybody else', async () => {
    const manager = managerOf(options())
    const [ada, eve, nobody] = [1, 2, 3].map(() => createVisitor(manager))
    const token = await tokenOf(eve!)
    await tokenOf(ada!)

    expect(await verify(ada!, token)).toBe(false)
    expect(await verify(nobody!, token)).toBe(false)
  })

  it('begins a session that is empty, and nothing more than that', async () => {
    const visitor = createVisitor(managerOf(options()))
    await tokenOf(visitor)
    const session = await visitor.peek()

    expect(session.isNew).toBe(false)
    expect(Object.keys(session).filter((key) => key !== 'csrfId')).toEqual([])
    expect((await visitor.visit((session) => csrf.token(session))).cookies).toEqual([])
  })

  it('goes with a session that begins in the same request', async () => {
    const visitor = createVisitor(managerOf(options()))
    let before = ''
    let after = ''
    await visitor.visit(async (session) => {
      before = await csrf.token(session)
      session.views = 1
      after = await csrf.token(session)
    })

    expect([await verify(visitor, before), await verify(visitor, after)]).toEqual([true, true])
  })

  it('ends when somebody logs in by principal, but for one that was made after that', async () => {
    const visitor = createVisitor(managerOf({ principal, ...options() }))
    const before = await tokenOf(visitor)
    let after = ''
    await visitor.visit(async (session) => {
      session.user = 'ada'
      after = await csrf.token(session)
    })

    expect(await verify(visitor, before)).toBe(false)
    expect(await verify(visitor, after)).toBe(true)
    await visitor.visit((session) => delete session.user)
    expect(await verify(visitor, after)).toBe(false)
  })

  it('ends when the session gets a new id, but for one that was made after that', async () => {
    const visitor = createVisitor(managerOf(options()))
    const before = await tokenOf(visitor)
    const after: string[] = []
    await visitor.visit(async (session) => {
      await session.regenerate()
      after.push(await csrf.token(session), await csrf.token(session))
    })

    expect(await verify(visitor, before)).toBe(false)
    for (const token of after) expect(await verify(visitor, token)).toBe(true)
  })

  it('ends with the session', async () => {
    const visitor = createVisitor(managerOf(options()))
    const before = await tokenOf(visitor)
    await visitor.visit((session) => session.destroy())
    expect(await verify(visitor, before)).toBe(false)
    const after = await tokenOf(visitor)

    expect(await verify(visitor, before)).toBe(false)
    expect(await verify(visitor, after)).toBe(true)
  })

  it('is not made for a session that has ended', async () => {
    const visitor = createVisitor(managerOf(options()))
    await tokenOf(visitor)
    await visitor.visit(async (session) => {
      session.destroy()
      const error = await rejectionOf(csrf.token(session))
      expect(error).toMatchObject({ code: 'ERR_SESSION_OPTIONS' })
      expect(error.message).toMatch(/has ended: redirect/)
    })
  })

  it('goes with a session that takes the place of one that has ended', async () => {
    const visitor = createVisitor(managerOf(options()))
    await visitor.visit((session) => (session.user = 'ada'))
    let token = ''
    await visitor.visit(async (session) => {
      session.destroy()
      session.user = 'eve'
      token = await csrf.token(session)
    })

    expect(await verify(visitor, token)).toBe(true)
  })

  it('outlives a change of the secret', async () => {
    const own = options()
    const visitor = createVisitor(managerOf(own))
    const token = await tokenOf(visitor)
    const rotated = createVisitor(managerOf({ ...own, secrets: [SECRETS[1]!, SECRET] }))
    rotated.jar.take(visitor.jar.header.split('; ').map((pair) => `${pair}; Path=/`))
    const newer = await tokenOf(rotated)

    expect(await verify(rotated, token)).toBe(true)
    expect(await verify(rotated, newer)).toBe(true)
    expect(newer.slice(0, 8)).not.toBe(token.slice(0, 8))
  })
})

describe('a token', () => {
  it('stays good when its session moves to a store, and back', async () => {
    const visitor = createVisitor(managerOf({ store: createMemoryStore(), overflow: 'store' }))
    const token = await tokenOf(visitor)
    await visitor.visit((session) => (session.letter = 'x'.repeat(5000)))
    expect((await visitor.peek()).externalKey).toBeDefined()
    expect(await verify(visitor, token)).toBe(true)
    await visitor.visit((session) => delete session.letter)

    expect((await visitor.peek()).externalKey).toBeUndefined()
    expect(await verify(visitor, token)).toBe(true)
  })

  it('of one cookie is no good for another, be their sessions the same', async () => {
    const store = createMemoryStore()
    const genid = (): string => 'one-id-for-both'
    const one = createVisitor(managerOf({ store, genid, key: '__Host-one' }))
    const token = await tokenOf(one)
    const two = createVisitor(managerOf({ store, key: '__Host-two' }))
    two.jar.take([one.jar.header.replace('__Host-one', '__Host-two')])
    expect(await verify(two, token)).toBe(false)

    // Signed cookies have no id, and one may be handed on with its data.
    const signed = managerOf({ encrypt: false, key: 'one' })
    const other = managerOf({ encrypt: false, key: 'two' })
    const from = createVisitor(signed)
    const made = await tokenOf(from)
    const { csrfId } = await from.peek()
    const to = createVisitor(other)
    await to.visit((session) => (session.csrfId = csrfId))
    expect(await verify(from, made)).toBe(true)
    expect(await verify(to, made)).toBe(false)
  })

  it.each<[string, Partial<SessionOptions>, (session: any) => string]>([
    ['its id', {}, (session) => stateOf(session).id],
    ['what stands for it', { encrypt: false }, ({ csrfId }) => `${csrfId}\n`],
    ['that, and who it is', { encrypt: false, principal: () => 'ada' }, (s) => `${s.csrfId}\nada`],
  ])('is HMAC-SHA-256 under a key for it alone, computed twice: of %s', async (...row) => {
    const [, options, identityOf] = row
    const visitor = createVisitor(managerOf(options))
    // Nothing is known to it from before.
    const fresh = createCsrf()
    let token = ''
    await visitor.visit(async (session) => (token = await fresh.token(session)))
    const id = identityOf(await visitor.peek())
    const lengthPrefixed = ['csrf', 'HS256', '__Host-sid', '', kidOf(SECRET), ''].map((part) =>
      Buffer.concat([Buffer.from([0, part.length]), Buffer.from(part)]),
    )
    const info = Buffer.concat(lengthPrefixed)
    const key = Buffer.from(hkdfSync('sha256', SECRET, 'session-kit/v1', info, 32))
    const nonce = token.slice(8, 30)
    const mac = createHmac('sha256', key).update(`${nonce}.${id}`).digest('base64url')

    expect(token).toBe(kidOf(SECRET) + nonce + mac)
  })

  it('is none of a session that is not there, or has only begun, and costs nothing then', async () => {
    const manager = managerOf()
    const visitor = createVisitor(manager)
    const token = await tokenOf(visitor)
    const fresh = createCsrf()
    const derive = vi.spyOn(engine, 'deriveText')
    expect(await fresh.verify(null, token)).toBe(false)
    expect(await fresh.verify(await manager.load(null), token)).toBe(false)
    for (const other of ['', token.slice(1), `${token}A`, undefined]) {
      expect(await fresh.verify(await visitor.peek(), other)).toBe(false)
    }
    expect(derive).not.toHaveBeenCalled()
  })

  it('gives no new id where nobody else has come, or one was given already', async () => {
    const visitor = createVisitor(managerOf({ store: createMemoryStore(), principal }))
    await visitor.visit((session) => (session.user = 'ada'))
    const { externalKey } = await visitor.peek()
    await visitor.visit(async (session) => {
      session.views = 1
      await csrf.token(session)
    })
    expect((await visitor.peek()).externalKey).toBe(externalKey)
    await visitor.visit(async (session) => {
      await session.regenerate()
      const given = session.externalKey
      session.user = 'eve'
      await csrf.token(session)
      expect(session.externalKey).toBe(given)
    })
    expect((await visitor.peek()).externalKey).not.toBe(externalKey)
  })

  it('is refused in any other spelling', async () => {
    const visitor = createVisitor(managerOf())
    const token = await tokenOf(visitor)
    const session = await visitor.peek()
    const refused = async (other: unknown): Promise<void> =>
      void expect([other, await csrf.verify(session, other)]).toEqual([other, false])

    for (let at = 0; at < token.length; at++) {
      for (const letter of ['A', 'z', '-', '_', '=', ' ', 'é', '']) {
        const other = token.slice(0, at) + letter + token.slice(at + 1)
        if (other !== token) await refused(other)
      }
      await refused(token.slice(0, at))
      await refused(token.slice(at + 1))
    }
    for (const other of [`${token}\n`, ` ${token}`, `${token}=`, [token], { token }, null, 1]) {
      await refused(other)
    }
    expect(await csrf.verify(session, token)).toBe(true)
  })

  it('is never found by chance, and nothing that is sent makes the check throw', async () => {
    const visitor = createVisitor(managerOf())
    const token = await tokenOf(visitor)
    const session = await visitor.peek()
    const base64url = fc.stringMatching(/^[\w-]{65}$/)
    const sent = fc.oneof(
      fc.anything(),
      fc.string({ maxLength: 200 }),
      fc.stringMatching(/^[\w-]{73}$/),
      base64url.map((rest) => token.slice(0, 8) + rest),
      fc.stringMatching(/^[\w-]{43}$/).map((mac) => token.slice(0, 30) + mac),
    )

    await fc.assert(
      fc.asyncProperty(sent, async (other) => {
        expect(await csrf.verify(session, other)).toBe(other === token)
      }),
      { numRuns: 500 },
    )
  })

  it('is compared by the engine, in constant time, wherever the difference is', async () => {
    const visitor = createVisitor(managerOf())
    const token = await tokenOf(visitor)
    const session = await visitor.peek()
    const compare = vi.spyOn(engine, 'verify')
    const other = (letter: string): string => (letter === 'A' ? 'Q' : 'A')
    const early = token.slice(0, 30) + other(token[30]!) + token.slice(31)
    const late = token.slice(0, 71) + other(token[71]!) + token[72]!
    expect([await csrf.verify(session, early), await csrf.verify(session, late)]).toEqual([
      false,
      false,
    ])

    expect(compare).toHaveBeenCalledTimes(2)
  })

  it('costs no cryptography if its key is not known', async () => {
    const visitor = createVisitor(managerOf())
    const token = await tokenOf(visitor)
    const session = await visitor.peek()
    const compare = vi.spyOn(engine, 'verify')
    await csrf.verify(session, 'A'.repeat(8) + token.slice(8))

    expect(compare).not.toHaveBeenCalled()
  })
})

describe('keys', () => {
  it('are derived at the first use and then never again', async () => {
    const fresh = createCsrf()
    const visitor = createVisitor(managerOf())
    const session = await visitor.peek()
    const derive = vi.spyOn(engine, 'deriveText')
    await Promise.all(Array.from({ length: 5 }, () => fresh.token(session)))
    await fresh.verify(session, await fresh.token(session))

    // The id of the keys, and the key.
    expect(derive).toHaveBeenCalledTimes(2)
  })

  it('come from secrets of their own where they are given', async () => {
    const own = createCsrf({ secrets: SECRETS[3]! })
    const visitor = createVisitor(managerOf())
    await tokenOf(visitor)
    const session = await visitor.peek()
    const token = await own.token(session)

    expect(token.slice(0, 8)).toBe(kidOf(SECRETS[3]!))
    expect([await own.verify(session, token), await csrf.verify(session, token)]).toEqual([
      true,
      false,
    ])
  })

  it('are tried again where they could not be derived', async () => {
    const fresh = createCsrf()
    const session = await createVisitor(managerOf()).peek()
    vi.spyOn(engine, 'deriveText').mockRejectedValueOnce(new Error('busy'))
    expect(await rejectionOf(fresh.token(session))).toMatchObject({ message: 'busy' })
    expect(await fresh.token(session)).toHaveLength(73)
  })

  it('cannot come from a Keygrip, which keeps its keys', async () => {
    const keygrip = { sign: () => 'x', index: () => -1 }
    const manager = managerOf({ secrets: keygrip as never, encrypt: false })
    const session = await manager.load(null)
    const error = await rejectionOf(csrf.token(session))

    expect(error).toMatchObject({ code: 'ERR_SESSION_SECRET' })
    expect(error.message).toContain('option "secrets" of csrf()')
    expect(await createCsrf({ secrets: SECRET }).token(session)).toHaveLength(73)
  })
})

describe('a page that shows a form', () => {
  it('writes nothing where there is a session', async () => {
    const store = createRecordingStore()
    const visitor = createVisitor(managerOf({ store }))
    await visitor.visit((session) => (session.user = 'ada'))
    store.calls.length = 0
    const { cookies } = await visitor.visit((session) => csrf.token(session))

    expect(store.operations()).toEqual(['get'])
    expect(cookies).toEqual([])
  })
})

describe('the tokens of a signed cookie', () => {
  const tokens = createCsrfTokens()
  const make = (session: object): Promise<string> => tokens.make(session, SECRET)
  const check = (session: object, token: string): Promise<boolean> =>
    tokens.check(session, token, SECRET)

  /** A visitor with a session that has a token. */
  async function setUp(): Promise<{ visitor: Visitor; token: string }> {
    const visitor = createVisitor(managerOf({ encrypt: false }))
    let token = ''
    await visitor.visit(async (session) => (token = await make(session)))
    return { visitor, token }
  }

  it('end when it gets a new id after one was checked', async () => {
    const { visitor, token } = await setUp()
    const { csrfId } = await visitor.peek()
    let after = ''
    await visitor.visit(async (session) => {
      expect(await check(session, token)).toBe(true)
      await session.regenerate()
      tokens.settle(session)
      expect(session.csrfId).not.toBe(csrfId)
      after = await make(session)
    })
    expect(await check(await visitor.peek(), token)).toBe(false)
    expect(await check(await visitor.peek(), after)).toBe(true)
  })

  it('stay where it keeps its id', async () => {
    const { visitor, token } = await setUp()
    await visitor.visit(async (session) => {
      expect(await check(session, token)).toBe(true)
      session.views = 1
      tokens.settle(session)
    })
    expect(await check(await visitor.peek(), token)).toBe(true)
  })

  it('are nobody’s where none was checked, or nothing stands for an id', async () => {
    const { visitor } = await setUp()
    const { csrfId } = await visitor.peek()
    await visitor.visit(async (session) => {
      await session.regenerate()
      tokens.settle(session)
      expect(session.csrfId).toBe(csrfId)
    })
    await visitor.visit(async (session) => {
      await make(session)
      delete session.csrfId
      tokens.settle(session)
      expect(session.csrfId).toBeUndefined()
    })
  })
})
