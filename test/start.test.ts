/** `npm start` for someone who has just cloned the repository. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

let folder: string
let started: ChildProcess[] = []

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'session-kit-start-'))
  for (const name of ['package.json', 'wrangler.toml', 'scripts', 'examples']) {
    await cp(path.join(root, name), path.join(folder, name), { recursive: true })
  }
  for (const name of ['dist', 'node_modules']) {
    await symlink(path.join(root, name), path.join(folder, name))
  }
})

afterEach(async () => {
  for (const child of started) await end(child)
  started = []
  await rm(folder, { recursive: true })
})

describe('the start script', () => {
  it('makes a secret, says where the example runs, and signs in', async () => {
    const { address, output } = await start()
    expect(output()).toContain('Made a random SESSION_SECRET')
    const file = path.join(folder, '.dev.vars')
    expect(await readFile(file, 'utf8')).toMatch(/^SESSION_SECRET="[\w+/]{43}="\n$/)
    expect((await stat(file)).mode & 0o077).toBe(0)

    const response = await fetch(`${address}/kv/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: address },
      body: new URLSearchParams({ name: 'Ada' }),
    })
    expect(response.status).toBe(303)
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-visit-kv=/)
    expect(output()).not.toMatch(/error|warn|ENOTFOUND/i)
  })

  it('takes another port if its own is taken, and keeps the secret', async () => {
    const first = await start()
    const secret = await readFile(path.join(folder, '.dev.vars'), 'utf8')
    const second = await start()
    expect(second.address).not.toBe(first.address)
    expect(second.output()).not.toContain('Made a random')
    expect(await readFile(path.join(folder, '.dev.vars'), 'utf8')).toBe(secret)
    expect((await fetch(`${second.address}/cookie`)).status).toBe(200)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends all it started on %s', async (signal) => {
    const { child, address } = await start()
    const below = descendants(child.pid!)
    expect(below.length).toBeGreaterThanOrEqual(2)
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([0, null])
    const left = (): number[] => below.filter((pid) => running().has(pid))
    await expect.poll(left, { timeout: 5000 }).toEqual([])
    await expect(fetch(address)).rejects.toThrow('fetch failed')
  })
})

async function start(): Promise<{ child: ChildProcess; address: string; output: () => string }> {
  const { npm_command: _, ...env } = process.env
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    cwd: folder,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let text = ''
  const address = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString()
      const [, found] = /is running: (http:\/\/localhost:\d+)\n/.exec(text) ?? []
      if (found) resolve(found)
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.on('exit', () => reject(new Error(`It ended too early:\n${text}`)))
  })
  return { child, address, output: () => text }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill()
  await once(child, 'exit')
}

/** The processes that a process started, and those that they started. */
function descendants(pid: number): number[] {
  const children = [...running()].filter(([, parent]) => parent === pid).map(([child]) => child)
  return children.flatMap((child) => [child, ...descendants(child)])
}

/** Each running process and its parent. */
function running(): Map<number, number> {
  const list = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  const rows = list
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  // One that has ended and was not asked for its result yet is listed all the same.
  const alive = rows.filter(([, , state]) => !state!.startsWith('Z'))
  return new Map(alive.map(([pid, parent]) => [Number(pid), Number(parent)]))
}
