/** `Buffer` where a runtime has none, with the encoding that its library lacks. */
import { Buffer } from 'buffer'

const { from } = Buffer as { from: (...args: any[]) => Buffer }
const { toString } = Buffer.prototype

// It reads either alphabet as base64.
Buffer.from = ((value: unknown, encoding?: unknown, length?: number) =>
  from(value, encoding === 'base64url' ? 'base64' : encoding, length)) as typeof Buffer.from

Buffer.prototype.toString = function (encoding?: BufferEncoding, ...range: number[]): string {
  if (encoding !== 'base64url') return toString.call(this, encoding, ...range)
  const base64 = toString.call(this, 'base64', ...range)
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

export { Buffer }
