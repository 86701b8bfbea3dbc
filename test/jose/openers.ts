import { jweFormat, jwsFormat, jwsReadOnly } from '../../adapters/jose.ts'
import type { ReadOnlyFormat, SessionFormat } from '../../src/index.ts'
import { createOwnFormat } from '../../src/manager.ts'
import { checkOptions } from '../../src/options.ts'
import { createClock } from '../fixtures/clock.ts'
import { ED, ES, OCT, publicOf } from '../fixtures/jwks.ts'

/** Opens tokens as a request would bring them. */
function opener(format: SessionFormat | ReadOnlyFormat): (token: string) => Promise<unknown> {
  const options = { format, key: 'sid', secure: false, now: createClock().now }
  const { open } = createOwnFormat(checkOptions(options))
  return async (token) => open(`sid=${token}`, undefined)
}

/** What opens the tokens of each format at noon. */
export const open = {
  ed: opener(jwsReadOnly({ verify: publicOf(ED) })),
  es: opener(jwsReadOnly({ verify: publicOf(ES) })),
  oct: opener(jweFormat({ keys: OCT })),
  nested: opener(jwsFormat({ sign: ED, seal: OCT })),
}
