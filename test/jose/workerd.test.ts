import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jweFormat, jwsFormat } from '../../adapters/jose.ts'
import { createSessionManager } from '../../src/index.ts'
import { ED, ED2, ES, OCT, publicOf } from '../fixtures/jwks.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { bundleWorker, runWorker, type RunningWorker } from '../workerd/running.ts'

const name = '__Host-visit'
let worker: RunningWorker
let jwks: Server
let asked = 0

beforeAll(async () => {
  jwks = createServer((_, response) => {
    asked++
    response.end(JSON.stringify({ keys: [publicOf(ES), publicOf(ED)] }))
  })
  jwks.listen(0, '127.0.0.1')
  await once(jwks, 'listening')
  const json = (value: unknown): object => ({ type: 'text', value: JSON.stringify(value) })
  const url = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks`
  worker = await runWorker(await bundleWorker(new URL('worker.ts', import.meta.url)), undefined, {
    env: {
      SIGN: json([ED, ES]),
      VERIFY: json([publicOf(ED), publicOf(ES)]),
      SECRET_KEY: json(OCT),
      JWKS_URL: { type: 'text', value: url },
    },
  })
})

afterAll(async () => {
  await worker.stop()
  jwks.closeAllConnections()
  jwks.close()
})

async function get(
  path: string,
  token?: string,
): Promise<{ body: string; status: number; token: string }> {
  const headers = new Headers(token ? { cookie: `${name}=${token}` } : {})
  const response = await fetch(new URL(path, worker.url), { headers })
  const [cookie] = response.headers.getSetCookie()
  const written = cookie?.split(';')[0]!.slice(name.length + 1) ?? ''
  return { body: await response.text(), status: response.status, token: written }
}

const managers = {
  signed: createSessionManager({ key: name, format: jwsFormat({ sign: [ED, ES] }) }),
  nested: createSessionManager({ key: name, format: jwsFormat({ sign: ED, seal: SECRET }) }),
  sealed: createSessionManager({ key: name, format: jweFormat({ keys: OCT }) }),
  fetched: createSessionManager({ key: name, format: jweFormat({ keys: OCT }) }),
}

/** A token that Node has made. */
async function fromNode(manager = managers.signed): Promise<string> {
  const session = Object.assign(await manager.load(null), { user: 'Žofie' })
  return (await manager.commit(session))[0]!.split(';')[0]!.slice(name.length + 1)
}

describe.each(Object.entries(managers))('workerd: %s', (kind, manager) => {
  it('writes sessions that Node reads', async () => {
    const { token } = await get(`/${kind}/write?user=ada`)
    expect({ ...(await manager.load(`${name}=${token}`)) }).toEqual({ user: 'ada' })
  })

  it('reads sessions that Node writes, and its own', async () => {
    expect((await get(`/${kind}/read`, await fromNode(manager))).body).toBe('{"user":"Žofie"}')
    const { token } = await get(`/${kind}/write?user=ada`)
    expect((await get(`/${kind}/read`, token)).body).toBe('{"user":"ada"}')
    const other = token.endsWith('AA') ? 'QA' : 'AA'
    expect((await get(`/${kind}/read`, token.slice(0, -2) + other)).body).toBe('{}')
  })
})

describe('workerd with public keys', () => {
  it.each(['local', 'remote'])('reads sessions, and writes none: %s', async (kind) => {
    const p256 = createSessionManager({ key: name, format: jwsFormat({ sign: ES }) })
    for (const token of [await fromNode(), await fromNode(p256)]) {
      expect(await get(`/${kind}/read`, token)).toMatchObject({
        body: '{"user":"Žofie"}',
        token: '',
      })
      expect(await get(`/${kind}/write`, token)).toMatchObject({
        status: 500,
        body: 'ERR_SESSION_READ_ONLY',
        token: '',
      })
    }
  })

  it('fetches them once for many requests, made-up ids among them', async () => {
    await get('/remote/read', await fromNode())
    const before = asked
    const stranger = createSessionManager({ key: name, format: jwsFormat({ sign: ED2 }) })
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, n) => fromNode(n % 2 ? stranger : undefined)),
    )
    const answers = await Promise.all(tokens.map((token) => get('/remote/read', token)))
    expect(answers.map(({ body }) => body)).toEqual(
      tokens.map((_, n) => (n % 2 ? '{}' : '{"user":"Žofie"}')),
    )
    expect([before, asked]).toEqual([1, 1])
  })
})
