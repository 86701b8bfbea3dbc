import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { checkConfig } from '../../cli/doctor-config.ts'
import { parseJsonc } from '../../cli/jsonc.ts'
import { parseToml } from '../../cli/toml.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { run } from './run.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function project(files: Record<string, string>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'session-kit-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
  return folder
}

/** The rules that a project breaks, each with its file. */
async function faults(files: Record<string, string>): Promise<string[]> {
  const { code, out } = await run(['doctor', '--json'], { cwd: project(files) })
  const { faults } = JSON.parse(out) as { faults: { file: string; rule: string }[] }
  expect(code).toBe(faults.length ? 1 : 0)
  return faults.map(({ file, rule }) => `${file}: ${rule}`)
}

const DATE = 'compatibility_date = "2026-06-01"\n'

describe('session-kit doctor', () => {
  it('finds nothing in the examples', async () => {
    for (const folder of ['.', 'examples/origin-and-edge']) {
      expect(await run(['doctor', folder], { cwd: root })).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^Nothing was found in wrangler\.toml/),
      })
    }
  })

  it('finds nothing in what the pages tell', async () => {
    const toml = `${DATE}
      [[kv_namespaces]] # sessions
      binding = "SESSIONS"
      [[env.staging.kv_namespaces]]
      binding = "SESSIONS"
      [[durable_objects.bindings]]
      name = "SESSION"
      class_name = "SessionObject"
      [[env.staging.durable_objects.bindings]]
      name = "SESSION"
      class_name = "SessionObject"
      [[migrations]]
      tag = "v1"
      new_sqlite_classes = ["SessionObject"]
      [secrets]
      required = ["SESSION_SECRET"]`

    expect(
      await faults({ 'wrangler.toml': toml, '.dev.vars': `SESSION_SECRET="${SECRET}"\n` }),
    ).toEqual([])
  })

  it('finds a date that is missing or too old', async () => {
    const found = ['wrangler.toml: compatibility-date']
    expect(await faults({ 'wrangler.toml': 'name = "a"' })).toEqual(found)
    expect(await faults({ 'wrangler.toml': 'compatibility_date = "2023-02-28"' })).toEqual(found)
    expect(await faults({ 'wrangler.toml': 'compatibility_date = "2023-03-01"' })).toEqual([])
    const flags = 'compatibility_flags = ["http_headers_getsetcookie"]'
    expect(
      await faults({ 'wrangler.toml': `compatibility_date = "2023-02-28"\n${flags}` }),
    ).toEqual([])
  })

  it('finds secrets among the variables, in JSON with comments too', async () => {
    const jsonc = `{ // the Worker
      "compatibility_date": "2026-06-01", /* "vars": { "A_SECRET": "" } */
      "env": { "staging": { "vars": { "SESSION_SECRET": "//", }, }, },
    }`

    expect(await faults({ 'wrangler.jsonc': jsonc })).toEqual(['wrangler.jsonc: secret-in-vars'])
  })

  it('finds bindings that an environment does not have', async () => {
    const toml = `${DATE}kv_namespaces = [
      { binding = "SESSIONS", id = "0" }, # one
      { binding = "PAGES" },
    ]
    env.staging.kv_namespaces = [{ binding = "PAGES" }]`

    const { code, out } = await run(['doctor'], { cwd: project({ 'wrangler.toml': toml }) })
    expect(code).toBe(1)
    expect(out).toBe(
      'wrangler.toml  [env.staging] The binding SESSIONS is not inherited: name it there, too.' +
        ' (binding-not-inherited)\n',
    )
  })

  it('finds Durable Objects without SQLite', async () => {
    const toml = `${DATE}[durable_objects]
      bindings = [{ name = "SESSION", class_name = "SessionObject" }]
      [[migrations]]
      tag = "v1"
      new_classes = ["SessionObject"]`

    expect(await faults({ 'wrangler.toml': toml })).toEqual(['wrangler.toml: no-sqlite-migration'])
  })

  it('finds weak secrets, and never prints one', async () => {
    const weak = 'change-me-to-what-is-random-and-long-0123456789'
    const cwd = project({
      '.dev.vars': `# mine\nSESSION_SECRET = '${weak}' \nOTHER=1\n`,
      '.dev.vars.staging': `SESSION_SECRET=${SECRET} # good\n`,
    })
    const { code, out } = await run(['doctor'], { cwd })

    expect(code).toBe(1)
    expect(out).toMatch(/^\.dev\.vars {2}SESSION_SECRET looks like a sample: .*\(weak-secret\)\n$/)
    expect(out).not.toContain(weak)
  })

  it('finds files with secrets that git would take', async () => {
    const cwd = project({
      '.dev.vars': `SESSION_SECRET="${SECRET}"`,
      '.dev.vars.staging': `SESSION_SECRET="${SECRET}"`,
      '.gitignore': '.dev.vars\n',
    })
    execFileSync('git', ['init', '-q'], { cwd })
    const { out } = await run(['doctor', '--json'], { cwd })

    expect(JSON.parse(out).faults).toMatchObject([
      { file: '.dev.vars.staging', rule: 'not-ignored' },
    ])
  })

  it('says so where nothing can be read', async () => {
    expect(await faults({ 'wrangler.toml': 'name = ' })).toEqual(['wrangler.toml: unreadable'])
    expect(await faults({ 'wrangler.json': '{' })).toEqual(['wrangler.json: unreadable'])
    expect(await run(['doctor'], { cwd: project({}) })).toMatchObject({ code: 2, out: '' })
    expect(await run(['doctor', 'nowhere'], { cwd: root })).toMatchObject({ code: 2, out: '' })
  })
})

describe('the configuration', () => {
  it('is read from TOML', () => {
    const toml = `# a comment
      a = "x # \\u00e9" # another
      'b c'.d = 'C:\\' # "
      list = [ 1, 'two',
        # three
        { n = true, m = [] }, ]
      [t."u.v"]
      w = """
line
"""
      date = 2026-06-01
      [[l]]
      n = "0"
      [[l]]
      [l.deep]
      n = "1"`

    expect(JSON.parse(JSON.stringify(parseToml(toml.replaceAll('\n', '\r\n'))))).toEqual({
      a: 'x # é',
      'b c': { d: 'C:\\' },
      list: ['1', 'two', { n: 'true', m: [] }],
      t: { 'u.v': { w: 'line\r\n', date: '2026-06-01' } },
      l: [{ n: '0' }, { deep: { n: '1' } }],
    })
  })

  it.each(['a', 'a = ', 'a = "x', '[a', 'a = 1 b = 2', 'a = [1', 'a = {b = 1', 'a = 1\n[a.b]\n'])(
    'is not read from %j',
    (toml) => expect(() => parseToml(toml)).toThrow(SyntaxError),
  )

  it('is read from JSON as it is, with what looks like comments in its texts', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, space) => {
        const text = JSON.stringify({ value, url: 'https://a/*,}' }, null, space)
        expect(parseJsonc(`/* , */ ${text} // }`)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(checkConfig({ ...Object(value), env: value, vars: value })).toBeInstanceOf(Array)
      }),
    )
    const part = fc.constantFrom('a', '=', '.', '[', ']', '{', '}', ',', '"', "'", '\n', '#', ' ')
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        try {
          checkConfig(parseToml(parts.join('')))
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError)
        }
      }),
    )
  })
})
