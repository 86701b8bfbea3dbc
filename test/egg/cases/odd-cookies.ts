import { keys } from '../fixture.ts'
import { encryptedCookie, signedCookie } from '../keys.ts'
import { START } from '../run.ts'
import type { Case } from '../suite.ts'
import { change, read } from './pages.ts'

const DAY = 86_400_000
const lasting = { user: 'fred', _expire: START + DAY, _maxAge: DAY }
const base64 = (text: string): string => Buffer.from(text).toString('base64')

function holding(name: string, cookie: string): Case {
  return {
    name,
    run: async (site) => {
      const visitor = site.visitor().holding(cookie)
      await visitor.visit(() => 'untouched')
      await visitor.visit(read)
      await visitor.visit(change)
    },
  }
}

const signed = signedCookie(lasting, keys[0])
const [pair = '', signature = ''] = signed.split('; ')
const other = signedCookie({ ...lasting, user: 'eve' }, keys[0]).split('; ')[0]!

export const oddCookies: Case[] = [
  holding('a signed cookie', signed),
  holding('an expired cookie', signedCookie({ ...lasting, _expire: START - 1 }, keys[0])),
  holding(
    'a cookie that ends at this instant',
    signedCookie({ ...lasting, _expire: START }, keys[0]),
  ),
  holding('a cookie without an end', signedCookie({ user: 'fred' }, keys[0])),
  holding('a browser session', signedCookie({ user: 'fred', _session: true }, keys[0])),
  holding("a cookie with another one's signature", `${other}; ${signature}`),
  holding('a cookie signed with an unknown key', signedCookie(lasting, keys[1])),
  holding('a cookie without its signature', pair),
  holding('a signature of the wrong length', `${pair}; EGG_SESS.sig=short`),
  holding('a cookie of another name, copied', signed.replaceAll('EGG_SESS', 'OTHER')),
  ...['null', '5', '"abc"', '[1,2]', 'true', '{', ''].map((text) =>
    holding(`a signed payload of ${text || 'nothing'}`, signedCookie(base64(text), keys[0])),
  ),
  holding('a signed value that is not base64', signedCookie('%%%', keys[0])),
  holding('an encrypted cookie', encryptedCookie(lasting, keys[0])),
  holding('quotes around the value', `EGG_SESS="${pair.slice(9)}"; ${signature}`),
]

export const oddEncrypted: Case[] = [
  holding('an encrypted cookie', encryptedCookie(lasting, keys[0])),
  holding('encrypted, in the other base64', encryptedCookie(lasting, keys[0]).replaceAll('-', '+')),
  holding('encrypted with an unknown key', encryptedCookie(lasting, keys[1])),
  holding('an encrypted cookie cut short', encryptedCookie(lasting, keys[0]).slice(0, -4)),
  holding('not encrypted at all', `EGG_SESS=${base64('{"user":"eve"}')}`),
  holding('a signed cookie where encrypted ones are written', signed),
  holding('encrypted text that is not a session', encryptedCookie('hello', keys[0])),
  holding('an expired encrypted cookie', encryptedCookie({ ...lasting, _expire: 1 }, keys[0])),
]
