import { SessionError } from './errors.ts'

/** A test of a value, and what it must be in the words of an error. */
export type Rule = readonly [test: (value: any) => boolean, words: string]

export const flag: Rule = [(value) => typeof value === 'boolean', 'true or false']

export const callback: Rule = [(value) => typeof value === 'function', 'a function']

export const word = (pattern: RegExp, value: unknown): boolean =>
  typeof value === 'string' && pattern.test(value)

export const text = (pattern: RegExp, words: string): Rule => [
  (value) => word(pattern, value),
  words,
]

/** @throws SessionError `ERR_SESSION_OPTIONS` */
export function refuse(sentence: string): never {
  throw new SessionError('ERR_SESSION_OPTIONS', `Session option ${sentence}`)
}
