import { createRandom } from '../fixtures/random.ts'

const PIECES = [
  'koa.sess=',
  'koa.sess.sig=',
  'koa.sess',
  '=',
  ';',
  '; ',
  ',',
  '"',
  '.',
  '..',
  '%00',
  '%E0%A4%A',
  '\u0000',
  '\u00ff',
  '\ud800',
  '__proto__=1',
  'eyJhbGciOiJkaXIifQ',
  'eyJ1c2VyIjoicm9vdCJ9',
  'eyJfX3Byb3RvX18iOnsidXNlciI6InJvb3QifX0=',
  'null',
  'A'.repeat(22),
  'A'.repeat(5000),
]

/** Cookie headers as nobody's browser sends them, most of them made of a good one. */
export function* hostileHeaders(good: string, count: number): Generator<string> {
  const random = createRandom(20_261_123)
  const piece = (): string => PIECES[random(PIECES.length)]!
  const letter = (): string => String.fromCharCode(random(256))
  const cut = (text: string): [string, string] => {
    const at = random(text.length + 1)
    return [text.slice(0, at), text.slice(at)]
  }
  const ways: (() => string)[] = [
    () => Array.from({ length: random(12) }, piece).join(''),
    () => `koa.sess=${Array.from({ length: random(80) }, letter).join('')}`,
    () => cut(good).join(piece()),
    () => cut(good).join(letter()),
    () => cut(good)[0],
    () => cut(good)[1],
    () => {
      const [head, tail] = cut(good)
      return head + letter() + tail.slice(1)
    },
    () => {
      const [head, tail] = cut(good)
      return head + tail.slice(1 + random(9))
    },
    () => cut(good).toReversed().join(''),
    () => `${good}; ${cut(good).join(letter())}`,
    () => `${cut(good).join(piece())}; ${good}`,
    () => good.replace(/=[^;]*/, (value) => value.repeat(1 + random(4))),
    () => good.replaceAll(/[a-z]/g, (a) => (random(9) ? a : a.toUpperCase())),
  ]
  for (let i = 0; i < count; i++) yield ways[random(ways.length)]!()
}
