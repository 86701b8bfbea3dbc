import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jar } from '../fixtures/cookies.ts'
import { bundleWorker, runWorker, type RunningWorker } from '../workerd/running.ts'

let worker: RunningWorker

beforeAll(async () => {
  worker = await runWorker(await bundleWorker(new URL('worker.ts', import.meta.url)))
})
afterAll(() => worker.stop())

function createVisitor() {
  const jar = new Jar()
  return async (path: string, body?: string | FormData, headers: object = {}): Promise<Answer> => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = await fetch(new URL(path, worker.url), {
      ...(body !== undefined && { method: 'POST', body }),
      headers: { cookie: jar.header, ...(typeof body === 'string' && type), ...headers },
    })
    jar.take(response.headers.getSetCookie())
    return { status: response.status, text: await response.text() }
  }
}

interface Answer {
  status: number
  text: string
}

describe.each(['cookie', 'kv'])('in workerd, with a session in: %s', (place) => {
  it('a form logs in with its token, which ends with that', async () => {
    const visit = createVisitor()
    const { text: token } = await visit(`/${place}/form`)
    const body = `user=ada&_csrf=${token}`
    expect(await visit(`/${place}/raw`, body)).toEqual({ status: 200, text: body })
    const data = new FormData()
    data.set('_csrf', token)
    data.set('user', 'ada')

    expect(await visit(`/${place}/login`, data)).toEqual({ status: 200, text: 'ada' })
    expect((await visit(`/${place}/raw`, body)).status).toBe(403)
    const { text: after } = await visit(`/${place}/form`)
    expect((await visit(`/${place}/raw`, '', { 'x-csrf-token': after })).status).toBe(200)
  })

  it('a request is refused without its token, and from another site', async () => {
    const visit = createVisitor()
    const { text: token } = await visit(`/${place}/form`)
    const { text: other } = await createVisitor()(`/${place}/form`)
    const evil = { 'sec-fetch-site': 'cross-site' }

    expect((await visit(`/${place}/raw`, 'user=ada')).status).toBe(403)
    expect((await visit(`/${place}/raw`, `_csrf=${other}`)).status).toBe(403)
    expect((await visit(`/${place}/raw`, `_csrf=${token}`, evil)).status).toBe(403)
  })
})
