/** The parts of the inspector that decide, apart from a request. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAllowedHost } from '../../adapters/inspector/host-name.ts'
import { html, Html } from '../../adapters/inspector/html.ts'
import { checkInspectorOptions } from '../../adapters/inspector/options.ts'
import { createRecorder, type Source } from '../../adapters/inspector/recorder.ts'
import { tell } from '../../adapters/inspector/requests.ts'
import { duration, relative } from '../../adapters/inspector/time.ts'
import { checkToken, makeToken, newBrowser } from '../../adapters/inspector/token.ts'
import { tree } from '../../adapters/inspector/tree.ts'
import type { SessionEvent } from '../../src/index.ts'
import { errorOf } from '../fixtures/errors.ts'

describe('the host', () => {
  it.each([
    ...[
      'localhost',
      'LOCALHOST:3000',
      'a.localhost',
      'a.b.localhost:1',
      '127.0.0.1',
      '127.1.2.3:80',
    ],
    ...['[::1]', '[::1]:8787', 'dev.example', 'dev.example:1', 'other.example:8080'],
  ])('%s is allowed', (host) => {
    expect(isAllowedHost(host, ['dev.example', 'other.example:8080'])).toBe(true)
  })

  it.each([
    ...['', 'evil.example', 'localhost.evil.example', 'evil-localhost', '127.0.0.1.evil.example'],
    ...['1127.0.0.1', '128.0.0.1', '0.0.0.0', '[::2]', '[::1].evil.example', 'localhost:1:2'],
    ...['localhost,evil.example', 'user@localhost', 'localhost/', ' localhost', '.localhost'],
    ...['other.example', 'other.example:80', 'x.dev.example', 'localhost:', '127.0.0.1\n'],
  ])('%j is not', (host) => {
    expect(isAllowedHost(host, ['dev.example', 'other.example:8080'])).toBe(false)
  })

  it('is not where there is none', () => {
    expect([isAllowedHost(undefined, []), isAllowedHost(null, [])]).toEqual([false, false])
  })
})

describe('a piece of a page', () => {
  it('shows what is put in as the text it is', () => {
    const text = `<script>alert("1")</script> & 'so on'`
    expect(
      html`<p title="${text}">${[text, 1, null, undefined, false]}${html`<br />`}</p>`.text,
    ).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;so on&#39;">' +
        '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;so on&#39;1<br /></p>',
    )
  })

  it('takes nothing for a piece that only looks like one', () => {
    const text = '<b>'
    expect(html`${{ text } as never}`.text).not.toContain('<b>')
    expect(html`${new Html('<b>')}`.text).toBe('<b>')
  })
})

describe('the tree', () => {
  it('shows any JSON, and lets none of it be markup', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        const marks = tree({ ...data, '<i>': '<u>"' }).text.match(/<[^>]*>/g)!
        const kinds = new Set(marks.map((mark) => mark.replace(/[\s>].*/s, '')))
        const known = ['ul', 'li', 'span', 'details', 'summary'].flatMap((name) => [
          `<${name}`,
          `</${name}`,
        ])
        expect([...kinds].filter((kind) => !known.includes(kind))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('ends, however much there is', () => {
    let deep: object = {}
    for (let depth = 0; depth < 5000; depth++) deep = { deep }
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [at, at]))
    const { text } = tree({ deep, wide, long: 'x'.repeat(100_000) })

    expect(text.length).toBeLessThan(40_000)
    expect(text).toContain('and 4800 more')
    expect(text).toContain('and 99760 letters more')
  })

  it('hides what stands for the id of a session in a signed cookie', () => {
    expect(tree({ csrfId: 'random-text' }).text).not.toContain('random')
  })
})

describe('a duration', () => {
  it.each([
    [0, '0 s'],
    [400, '0 s'],
    [1000, '1 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h'],
    [3_661_000, '1 h 1 min'],
    [86_400_000, '1 d'],
    [90_000_000, '1 d 1 h'],
    [86_460_000, '1 d'],
  ])('of %i ms is %s', (ms, words) => {
    expect(duration(ms)).toBe(words)
  })

  it('is before or after', () => {
    expect([relative(0, 5000), relative(5000, 0), relative(5000, 5500)]).toEqual([
      '5 s ago',
      'in 5 s',
      'now',
    ])
  })
})

describe('a token', () => {
  it('is good for its browser alone, and another text each time', async () => {
    const [one, two] = [newBrowser(), newBrowser()]
    const tokens = [await makeToken(one), await makeToken(one)]

    expect(tokens[0]).not.toBe(tokens[1])
    expect(await Promise.all(tokens.map((token) => checkToken(one, token)))).toEqual([true, true])
    expect(await checkToken(two, tokens[0])).toBe(false)
    expect(await checkToken(undefined, tokens[0])).toBe(false)
  })

  it('is refused in any other spelling', async () => {
    const browser = newBrowser()
    const token = await makeToken(browser)
    const others = Array.from({ length: 85 }, (_, at) => {
      const letter = token[at] === 'A' ? 'B' : 'A'
      return token.slice(0, at) + letter + token.slice(at + 1)
    })

    for (const other of [...others, '', token.slice(1), `${token}A`, [token], undefined, 1]) {
      expect([other, await checkToken(browser, other)]).toEqual([other, false])
    }
  })
})

