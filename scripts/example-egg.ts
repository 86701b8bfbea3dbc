// Starts examples/egg on the sources of this checkout.
import { once } from 'node:events'
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const baseDir = `${root}examples/egg`

// Egg looks for plugins in node_modules alone.
mkdirSync(`${baseDir}/node_modules`, { recursive: true })
rmSync(`${baseDir}/node_modules/session-kit`, { force: true, recursive: true })
symlinkSync(root, `${baseDir}/node_modules/session-kit`)

const { start } = createRequire(`${root}test/hosts/egg3/package.json`)('egg') as {
  start(options: object): Promise<{ callback(): never; close(): Promise<void> }>
}
const app = await start({ baseDir, mode: 'single', env: 'prod' })
const port = Number(process.env['PORT'] ?? 7001)
const server = createServer(app.callback()).listen(port, '127.0.0.1')
await once(server, 'listening')
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)

process.once('SIGTERM', async () => {
  server.close()
  await app.close()
  process.exit()
})
