import Keygrip from 'keygrip'
import { describe, expect, it } from 'vitest'
import { errorOf } from '../fixtures/errors.ts'
import { setUp } from './fixture.ts'
import { headerOf, named, OTHER, SECRET } from './libraries.ts'
import { readers } from './readers.ts'

const { write, read } = named('cookie-session')

describe('cookieSession()', () => {
  it('reads what another Keygrip signed, if it is told the hash', async () => {
    const [pair] = (await write({ user: 'fred' })).split('; ') as [string]
    const grip = new Keygrip([OTHER, SECRET], 'sha256')
    const header = headerOf([pair, `session.sig=${grip.sign(pair)}`])
    const accept = (digest?: string): any => [
      readers.cookieSession({ keys: [SECRET, OTHER], digest }),
    ]
    expect((await setUp({ accept: accept('sha256') }).manager.load(header)).user).toBe('fred')
    expect((await setUp({ accept: accept() }).manager.load(header)).user).toBe(undefined)
  })

  it('refuses what is not signed, or signed and no session', async () => {
    const grip = new Keygrip([SECRET])
    const encode = (text: string): string => Buffer.from(text).toString('base64')
    const sign = (value: string): string =>
      `session=${value}; session.sig=${grip.sign(`session=${value}`)}`
    const { manager } = setUp({ accept: [read()] })
    const good = sign(encode('{"user":"fred"}'))
    expect((await manager.load(good)).user).toBe('fred')
    const bad = [
      good.split('; ')[0]!,
      good.replace('session.sig', 'session.SIG'),
      sign(encode('["fred"]')),
      sign(encode('"fred"')),
      sign(encode('null')),
      sign(encode('{"user":"fred"')),
      sign(encode('{"user":{"constructor":1}}')),
      sign(encode('{"user":"fred"} ').replace(/=*$/, '')),
      sign(Buffer.from('{"user":"\xff"}', 'latin1').toString('base64')),
      sign('fred'),
      sign('x'.repeat(5000)),
    ]
    for (const header of bad) expect((await manager.load(header)).populated).toBe(false)
  })

  it('takes no hash but those two', () => {
    const error = errorOf(() => readers.cookieSession({ keys: SECRET, digest: 'md5' }))
    expect([error.code, error.message]).toEqual([
      'ERR_SESSION_OPTIONS',
      expect.stringMatching(/^cookieSession\(\): "digest" must be/),
    ])
  })
})
