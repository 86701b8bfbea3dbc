import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cookieLines } from '../../cli/copied.ts'
import { createSessionManager } from '../../src/index.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { run } from './run.ts'

const COOKIE = 'Cookie: a=1; sid=x'

describe('cookies in what was copied', () => {
  it.each([
    ['a value', 'eyJhbGciOi\n', ['eyJhbGciOi']],
    ['two lines of Set-Cookie', 'a=1; path=/\na.sig=2; path=/', ['a=1; path=/', 'a.sig=2; path=/']],
    [
      'a curl command',
      `curl 'https://a.example/' \\\n  -H 'accept: */*' \\\n  -H 'cookie: a=1; sid=x'`,
      ['cookie: a=1; sid=x'],
    ],
    ['one with -b', 'curl -b "a=1; sid=x" https://a.example/', [COOKIE]],
    ['one that bash quotes with $', `curl https://a.example/ -b $'a=\\'1'`, [`Cookie: a='1`]],
    [
      'what curl -v prints',
      `> GET / HTTP/1.1\n> ${COOKIE}\n<\n< HTTP/1.1 200\r\n< Set-Cookie: sid=y; Path=/\r\n`,
      [COOKIE, 'Set-Cookie: sid=y; Path=/'],
    ],
    ['a curl command without', 'curl https://a.example/', []],
  ])('are found in %s', (_, text, lines) => {
    expect(cookieLines(text)).toEqual(lines)
  })

  it('are found in an HTTP archive, each once', () => {
    const entry = {
      request: {
        headers: [
          { name: 'Cookie', value: 'sid=x' },
          { name: 'Accept', value: '*/*' },
        ],
      },
      response: { headers: [{ name: 'set-cookie', value: 'sid=y; Path=/\nb=2' }] },
    }

    expect(cookieLines(JSON.stringify({ log: { entries: [entry, entry] } }))).toEqual([
      'Cookie: sid=x',
      'set-cookie: sid=y; Path=/',
      'set-cookie: b=2',
    ])
  })

  it('may be none in any text, and any JSON', () => {
    fc.assert(fc.property(fc.string(), (text) => void cookieLines(text)))
    fc.assert(fc.property(fc.json(), (text) => void cookieLines(text)))
    fc.assert(
      fc.property(
        fc.jsonValue(),
        (log) => void cookieLines(JSON.stringify({ log: { entries: log } })),
      ),
    )
  })
})

describe('session-kit inspect', () => {
  it('shows the session of a curl command, and of an archive', async () => {
    const manager = createSessionManager({ secrets: SECRET })
    const session = await manager.load('')
    session['user'] = 'ada'
    const [line] = await manager.commit(session)
    const pair = line!.split(';')[0]!
    const entry = { request: { headers: [{ name: 'cookie', value: `theme=dark; ${pair}` }] } }
    for (const input of [
      `curl 'https://a.example/' -H 'cookie: theme=dark; ${pair}'`,
      JSON.stringify({ log: { entries: [entry] } }),
    ]) {
      const { code, out } = await run(['inspect', '--json'], {
        input,
        env: { SESSION_SECRET: SECRET },
      })

      expect(code).toBe(0)
      expect(JSON.parse(out)).toMatchObject([{ verdict: 'genuine', data: { user: 'ada' } }])
    }
  })
})
