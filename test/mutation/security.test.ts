import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { mutated } from './hand.ts'
import { FILES } from './files.ts'
import { SECURITY } from './security.ts'

const root = path.join(import.meta.dirname, '../..')
const exists = (file: string): boolean => existsSync(path.join(root, file))
const isTest = (name: string): boolean => exists(`test/${name.replace('web:', '')}.test.ts`)

describe('the mutants that are written by hand', () => {
  it.each(SECURITY)('have a place in the code: $name', (mutant) => {
    expect(mutated(mutant), 'the text is there once').not.toBeNull()
    expect(mutant.tests.filter((name) => !isTest(name))).toEqual([])
  })

  it('are thirty or more, each another one', () => {
    expect(new Set(SECURITY.map(({ name }) => name)).size).toBe(SECURITY.length)
    expect(new Set(SECURITY.map(mutated)).size).toBe(SECURITY.length)
    expect(SECURITY.length).toBeGreaterThanOrEqual(30)
  })
})

describe('the files that are mutated', () => {
  it.each(Object.entries(FILES))('are there, and so are their tests: %s', (file, tests) => {
    expect(exists(file)).toBe(true)
    expect(tests.filter((name) => !isTest(name))).toEqual([])
  })
})
