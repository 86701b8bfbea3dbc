import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import eggConfig from '../../adapters/egg/config/config.default.ts'
import createEggSession from '../../adapters/egg/app/middleware/session.ts'
import { session as createKoaSession } from '../../adapters/koa.ts'
import { createSessionManager } from '../../src/index.ts'
import { checkOptions, type SessionOptions } from '../../src/options.ts'
import { errorOf } from '../fixtures/errors.ts'
import { SECRET } from '../fixtures/secrets.ts'

const root = new URL('../../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')
const page = read('docs/options.md')

/** The page's tables of options, by name: the cells behind it. */
function rows(width: number): Map<string, string[]> {
  const found = page.split('\n').flatMap((line) => {
    const cells = line.split(/(?<!\\)\|/).slice(1, -1)
    const name = /^ `(\w+)` $/.exec(cells[0] ?? '')?.[1]
    if (!name || cells.length !== width) return []
    return [[name, cells.slice(1).map((cell) => cell.trim().replace(/\\([`|])/g, '$1'))] as const]
  })
  expect(new Set(found.map(([name]) => name)).size).toBe(found.length)
  return new Map(found)
}

const common = rows(6)
const special = rows(5)

/** The properties of an interface as it is written, with their comments. */
function membersOf(file: string, name: string): Map<string, string> {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)
  const found = source.statements.find(
    (one): one is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(one) && one.name.text === name,
  )!
  return new Map(
    found.members.flatMap((member) =>
      ts.isPropertySignature(member) ? [[member.name.getText(), member.getFullText()]] : [],
    ),
  )
}

const types = membersOf('src/options.ts', 'SessionOptions')

/** What a cell shows: its first piece of code, as the value it is. */
function shown(cell: string): unknown {
  const code = /`([^`]*)`/.exec(cell)?.[1]
  return code === undefined ? undefined : JSON.parse(code.replaceAll("'", '"'))
}

function application(): { context: Record<string, unknown>; [member: string]: unknown } {
  const silent = { warn() {} }
  return {
    context: {},
    use() {},
    emit: () => false,
    listenerCount: () => 0,
    keys: [SECRET],
    coreLogger: silent,
  }
}

/** The options in force in a host, where nobody set any. */
const inForce: Record<string, () => Record<string, unknown>> = {
  core: () => ({ ...checkOptions({ secrets: SECRET }) }),
  Koa: () => {
    const app = application()
    createKoaSession({}, app as never)
    return optionsOf(app)
  },
  Egg: () => {
    const app = application()
    createEggSession({ ...eggConfig.session }, app as never)
    return optionsOf(app)
  },
}

function optionsOf(app: { context: object }): Record<string, unknown> {
  const ctx = Object.assign(Object.create(app.context), { req: { headers: {} } }) as {
    sessionOptions: Record<string, unknown>
    session: { maxAge: unknown }
  }
  return { ...ctx.sessionOptions, maxAge: ctx.session.maxAge }
}

describe('the page of the options', () => {
  it('has a row for each, and no other', () => {
    expect([...common.keys()].toSorted()).toEqual([...types.keys()].toSorted())
  })

  it('has the options that one adapter alone knows', () => {
    const koa = membersOf('adapters/koa.ts', 'KoaSessionOptions')
    const hono = membersOf('adapters/hono.ts', 'HonoSessionOptions')
    const own = [...koa.keys(), ...hono.keys()].filter((name) => !types.has(name))

    expect([...special.keys()].toSorted()).toEqual(own.toSorted())
  })

  it.each([...common])('says of %s what is taken, as the error does', (name, [taken]) => {
    const options = { secrets: SECRET, [name]: Symbol('neither') } as unknown as SessionOptions
    const error = errorOf(() => createSessionManager(options))

    expect(error).toMatchObject({ code: 'ERR_SESSION_OPTIONS' })
    expect(error.message).toBe(`Session option "${name}" must be ${taken}.`)
  })

  it.each(['maxAge', 'externalKey', 'format'])('says what Koa and Egg take for %s', (name) => {
    const error = errorOf(() => createKoaSession({ [name]: -1 }, application() as never))
    const [, words] = /must be (.*)\.$/.exec(error.message)!

    expect(page).toContain(words)
  })

  it.each(Object.keys(inForce))('shows the defaults of: %s', (host) => {
    const column = 1 + Object.keys(inForce).indexOf(host)
    const filled = inForce[host]!()
    for (const [name, cells] of common) {
      const value = filled[name]
      // Koa and Egg sign with their own cookies; the core's keys have no default.
      if (name === 'secrets' || (name === 'digest' && host !== 'core')) continue
      const onPage = shown(cells[column]!)
      if (typeof value === 'function') expect([name, onPage]).toEqual([name, undefined])
      else if (value !== undefined || onPage === undefined) {
        expect([name, onPage]).toEqual([name, value])
      } else {
        // A default that is no value but a way to go on: the type's comment tells it.
        const text = String(onPage)
        const told = types.get(name)!.replace(/\s*\*\s*/g, ' ')
        expect([name, told]).toEqual([
          name,
          expect.stringMatching(new RegExp(`\\(default ${text}|'${text}'\`? \\(default\\)`)),
        ])
      }
    }
  })

  it('shows the defaults that one adapter alone has', () => {
    expect(shown(special.get('logValue')![2]!)).toBe(eggConfig.session['logValue'])
    expect(read('adapters/hono.ts')).toContain(
      `.as || ${/`(.*)`/.exec(special.get('as')![2]!)![1]}`,
    )
  })
})
