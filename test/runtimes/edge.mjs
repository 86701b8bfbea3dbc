/** Runs a bundle of suites in Vercel's edge runtime, and prints what came of them. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(new URL('peers/package.json', import.meta.url))
const { EdgeVM } = require('@edge-runtime/vm')
const vm = new EdgeVM()
vm.evaluate(readFileSync(process.argv[2], 'utf8'))
console.log(await vm.evaluate('suites.run()'))
