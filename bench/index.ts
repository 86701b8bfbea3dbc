// `npm run bench`, or a part of it: `npm run bench -- koa`.
import { benchKoa } from './koa.ts'

const parts: Record<string, () => Promise<void>> = { koa: benchKoa }
const asked = process.argv.slice(2)

console.log(`Node ${process.version}, ${process.platform} ${process.arch}`)
for (const [name, run] of Object.entries(parts)) {
  if (asked.length === 0 || asked.includes(name)) await run()
}
