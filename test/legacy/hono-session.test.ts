import { createEncryptionKey } from '@hono/session/cookies'
import { EncryptJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { createVisitor } from '../fixtures/visitor.ts'
import { setUp } from './fixture.ts'
import { named, SECRET, writeHonoSession } from './libraries.ts'
import { readers } from './readers.ts'

const { read } = named('@hono/session')

/** A token that @hono/session itself would not have written. */
async function token(claims: object, header: object = {}): Promise<string> {
  const key = (await createEncryptionKey(SECRET)) as Uint8Array
  const jwt = new EncryptJWT(claims as never)
  return `sid=${await jwt.setProtectedHeader({ enc: 'A256GCM', alg: 'dir', ...header }).encrypt(key)}`
}

describe('honoSession()', () => {
  it('leaves the claims behind', async () => {
    const { manager } = setUp({ accept: [read()] })
    const session = await manager.load(await writeHonoSession({ user: 'fred' }, SECRET, 600))
    expect({ ...session }).toEqual({ user: 'fred' })
  })

  it('moves what is kept in a storage', async () => {
    const storage = new Map<string, unknown>()
    const header = await writeHonoSession({ user: 'fred' }, SECRET, 600, storage)
    const [sid] = storage.keys()
    expect(storage.get(sid!)).toEqual({ user: 'fred' })
    const accept = [readers.honoSession({ keys: SECRET, storage })]
    const { manager, events } = setUp({ accept })
    const visitor = createVisitor(manager)
    visitor.jar.take([`${header}; Path=/`])
    await visitor.visit((session) => (session.n = 1))
    expect(storage.size).toBe(0)
    expect({ ...(await visitor.peek()) }).toEqual({ user: 'fred', n: 1 })
    expect((await manager.load(header)).populated).toBe(false)
    expect(events).toEqual(['missed'])
  })

  it('changes no object of the storage', async () => {
    const storage = new Map<string, unknown>()
    const header = await writeHonoSession({ user: { name: 'fred' } }, SECRET, 600, storage)
    const accept = [readers.honoSession({ keys: SECRET, storage })]
    const session = await setUp({ accept }).manager.load(header)
    session.user.name = 'wilma'
    expect([...storage.values()]).toEqual([{ user: { name: 'fred' } }])
  })

  it('refuses what @hono/session did not write, though its secret sealed it', async () => {
    const { manager } = setUp({ accept: [read()] })
    const claims = { sid: 'an-id', user: 'fred' }
    expect((await manager.load(await token(claims))).user).toBe('fred')
    const bad = [
      await token({ user: 'fred' }),
      await token({ ...claims, sid: 5 }),
      await token({ ...claims, exp: String(Date.now()) }),
      await token({ ...claims, exp: null }),
      await token(claims, { typ: 'JWT' }),
      await token(claims, { zip: undefined, kid: 'a' }),
      await token({ ...claims, constructor: 1 }),
    ]
    for (const header of bad) expect((await manager.load(header)).populated).toBe(false)
  })
})
