// What it takes to run a Worker on this machine.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Calls `stop` on a signal, and once npm is gone: the shell between npm and a script passes none on. */
export function onEnd(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  if (!process.env['npm_command']) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid !== parent) stop()
  }, 250)
  timer.unref()
}

/** Sees to it that the Worker has a secret of its own, in a file that git ignores. */
export function keepSecret(file: URL): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (/^\s*SESSION_SECRET\s*=/m.test(text)) return
  const gap = text === '' || text.endsWith('\n') ? '' : '\n'
  const line = `SESSION_SECRET="${randomBytes(32).toString('base64')}"\n`
  writeFileSync(file, text + gap + line, { mode: 0o600 })
  console.log('Made a random SESSION_SECRET and kept it in .dev.vars.')
}

/** The port that is wanted, or another one if it is taken. */
export async function freePort(wanted: number): Promise<number> {
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
export async function answering(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(url, { method: 'HEAD', redirect: 'manual' })
      return
    } catch {
      await delay(100)
    }
  }
}
