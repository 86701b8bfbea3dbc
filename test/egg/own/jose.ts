import path from 'node:path'
import { compactVerify, importJWK } from 'jose'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { ED, publicOf } from '../../fixtures/jwks.ts'
import { change, dataOf, remove, write } from '../cases/pages.ts'
import { dumpsOf } from '../dumps.ts'
import { raw, type Raw } from '../source.ts'
import type { Site } from '../site.ts'
import { describeHosts } from '../trial.ts'

describeHosts('config.session.format of session-kit/jose', ({ workspace, open }) => {
  let site: Site
  let edge: Site

  /** An option of `config.session`, made of what the subpath exports. */
  const format = (expression: string): Raw => {
    const from = JSON.stringify(path.join(workspace(), 'app.js'))
    const require = `process.getBuiltinModule('node:module').createRequire(${from})`
    return raw(`(({ jwsFormat, jwsReadOnly }) => ${expression})(${require}('session-kit/jose'))`)
  }

  beforeAll(async () => {
    const sign = JSON.stringify(ED)
    const verify = JSON.stringify(publicOf(ED))
    site = await open({ name: 'jose', session: { format: format(`jwsFormat({ sign: ${sign} })`) } })
    const reads = format(`jwsReadOnly({ verify: ${verify} })`)
    edge = await open({ name: 'jose-edge', session: { format: reads } })
  })
  beforeEach(() => Promise.all([site.begin(), edge.begin()]))

  it('writes sessions that are signed, and reads them', async () => {
    const visitor = site.visitor()
    await visitor.visit(write)
    await visitor.visit(change)
    expect(await dataOf(visitor)).toEqual({ user: 'fred', views: 1 })

    const token = visitor.jar.value('EGG_SESS')!
    const { payload } = await compactVerify(token, await importJWK(publicOf(ED), 'EdDSA'))
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({
      aud: 'session-kit/EGG_SESS',
      d: { user: 'fred', views: 1 },
    })
    expect(visitor.jar.header('/', site.now)).not.toContain('.sig')
    await visitor.visit(remove)
    expect(await dataOf(visitor)).toEqual({})
  })

  it('reads them where the public key alone is, and answers a change with an error', async () => {
    const visitor = site.visitor()
    await visitor.visit(write)
    const there = edge.visitor().holding(visitor.jar.header('/', site.now)!)
    expect(await dataOf(there)).toEqual({ user: 'fred' })
    const { status, cookies } = await there.visit(change)
    expect([status, cookies]).toEqual([500, []])
  })

  it('has no key in what Egg writes down', async () => {
    const dumps = await dumpsOf(site)
    const texts = Object.values(dumps)
    expect(
      texts.filter((text) => [ED.d, ED.x, ED.kid].some((part) => text.includes(part))),
    ).toEqual([])
    const { config } = JSON.parse(dumps['application_config.json']!)
    expect(config.session.format).toMatch(/^<Function/)
  })
})
