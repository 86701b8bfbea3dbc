import { describe, expect, it } from 'vitest'
import { checkInspectorOptions } from '../../adapters/inspector/options.ts'
import { errorOf } from '../fixtures/errors.ts'
import { optionRows } from './option-rows.ts'

const rows = optionRows('inspector.md', 'sessions')
const defaults = checkInspectorOptions({}) as unknown as Record<string, unknown>

describe('the page of the inspector', () => {
  it('has a row for each option, and no other', () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(defaults))
  })

  it.each(rows)('says of %s what is taken, and what it is by default', (name, taken, shown) => {
    const error = errorOf(() => checkInspectorOptions({ [name]: Symbol('neither') as never }))
    const value = /^`(.*)`$/.exec(shown)?.[1]

    expect(error.message).toBe(`Inspector option "${name}" must be ${taken}.`)
    if (typeof defaults[name] === 'function') expect(value).toBeUndefined()
    else expect(JSON.parse(value!.replaceAll("'", '"'))).toEqual(defaults[name])
  })
})
