/** Runs the example Worker here, without an account and without a network. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

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
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
if (process.env['npm_command']) stopAfter(process.ppid)
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

/** Stops once its parent is gone: the shell between npm and a script passes no signal on. */
function stopAfter(parent: number): void {
  const timer = setInterval(() => {
    if (process.ppid !== parent) stop()
  }, 250)
  timer.unref()
}

/** Sees to it that the Worker has a secret of its own, in a file that git ignores. */
function keepSecret(file: URL): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (/^\s*SESSION_SECRET\s*=/m.test(text)) return
  const gap = text === '' || text.endsWith('\n') ? '' : '\n'
  const line = `SESSION_SECRET="${randomBytes(32).toString('base64')}"\n`
  writeFileSync(file, text + gap + line, { mode: 0o600 })
  console.log('Made a random SESSION_SECRET and kept it in .dev.vars.')
}

/** The port that is wanted, or another one if it is taken. */
async function freePort(wanted: number): Promise<number> {
  const server = createServer()
  try {
    server.listen(wanted, '127.0.0.1')
    await once(server, 'listening')
  } catch {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Waits until a server answers. */
async function answering(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(url, { method: 'HEAD', redirect: 'manual' })
      return
    } catch {
      await delay(100)
    }
  }
}
