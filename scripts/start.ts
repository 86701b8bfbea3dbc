/** Runs the example Worker here, without an account and without a network. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { answering, freePort, keepSecret, onEnd } from './local.ts'

const root = new URL('..', import.meta.url)

keepSecret(new URL('.dev.vars', root))
const port = await freePort(8787)
const wrangler = spawn(
  process.execPath,
  [
    fileURLToPath(new URL('node_modules/wrangler/bin/wrangler.js', root)),
    'dev',
    '--ip=127.0.0.1',
    `--port=${port}`,
    '--inspector-port=0',
    '--show-interactive-dev-session=false',
  ],
  {
    cwd: fileURLToPath(root),
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' },
    stdio: ['ignore', 'inherit', 'inherit'],
  },
)

let stopping = false
onEnd(stop)
wrangler.on('exit', (code) => process.exit(stopping ? 0 : (code ?? 1)))

// Browsers take Secure cookies over plain HTTP from this name alone.
const address = `http://localhost:${port}`
await answering(`http://127.0.0.1:${port}`)
console.log(`\n  The example is running: ${address}\n  Ctrl+C ends it.\n`)

/** Ends wrangler, which ends workerd. */
function stop(): void {
  stopping = true
  wrangler.kill('SIGTERM')
}
