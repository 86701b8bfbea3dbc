import { describe, expect, it } from 'vitest'
import { createCsrf } from '../../src/csrf.ts'
import { checkCsrfOptions } from '../../src/csrf-options.ts'
import { errorOf } from '../fixtures/errors.ts'
import { optionRows } from './option-rows.ts'

const rows = optionRows('csrf.md', 'session')
const defaults = checkCsrfOptions({}) as unknown as Record<string, unknown>

describe('the page of forged requests', () => {
  it('has a row for each option, and no other', () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(defaults))
  })

  it.each(rows)('says of %s what is taken, and what it is by default', (name, taken, shown) => {
    const error = errorOf(() => createCsrf({ [name]: Symbol('neither') as never }))
    const value = /^`(.*)`$/.exec(shown)?.[1]

    expect(error.message).toBe(`CSRF option "${name}" must be ${taken}.`)
    expect(value && JSON.parse(value.replaceAll("'", '"'))).toEqual(defaults[name])
  })
})
