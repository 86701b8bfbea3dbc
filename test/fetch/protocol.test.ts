import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SessionError } from '../../src/index.ts'
import {
  checkCommon,
  checkPositive,
  credentials,
  LARGEST_RECORD,
  readText,
  SIGNATURE_LIFE,
  signedText,
  tagOf,
} from '../../src/fetch-protocol.ts'
import { errorOf } from '../fixtures/errors.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'

/** A body that comes in pieces, and tells whether anybody stopped reading it. */
function inPieces(...pieces: (string | Uint8Array)[]): {
  response: Response
  taken(): number
  isCancelled(): boolean
} {
  let taken = 0
  let isCancelled = false
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[taken++]
        if (piece === undefined) controller.close()
        else controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece)
      },
      cancel() {
        isCancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { response: new Response(body), taken: () => taken, isCancelled: () => isCancelled }
}

describe('the text that a signature covers', () => {
  it('has a line for all that a request says, and then its body', () => {
    const headers = new Headers({
      'if-none-match': '*',
      'if-match': '"tag"',
      'x-changed': 'false',
      'x-ttl': '60000',
      'x-timestamp': '1772539200000',
      'x-other': 'not signed',
    })
    expect(
      signedText('PUT', 'https://origin.test/sessions/a%20b?c=d#e', headers, '{"a":\n1}'),
    ).toBe(
      [
        'session-kit/fetch/v1',
        'PUT',
        '/sessions/a%20b?c=d',
        '1772539200000',
        '60000',
        'false',
        '"tag"',
        '*',
        '{"a":\n1}',
      ].join('\n'),
    )
  })

  it('has an empty line for what is not said', () => {
    const text = signedText('GET', 'http://origin.test', new Headers(), '')
    expect(text).toBe('session-kit/fetch/v1\nGET\n/\n\n\n\n\n\n')
  })
})

describe('the tag of a record', () => {
  it.each(['', '{}', '{"name":"é🔑"}'])(
    'is the SHA-256 of its JSON, in quotes: %s',
    async (json) => {
      const hash = createHash('sha256').update(json).digest('base64url')
      expect(await tagOf(json)).toBe(`"${hash}"`)
    },
  )
})

describe('a body', () => {
  it('is put together from its pieces, in order, wherever they are cut', async () => {
    const bytes = new TextEncoder().encode('a é 🔑 z')
    for (let at = 0; at <= bytes.length; at++) {
      const { response } = inPieces(bytes.slice(0, at), bytes.slice(at))
      expect(await readText(response, 100)).toBe('a é 🔑 z')
    }
    expect(await readText(inPieces('one', ' ', 'two', ' ', 'three').response, 100)).toBe(
      'one two three',
    )
  })

  it('is empty where there is none', async () => {
    expect(await readText(new Response(null), 1)).toBe('')
    expect(await readText(new Request('http://origin.test'), 0)).toBe('')
    expect(await readText(inPieces().response, 0)).toBe('')
  })

  it('may have so many bytes, and no more', async () => {
    expect(await readText(new Response('four'), 4)).toBe('four')
    expect(await readText(new Response('fives'), 4)).toBeUndefined()
    expect(await readText(new Response('éé'), 4)).toBe('éé')
    expect(await readText(new Response('éé'), 3)).toBeUndefined()
    expect(await readText(inPieces('ab', 'cd').response, 4)).toBe('abcd')
    expect(await readText(inPieces('ab', 'cd', 'e').response, 4)).toBeUndefined()
  })

  it('is not waited for once it is too much', async () => {
    const { response, taken, isCancelled } = inPieces('abc', 'def', 'ghi', 'jkl')
    expect(await readText(response, 5)).toBeUndefined()
    expect(taken()).toBe(2)
    expect(isCancelled()).toBe(true)
  })

  it('is none if what is left of it cannot even be given back', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(9)),
      cancel: () => Promise.reject(new Error('gone')),
    })
    expect(await readText(new Response(body), 5)).toBeUndefined()
  })

  it.each([
    ['a byte that begins nothing', [0x80]],
    ['half a character', [0x61, 0xc3]],
    ['a character spelled too long', [0xc0, 0xaf]],
    ['half a pair', [0xed, 0xa0, 0x80]],
  ])('is none if it is no UTF-8: %s', async (_, bytes) => {
    expect(await readText(new Response(Uint8Array.from(bytes)), 100)).toBeUndefined()
  })

  it('keeps a mark at its beginning, which is signed and hashed like the rest', async () => {
    expect(await readText(new Response('\uFEFF{}'), 100)).toBe('\uFEFF{}')
  })
})

describe('credentials', () => {
  it('are one or several, newest first', () => {
    const [first, second] = SECRETS as [string, string]
    const bytes = [first, second].map((text) => new TextEncoder().encode(text))
    expect(credentials('token', first)).toEqual([bytes[0]])
    expect(credentials('token', [first, second])).toEqual(bytes)
    expect(credentials('secret', bytes)).toEqual(bytes)
  })

  it.each(['a blank ', ' a blank', 'two\nlines', 'é', 'a:b', 'a"b', 'a,b', 'a;b'])(
    'may be no token that a header could not carry: %j',
    (odd) => {
      for (const token of [`${odd}${SECRET}`, `${SECRET}${odd}`]) {
        const error = errorOf(() => credentials('token', [SECRETS[1]!, token]))
        expect(error).toBeInstanceOf(SessionError)
        expect(error.code).toBe('ERR_SESSION_OPTIONS')
        expect(error.message).toBe('Session option "token" must be letters, digits and -._~+/=.')
      }
    },
  )

  it('may be a secret of any characters', () => {
    expect(credentials('secret', `: é ${SECRET}`)).toHaveLength(1)
  })

  it('are called by their option when they are too weak', () => {
    for (const name of ['token', 'secret'] as const) {
      expect(errorOf(() => credentials(name, 'short'))).toMatchObject({
        code: 'ERR_SESSION_SECRET',
        message: expect.stringMatching(
          new RegExp(`^Session option "${name}" \\[0\\] is shorter than 32`),
        ),
      })
      expect(errorOf(() => credentials(name, []))).toMatchObject({ code: 'ERR_SESSION_SECRET' })
    }
  })
})

describe('the options of both halves', () => {
  it('exclude a token beside a secret', () => {
    expect(errorOf(() => checkCommon({ token: 'a', secret: 'b' }))).toMatchObject({
      name: 'SessionError',
      code: 'ERR_SESSION_OPTIONS',
      message: 'Session option "token" and "secret" exclude each other.',
    })
    for (const options of [{}, { token: 'a' }, { secret: 'b' }]) {
      expect(() => checkCommon(options)).not.toThrow()
    }
  })

  it.each([0, -1, NaN, '', null, 'much', {}])('take no such size: %j', (maxSize: any) => {
    for (const check of [() => checkCommon({ maxSize }), () => checkPositive('maxSize', maxSize)]) {
      expect(errorOf(check)).toMatchObject({
        code: 'ERR_SESSION_OPTIONS',
        message: 'Session option "maxSize" must be a number above 0.',
      })
    }
  })

  it.each([undefined, 1, 0.5, 1e9, Infinity])('take a size, or leave it out: %j', (maxSize) => {
    expect(() => checkCommon({ maxSize })).not.toThrow()
  })

  it('have limits that the pages name', () => {
    expect([LARGEST_RECORD, SIGNATURE_LIFE]).toEqual([64 * 1024, 60_000])
  })
})
