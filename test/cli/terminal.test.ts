import { afterEach, describe, expect, it, vi } from 'vitest'
import { paint } from '../../cli/terminal.ts'

describe('colours', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('are for terminals', () => {
    vi.stubEnv('NO_COLOR', undefined)
    vi.stubEnv('TERM', 'xterm')

    expect(paint('red', 'no', { isTTY: true })).toBe('\u001B[31mno\u001B[39m')
    expect(paint('red', 'no', {})).toBe('no')
  })

  it('are left out where nobody wants them', () => {
    vi.stubEnv('NO_COLOR', '1')
    expect(paint('red', 'no', { isTTY: true })).toBe('no')

    vi.stubEnv('NO_COLOR', '')
    vi.stubEnv('TERM', 'dumb')
    expect(paint('red', 'no', { isTTY: true })).toBe('no')
  })
})
