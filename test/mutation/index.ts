/**
 * `npm run mutation`: whether the tests notice it when the code stops protecting. Two lists of
 * mutants, each tried on a copy of the sources: those written by hand in security.ts, all of which
 * have to be killed, and those that Stryker makes of the files in files.ts, 90 % of them.
 *
 *     npm run mutation                       everything
 *     npm run mutation -- --quick            those by hand, and of the files src/seal/ alone
 *     npm run mutation -- src/life.ts        of the files that one; --hand: those by hand alone
 *     npm run mutation -- --force            also what no change could have made different; and what
 *                                            runs while a file loads, whose tests nobody counts
 *     npm run mutation -- --survivors        shows each that no test noticed
 *     npm run mutation -- --concurrency 2    two at a time (default 1)
 */
import { parseArgs } from 'node:util'
import { FILES } from './files.ts'
import { tryAll } from './hand.ts'
import { SECURITY } from './security.ts'
import { mutate } from './stryker.ts'
import { printFiles, printSurvivors, type FileResult } from './table.ts'

/** The share of Stryker's mutants that have to be killed, in percent. */
const LEAST = 90

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    hand: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    survivors: { type: 'boolean', default: false },
    concurrency: { type: 'string', default: '1' },
  },
})
const asked = options.quick ? ['src/seal/'] : positionals
const files = Object.keys(FILES).filter(
  (file) => !options.hand && (asked.length === 0 || asked.some((part) => file.startsWith(part))),
)

let isGood = true
if (positionals.length === 0) {
  console.log(`Mutants written by hand: ${SECURITY.length}`)
  isGood = await tryAll(SECURITY)
}

const results: FileResult[] = []
for (const file of files) {
  const started = Date.now()
  const mutants = await mutate(file, FILES[file]!, {
    force: options.force,
    concurrency: Number(options.concurrency),
  })
  results.push({ file, mutants, seconds: (Date.now() - started) / 1000 })
  if (options.survivors) printSurvivors(file, mutants)
}
if (files.length > 0) isGood = printFiles(results, LEAST) && isGood
process.exitCode = isGood ? 0 : 1
