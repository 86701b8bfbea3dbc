import { SessionError } from './errors.ts'

/** A test of a value, and what it must be in the words of an error. */
export type Rule = readonly [test: (value: any) => boolean, words: string]

export const flag: Rule = [(value) => typeof value === 'boolean', 'true or false']

export const isFunction = (value: unknown): boolean => typeof value === 'function'

export const callback: Rule = [isFunction, 'a function']

/** One of some words, as they are here. */
export const oneOf = (...words: string[]): Rule => [
  (value) => words.includes(value),
  words.map((word) => `'${word}'`).join(' or '),
]

export const word = (pattern: RegExp, value: unknown): boolean =>
  typeof value === 'string' && pattern.test(value)

export const text = (pattern: RegExp, words: string): Rule => [
  (value) => word(pattern, value),
  words,
]

/** A function is good as well. */
export const orFunction = ([test, words]: Rule): Rule => [
  (value) => isFunction(value) || test(value),
  `${words}, or a function`,
]

/** @throws SessionError `ERR_SESSION_OPTIONS` */
export function refuse(sentence: string): never {
  throw new SessionError('ERR_SESSION_OPTIONS', `Session option ${sentence}`)
}
