// Starts examples/egg on the sources of this checkout.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const baseDir = `${root}examples/egg`

// Egg looks for plugins in node_modules alone.
mkdirSync(`${baseDir}/node_modules`, { recursive: true })
rmSync(`${baseDir}/node_modules/session-kit`, { force: true, recursive: true })
symlinkSync(root, `${baseDir}/node_modules/session-kit`)

const { start } = createRequire(`${root}test/hosts/egg3/package.json`)('egg') as {
  start(options: object): Promise<{ callback(): never; keys: unknown }>
}
const { createServer } = await import('node:http')
const app = await start({ baseDir, mode: 'single', env: 'prod' })
const server = createServer(app.callback()).listen(Number(process.env['PORT'] ?? 7001), '127.0.0.1')
server.on('listening', () => {
  const { port } = server.address() as { port: number }
  console.log(`http://127.0.0.1:${port}`)
})
