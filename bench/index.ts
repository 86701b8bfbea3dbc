// `npm run bench`, or a part of it: `npm run bench -- koa`.
import { installPeers, peerVersions } from './peers/index.ts'

const parts: Record<string, () => Promise<void>> = {
  koa: async () => (await import('./koa.ts')).benchKoa(),
}
const asked = process.argv.slice(2)

installPeers()
console.log(`Node ${process.version}, ${process.platform} ${process.arch}`)
console.log(peerVersions())
for (const [name, run] of Object.entries(parts)) {
  if (asked.length === 0 || asked.includes(name)) await run()
}
