import { compactDecrypt, CompactEncrypt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessionManager } from '../../src/index.ts'
import { cookieHeader } from '../fixtures/cookies.ts'
import { dayKey, dayOf, headerOf } from '../fixtures/jwe.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { bundleWorker, runWorker, Visitor, type RunningWorker } from './running.ts'

const name = '__Host-cookie'
const noon = Date.UTC(2026, 5, 15, 12)
const user = 'Ada Lovelace, Zoë, 李白, 🐦, "quoted" and \\ \u0000'

let worker: RunningWorker

beforeAll(async () => {
  worker = await runWorker(await bundleWorker())
})

afterAll(() => worker.stop())

const manager = createSessionManager({ key: name, secrets: SECRET, now: () => noon })

/** A token that workerd has sealed. */
async function fromWorkerd(): Promise<{ visitor: Visitor; token: string }> {
  const visitor = new Visitor(worker)
  visitor.now = noon
  await visitor.post(`/cookie/in?user=${encodeURIComponent(user)}`)
  return { visitor, token: visitor.cookies.get(name)! }
}

describe('a token that workerd has sealed', () => {
  it('opens on Node', async () => {
    const { visitor } = await fromWorkerd()
    const session = await manager.load(visitor.cookieHeader)

    expect(session).toMatchObject({ user })
    expect(session.flash('notice')).toBe(`Welcome, ${user}.`)
  })

  it('opens with jose', async () => {
    const { token } = await fromWorkerd()
    const key = dayKey(SECRET, name, dayOf(noon))
    const { plaintext, protectedHeader } = await compactDecrypt(token, key)

    expect(protectedHeader).toEqual(JSON.parse(headerOf(SECRET, dayOf(noon))))
    expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual({
      sid: expect.stringMatching(/^[\w-]{43}$/),
      iat: noon / 1000,
      exp: noon / 1000 + 86_400,
      ct: noon / 1000,
      d: { user },
      f: { notice: `Welcome, ${user}.` },
    })
  })
})

describe('a token that opens in workerd', () => {
  it('comes from Node', async () => {
    const session = await manager.load(null)
    Object.assign(session, { user, views: 41 })
    const visitor = new Visitor(worker)
    visitor.now = noon
    const cookie = cookieHeader(await manager.commit(session))

    expect(JSON.parse((await visitor.get('/cookie/read', cookie)).body)).toEqual({
      user,
      views: 41,
      isNew: false,
    })
  })

  it('comes from jose', async () => {
    const seconds = noon / 1000
    const claims = {
      sid: 'x'.repeat(43),
      iat: seconds,
      exp: seconds + 60,
      ct: seconds,
      d: { user },
    }
    const token = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader(JSON.parse(headerOf(SECRET, dayOf(noon))))
      .encrypt(dayKey(SECRET, name, dayOf(noon)))
    const visitor = new Visitor(worker)
    visitor.now = noon

    expect(JSON.parse((await visitor.get('/cookie/read', `${name}=${token}`)).body)).toEqual({
      user,
      isNew: false,
    })
  })
})

describe('a token of another cookie', () => {
  it('does not open in workerd', async () => {
    const { visitor, token } = await fromWorkerd()

    expect(await visitor.get('/browser/read', `__Host-browser=${token}`)).toMatchObject({
      body: '{"isNew":true}',
      log: ['tampered'],
    })
  })
})
