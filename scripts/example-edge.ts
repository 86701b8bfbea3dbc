/** Runs examples/origin-and-edge here: an origin on Node, and a Worker in front of it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { answering, freePort, keepSecret, onEnd } from './local.ts'

const root = new URL('..', import.meta.url)
const folder = new URL('examples/origin-and-edge/', root)
const variables = new URL('.dev.vars', folder)
const { PORT: wanted = '8787', ...environment } = process.env

keepSecret(variables)
const port = await freePort(Number(wanted))

let stopping = false
const children: ChildProcess[] = []
onEnd(stop)

const origin = run(`--env-file=${fileURLToPath(variables)}`, 'origin.ts')
const originAddress = await printed(origin)

run(
  fileURLToPath(new URL('node_modules/wrangler/bin/wrangler.js', root)),
  'dev',
  '--ip=127.0.0.1',
  `--port=${port}`,
  '--inspector-port=0',
  '--show-interactive-dev-session=false',
  `--var=ORIGIN:${originAddress}`,
)
await answering(`http://127.0.0.1:${port}`)
console.log(`\n  The example is running: http://localhost:${port}\n  Ctrl+C ends it.\n`)

/** Starts a part of the example; if one ends, so do all. */
function run(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(folder),
    env: { ...environment, CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout!.pipe(process.stdout)
  child.on('exit', (code) => {
    if (!stopping) process.exitCode = code || 1
    stop()
  })
  children.push(child)
  return child
}

function stop(): void {
  if (stopping) return
  stopping = true
  for (const child of children) child.kill('SIGTERM')
}

/** The address that a server prints once it listens. */
async function printed(server: ChildProcess): Promise<string> {
  let text = ''
  for (;;) {
    const [chunk] = (await once(server.stdout!, 'data')) as [Buffer]
    text += chunk.toString()
    const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? []
    if (address) return address
  }
}