const event = (type: string, more: object = {}): SessionEvent =>
  ({ key: 'sid', now: 0, place: 'store', type, ...more }) as never

describe('the recorder', () => {
  const source = (browser: string | undefined, path = '/'): (() => Source) => {
    return () => ({ browser, method: 'GET', path })
  }

  it('keeps the requests of a browser, the newest first, with what happened in each', () => {
    const recorder = createRecorder()
    const [first, second] = [{}, {}]
    recorder.note(event('created'), first, source('a', '/1'))
    recorder.note(event('loaded'), second, source('a', '/2'))
    recorder.note(event('commit'), first, source('a', '/1'))

    expect(
      recorder.requestsOf('a').map(({ path, events }) => [path, ...events.map(({ type }) => type)]),
    ).toEqual([
      ['/2', 'loaded'],
      ['/1', 'created', 'commit'],
    ])
  })

  it('keeps nothing of browsers that have not seen the inspector, nor mixes those that have', () => {
    const recorder = createRecorder()
    recorder.note(event('created'), {}, source(undefined))
    recorder.note(event('created'), {}, source('a'))

    expect(recorder.requestsOf('a')).toHaveLength(1)
    expect(recorder.requestsOf('b')).toEqual([])
  })

  it('forgets, so that its memory has an end', () => {
    const recorder = createRecorder()
    const one = {}
    for (let at = 0; at < 1000; at++) recorder.note(event('loaded'), one, source('first'))
    expect(recorder.requestsOf('first')[0]!.events).toHaveLength(40)
    for (let at = 0; at < 1000; at++) recorder.note(event('loaded'), {}, source('first'))
    expect(recorder.requestsOf('first')).toHaveLength(30)
    for (let at = 0; at < 20; at++) recorder.note(event('loaded'), {}, source(`other ${at}`))
    expect(recorder.requestsOf('first')).toEqual([])
    expect(recorder.requestsOf('other 0')).toHaveLength(1)
  })
})

describe('what events have to say', () => {
  it('is said once: how a load ended, and how long it took', () => {
    expect(
      tell([
        event('store', { operation: 'get', outcome: 'done', duration: 1.234 }),
        event('loaded'),
        event('load', { outcome: 'loaded', duration: 12.34 }),
        event('renewed', { bytes: 700 }),
        event('commit', { outcome: 'rolling', bytes: 700, duration: 0.5 }),
      ]),
    ).toEqual([
      { word: 'get', tone: 'plain', detail: '1.23 ms' },
      { word: 'loaded', tone: 'good', detail: '12 ms' },
      { word: 'renewed', tone: 'good' },
      { word: 'commit: rolling', tone: 'plain', detail: '700 bytes, 0.50 ms' },
    ])
  })

  it('is nothing where a commit had nothing to do', () => {
    expect(
      tell([
        event('load', { outcome: 'none', duration: 0 }),
        event('commit', { outcome: 'nothing', bytes: 0, duration: 0 }),
      ]),
    ).toEqual([{ word: 'no session', tone: 'plain', detail: '0.00 ms' }])
  })

  it('stands out where something went wrong', () => {
    const words = ['missed', 'expired', 'invalid', 'revoked', 'tampered', 'conflict']
    expect(tell(words.map((word) => event(word)))).toEqual(
      words.map((word) => ({ word, tone: 'bad' })),
    )
    expect(
      tell([
        event('store-error', { operation: 'set', error: new Error('It failed.') }),
        event('store', { operation: 'set', outcome: 'failed', duration: 1 }),
        event('commit', { outcome: 'failed', bytes: 0, duration: 1 }),
        event('load', { outcome: 'failed', duration: 1 }),
      ]).map(({ tone }) => tone),
    ).toEqual(['bad', 'bad', 'bad', 'bad'])
  })
})

describe('the options', () => {
  it.each([
    ['enabled', 'yes', 'true or false'],
    ['path', 'session', 'a path: it begins with /'],
    ['path', '/a b', 'a path: it begins with /'],
    ['allow', true, 'a function'],
    ['hosts', 'dev.example', 'a list of names like dev.example.com, in lower case'],
    ['hosts', ['https://dev.example'], 'a list of names like dev.example.com, in lower case'],
  ])('are checked at once: %s %j', (name, value, words) => {
    expect(errorOf(() => checkInspectorOptions({ [name]: value }))).toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: `Inspector option "${name}" must be ${words}.`,
    })
  })

  it('are known by name, and leave the inspector off', () => {
    expect(errorOf(() => checkInspectorOptions({ on: true } as never)).message).toBe(
      'Inspector option "on" is unknown.',
    )
    expect(checkInspectorOptions({ path: null }).enabled).toBe(false)
  })
})
