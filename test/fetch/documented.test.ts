import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createStoreHandler } from '../../src/fetch.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock } from '../fixtures/clock.ts'
import { read, write } from './fixture.ts'

const page = readFileSync(new URL('../../docs/stores.md', import.meta.url), 'utf8')
const section = page.slice(page.indexOf('## The fetch store on the wire'))
const find = (pattern: RegExp): string => pattern.exec(section)![1]!

describe('the example of a signed request in docs/stores.md', () => {
  const secret = find(/With the secret `([^`]+)`/)
  const signed = find(/```text\n(.*?)\n```/s)
  const sent = find(/```http\n(.*?)\n```/s)
  const former = find(/Where the record was `([^`]+)`/)
  const [head, body] = sent.split('\n\n') as [string, string]
  const [line, ...fields] = head.split('\n')
  const [method, path] = line!.split(' ') as [string, string]
  const headers = new Headers(fields.map((field) => field.split(': ') as [string, string]))

  it('has the MAC of the text that is signed', () => {
    const mac = createHmac('sha256', secret).update(signed).digest('base64url')

    expect(headers.get('authorization')).toBe(`HMAC-SHA-256 ${mac}`)
  })

  it('is let in, replaces the record, and no other byte is', async () => {
    const clock = createClock(Number(headers.get('x-timestamp')))
    const store = createMemoryStore({ now: clock.now })
    await store.set('8f3a', JSON.parse(former), 600_000, write)
    const handler = createStoreHandler(store, { secret, now: clock.now })
    const ask = (body: string): Promise<Response> =>
      handler(new Request(`https://example.com${path}`, { method, headers, body }))

    expect((await ask(body.replace('2', '3'))).status).toBe(401)
    const answer = await ask(body)
    expect(answer.status).toBe(204)
    expect(answer.headers.get('etag')).toBe(find(/`ETag: ([^`]+)`/))
    expect(await store.get('8f3a', 1, read)).toEqual(JSON.parse(body))
    expect((await ask(body)).status).toBe(412)
  })
})
