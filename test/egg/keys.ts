import { createRequire } from 'node:module'
import path from 'node:path'
import { hosts } from './hosts.ts'

/** The part of Egg's own Keygrip that the tests ask: it is the oracle for Egg's two formats. */
export interface Keygrip {
  encrypt(text: string): Buffer
  decrypt(data: Buffer): { value: Buffer; index: number } | false
  sign(text: string): string
  verify(text: string, signature: string): number
}

const require = createRequire(path.join(hosts[0]!.folder, 'package.json'))
const EggKeygrip = require('egg-cookies/lib/keygrip.js') as new (keys: string[]) => Keygrip

export const keygrip = (keys: string[]): Keygrip => new EggKeygrip(keys)

const encode = (record: unknown): string => Buffer.from(JSON.stringify(record)).toString('base64')

/** The Cookie header of a session that Egg signed. */
export function signedCookie(record: unknown, key: string, name = 'EGG_SESS'): string {
  const pair = `${name}=${typeof record === 'string' ? record : encode(record)}`
  return `${pair}; ${name}.sig=${keygrip([key]).sign(pair)}`
}

/** The Cookie header of a session that Egg encrypted. */
export function encryptedCookie(record: unknown, key: string, name = 'EGG_SESS'): string {
  const text = typeof record === 'string' ? record : encode(record)
  const value = keygrip([key]).encrypt(text).toString('base64')
  return `${name}=${value.replaceAll('+', '-').replaceAll('/', '_')}`
}
