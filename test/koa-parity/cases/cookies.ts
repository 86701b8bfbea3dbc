import Keygrip from 'keygrip'
import { act, assign, begin, casesOf, held, holding, hour, leave, read, stored } from './modes.ts'
import { keys, pack, pair } from '../stage.ts'
import type { Case } from '../run.ts'

const { found, plain, cookie, store, both } = casesOf('cookies')

const rotated = { secret: keys[1] }
const visit = [begin(), read(), leave(), begin({ b: 2 }), assign(null), read()]

both('one key', visit, { keys: () => ['only key'] })
both('three keys', visit, { keys: () => ['one', 'two', 'three'] })
both('a short key', visit, { keys: () => ['k'] })
both('keys beyond ASCII', visit, { keys: () => ['clé-ü-🐎'] })
for (const digest of ['sha1', 'sha256', 'sha512', 'md5']) {
  both(`Keygrip ${digest}`, visit, { keys: () => new Keygrip(['one', 'two'], digest) })
}
both('Keygrip in base64url', visit, {
  keys: () => new Keygrip(['one', 'two'], 'sha256', 'base64url' as 'base64'),
})
both('a signer of the application', visit, {
  keys: () => ({
    sign: (text: string) => `len${text.length}`,
    index: (text: string, signature: string) => (signature === `len${text.length}` ? 0 : -1),
    verify: (text: string, signature: string) => signature === `len${text.length}`,
  }),
})

const asked = {
  'not touched': leave(),
  read: read(),
  changed: begin({ b: 2 }),
  replaced: act((ctx) => {
    void ctx.session.a
    ctx.session = { b: 2 }
  }),
  removed: assign(null),
}
for (const [name, request] of Object.entries(asked)) {
  cookie(`signed by an older key: ${name}`, [
    { ...request, cookie: held({ a: 1 }, {}, rotated) },
    read(),
  ])
  store(`signed by an older key: ${name}`, [{ ...request, cookie: pair('k1', rotated) }, read()], {
    options: holding('k1', stored({ a: 1 })),
  })
  cookie(`signed by a stranger: ${name}`, [
    { ...request, cookie: held({ a: 1 }, {}, { secret: 'no key' }) },
    read(),
  ])
  store(
    `signed by a stranger: ${name}`,
    [{ ...request, cookie: pair('k1', { secret: 'no key' }) }, read()],
    { options: holding('k1', stored({ a: 1 })) },
  )
  cookie(`no signature: ${name}`, [
    { ...request, cookie: held({ a: 1 }).split(';')[0] ?? '' },
    read(),
  ])
  store(`no signature: ${name}`, [{ ...request, cookie: 'koa.sess=k1' }, read()], {
    options: holding('k1', stored({ a: 1 })),
  })
}
both('the keys are rotated while a session lives', [
  begin(),
  act((ctx) => void (ctx.app.keys = ['new key', ...keys]), { jar: null }),
  read(),
  read(),
  begin({ b: 2 }),
  act((ctx) => void (ctx.app.keys = ['new key']), { jar: null }),
  read(),
])
both('the keys are thrown away while a session lives', [
  begin(),
  act((ctx) => void (ctx.app.keys = ['new key']), { jar: null }),
  read(),
  begin({ b: 2 }),
  read(),
])
plain(
  'signed by an older key with path and domain',
  [read({ cookie: held({ a: 1 }, {}, rotated), path: '/x/y' })],
  { options: () => ({ maxAge: hour, path: '/x', domain: 'example.com', sameSite: 'lax' }) },
)
both(
  'another digest than the cookie has',
  [read({ cookie: held({ a: 1 }, {}, { secret: 'one', digest: 'sha256' }) })],
  { keys: () => ['one'] },
)

