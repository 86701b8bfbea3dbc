import type { LeftOut } from './runner/run.ts'

/** Tests of a file, by their names or what these begin with. */
interface Reason {
  runtimes: RegExp
  why: string
  file: string
  names: string[]
}

const WEB_ALONE = /^(workerd|edge-runtime)$/
const DEEP = /^(Deno|Node 26|workerd)/

/** What cannot run somewhere, and why. */
export const reasons: Reason[] = [
  {
    runtimes: /./,
    why: 'it loads a module a second time without Buffer; workerd and edge-runtime have none by themselves',
    file: 'core/base64url.test.ts',
    names: ['toBase64url and fromBase64url with no Buffer'],
  },
  {
    runtimes: /^(workerd|edge-runtime)/,
    why: 'it does not tell the size of its process',
    file: 'core/sealed-forgery.test.ts',
    names: ['a bomb > is not inflated: the process does not grow'],
  },
  {
    runtimes: WEB_ALONE,
    why: 'it has no engine of Node',
    file: 'core/engine.test.ts',
    names: [
      'the node engine',
      'what the node engine makes and the node engine reads',
      'what the node engine makes and the web engine reads',
      'what the web engine makes and the node engine reads',
    ],
  },
  {
    runtimes: WEB_ALONE,
    why: 'it has no engine of Node',
    file: 'core/sealed-jose.test.ts',
    names: [
      'a token of the node engine',
      'a token of the web engine > opens in the node engine',
      'the node engine',
    ],
  },
  {
    runtimes: WEB_ALONE,
    why: 'it has no engine of Node',
    file: 'core/known-answers.test.ts',
    names: ['by the node engine'],
  },
  {
    runtimes: WEB_ALONE,
    why: 'it has no engine of Node',
    file: 'core/iv.test.ts',
    names: [
      'freshIv > is not made up where there is nothing random: nothing is sealed by the engine node',
    ],
  },
  {
    runtimes: WEB_ALONE,
    why: 'they take the key out of an engine of Node, and it has none',
    file: 'core/keyring.test.ts',
    names: [
      'the key schedule > gives the known answers',
      'the key schedule > is RFC 5869, computed twice: the engine derives the key that the test does',
    ],
  },
  {
    runtimes: /^(Bun|edge-runtime|workerd)/,
    why: 'headers of what it fetched from a data: URL, or of a redirect, can be changed',
    file: 'core/respond.test.ts',
    names: ['respond > is tried with responses whose headers cannot be changed'],
  },
  {
    runtimes: DEEP,
    why: 'its JSON writes any depth',
    file: 'core/decide.test.ts',
    names: ['takeSnapshot > refuses what JSON cannot write, and says nothing of it: 50,000 levels'],
  },
  {
    runtimes: DEEP,
    why: 'its JSON writes any depth, so that the record is one',
    file: 'core/store-answers.test.ts',
    names: ['a store that answers > 200,000 levels has no session, and nothing breaks'],
  },
  {
    runtimes: /^(Bun|Deno|Node 26)/,
    why: 'its JSON writes that depth, so that the record is one',
    file: 'koa.test.ts',
    names: ['a signed record that is no session > may be a thousand levels deep'],
  },
  {
    runtimes: /^Bun/,
    why: 'it names a type for the copy of a body whose response named none',
    file: 'hono.test.ts',
    names: ['the session cookie > goes out with a fetched response'],
  },
  {
    runtimes: /^Deno$/,
    why: 'it finds no package from a file outside its project; runtimes/package-koa.ts has one inside',
    file: 'koa.test.ts',
    names: ["require('session-kit/koa')"],
  },
  {
    runtimes: /^(.*, web|Deno)$/,
    why: 'on Web Crypto an encrypted session is there when the middleware has loaded it, not before',
    file: 'koa.test.ts',
    names: [
      'encrypt: true > gives the session at once, before the middleware and without it',
      'encrypt: true > keeps what was written before the middleware ran',
      'encrypt: true > opens what was sealed under an older key, and seals it anew',
      'encrypt: true where koa-session was before > reads a signed cookie and replaces it',
      'encrypt: true where koa-session was before > leaves the signed cookie alone where the',
      'a session in its cookie, encrypted > costs no crypto and no cookie where nobody asks for it, with a good cookie',
      'a session in its cookie, encrypted > is not waited for: the handler runs in the same turn',
      'a session with a schema: encrypted > is not waited for, once the schema has answered at once',
      'a session in its cookie, encrypted > is there without waiting where `valid` answers at once',
      'a `valid` that takes its time now and then > costs a page its session once',
      'ctx.session, encrypted > is saved whatever a client sent: 500 headers',
      'two applications in one process > share nothing, encrypted',
      'app.keys that are weak > are warned of once where they encrypt, and never shown',
      'app.keys that are weak > are not warned of where a page needs no session',
      'app.keys that cannot encrypt > are told of when the session is saved',
      'app.keys that cannot encrypt > fail the page that saves, and no other',
      'app.keys that cannot encrypt > may be bytes',
      'app.keys that change > open and seal from the next request on',
      'app.keys that change > may come after the session was put in place',
      'session.update() > saves what it changed at once, and the end has nothing to do',
      'logout and login in one request, encrypted > replaces the cookie that holds the session',
      'session.regenerate(), encrypted > makes a new cookie where that is all there is',
    ],
  },
]

/** The tests that a runtime leaves out. */
export const leftOutOf = (runtime: string): LeftOut[] =>
  reasons
    .filter(({ runtimes }) => runtimes.test(runtime))
    .flatMap(({ file, names }) => names.map((name) => ({ file, name })))