const value = pack({ a: 1, _expire: 1_700_003_600_000, _maxAge: hour })
const signature = held({ a: 1 }).split('koa.sess.sig=')[1] ?? ''
const altered = (text: string, at: number): string =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`

const headers: [name: string, header: string][] = [
  [
    'a value altered in its first character',
    `koa.sess=${altered(value, 0)}; koa.sess.sig=${signature}`,
  ],
  [
    'a value altered in its last character',
    `koa.sess=${value.slice(0, -1)}A; koa.sess.sig=${signature}`,
  ],
  ['a signature altered', `koa.sess=${value}; koa.sess.sig=${altered(signature, 3)}`],
  ['an empty signature', `koa.sess=${value}; koa.sess.sig=`],
  ['a signature cut short', `koa.sess=${value}; koa.sess.sig=${signature.slice(0, 10)}`],
  ['a signature with padding', `koa.sess=${value}; koa.sess.sig=${signature}=`],
  ['a signature of another name', pair(value, { name: 'other' }).replaceAll('other', 'koa.sess')],
  ['the signature first', `koa.sess.sig=${signature}; koa.sess=${value}`],
  ['a quoted value', `koa.sess="${value}"; koa.sess.sig=${signature}`],
  ['a quoted signature', `koa.sess=${value}; koa.sess.sig="${signature}"`],
  ['half a quote', `koa.sess="${value}; koa.sess.sig=${signature}`],
  ['the right one twice', `koa.sess=${value}; koa.sess=${value}; koa.sess.sig=${signature}`],
  ['the right one, then another', `koa.sess=${value}; koa.sess=x; koa.sess.sig=${signature}`],
  ['another, then the right one', `koa.sess=x; koa.sess=${value}; koa.sess.sig=${signature}`],
  [
    'two signatures, the right one first',
    `koa.sess=${value}; koa.sess.sig=${signature}; koa.sess.sig=x`,
  ],
  [
    'two signatures, the right one last',
    `koa.sess=${value}; koa.sess.sig=x; koa.sess.sig=${signature}`,
  ],
  ['no space after the semicolon', `koa.sess=${value};koa.sess.sig=${signature}`],
  ['more space', `  koa.sess=${value};    koa.sess.sig=${signature}  `],
  ['a space before the equals sign', `koa.sess =${value}; koa.sess.sig=${signature}`],
  ['other cookies around', `a=1; koa.sess=${value}; b=2; koa.sess.sig=${signature}; c`],
  ['a name that ends the same', `xkoa.sess=${value}; xkoa.sess.sig=${signature}`],
  ['a name in capitals', `KOA.SESS=${value}; KOA.SESS.SIG=${signature}`],
  ['a name that a careless pattern takes', `koaXsess=${value}; koaXsess.sig=${signature}`],
  ['escaped characters', `koa.sess=${encodeURIComponent(value)}; koa.sess.sig=${signature}`],
  ['an empty value', `koa.sess=; koa.sess.sig=${signature}`],
  ['a signed empty value', pair('')],
  ['names of a prototype', '__proto__=1; constructor=2; toString=3'],
  ['nothing but semicolons', ';;;'],
  ['very many cookies', Array.from({ length: 200 }, (_, at) => `c${at}=${at}`).join('; ')],
  ['a very long value', `koa.sess=${'A'.repeat(8000)}; koa.sess.sig=${signature}`],
]
for (const [name, header] of headers) {
  cookie(`the header has ${name}`, [
    read({ cookie: header }),
    { ...begin({ b: 2 }), cookie: header },
  ])
}
for (const [name, header] of [
  ['a quoted id', `koa.sess="k1"; koa.sess.sig=${pair('k1').split('sig=')[1]}`],
  ['the right id, then another', `koa.sess=k1; koa.sess=k2; ${pair('k1').split('; ')[1]}`],
  ['another id, then the right one', `koa.sess=k2; koa.sess=k1; ${pair('k1').split('; ')[1]}`],
  ['an id with a space', pair('k 1')],
  ['an id like a path', pair('../../etc/passwd')],
  ['an id like a method', pair('__proto__')],
  ['an id of 4,000 characters', pair('x'.repeat(4000))],
] as const) {
  store(
    `the header has ${name}`,
    [read({ cookie: header }), { ...begin({ b: 2 }), cookie: header }],
    {
      options: holding('k1', stored({ a: 1 })),
    },
  )
}
both('another name of the cookie', visit, { options: () => ({ key: 'sid' }) })
both('a name with signs a pattern would read', visit, { options: () => ({ key: 's.i+d$^*' }) })
cookie('a cookie of another name is not read', [read({ cookie: held({ a: 1 }) })], {
  options: () => ({ key: 'sid' }),
})
cookie('a record that koa-session 6 wrote', [
  read({ cookie: pair(pack({ user: 'fred', _expire: 1_700_086_400_000, _maxAge: 86_400_000 })) }),
  begin({ n: 2 }),
  read(),
])

export const cookies: Case[] = found
