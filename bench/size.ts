// What a bundle takes of this library and of others: minified, and compressed.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { BuildOptions } from 'esbuild'
import { bundle, external, node, root, worker } from './bundle.ts'
import { partsTable } from './parts.ts'
import { aimTable, table } from './report.ts'

const peers = fileURLToPath(new URL('./peers', import.meta.url))

const onNode = ['./koa', './csrf/koa', './inspector/koa', './express-store']

/** What an application of this library has by itself, where it uses that subpath. */
const own = [...external, 'jose', '@opentelemetry/api']

/** Other libraries: what is imported of them, and for which runtime. */
const others: [statement: string, target: BuildOptions][] = [
  ["export { CompactEncrypt, compactDecrypt } from 'jose'", worker],
  ["export * from 'iron-session'", worker],
  ["export * from '@hono/session'", worker],
  ["export { sessionMiddleware, CookieStore } from 'hono-sessions'", worker],
  ["export * from '@eggjs/cookies'", node],
  ["export { encode, decode } from 'next-auth/jwt'", node],
  ["export { default } from 'koa-session'", node],
]

/**
 * Prints bytes for each subpath with the core in it, and for other libraries. Egg loads the files
 * of its plugin by itself: there is nothing to bundle.
 */
export async function benchSize(): Promise<string> {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    exports: Record<string, unknown>
  }
  const subpaths = Object.keys(exports).filter((path) => !/package\.json|testing|egg/.test(path))
  const rows: string[][] = []
  for (const path of subpaths) {
    const name = path.replace('.', 'session-kit')
    const target = onNode.includes(path) ? node : worker
    const from = `export * from '${name}'`
    rows.push([`**${name}**`, ...(await sizes(from, root, target, own))])
  }
  for (const [from, target] of others) {
    rows.push([`\`${from.replace('export', 'import')}\``, ...(await sizes(from, peers, target))])
  }
  const [, gzip] = bytesOf(await bundle("export * from 'session-kit/hono'", root, worker))
  const aim = { what: 'core and Hono adapter, gzip, kB', measured: gzip / 1000, limit: 6.5 }
  const head = ['bundle', 'for', 'minified', 'gzip -9', 'brotli']
  const tables = [table(head, rows), await partsTable(), aimTable({ Workers: [aim] })]
  return tables.join('\n\n')
}

async function sizes(
  contents: string,
  resolveDir: string,
  target: BuildOptions,
  left?: readonly string[],
): Promise<string[]> {
  const code = await bundle(contents, resolveDir, target, left)
  const runtime = target === node ? 'Node' : 'Workers'
  return [runtime, ...bytesOf(code).map((length) => length.toLocaleString('en'))]
}

/** Minified, and compressed by gzip and by brotli. */
function bytesOf(code: string): [minified: number, gzip: number, brotli: number] {
  return [
    Buffer.byteLength(code),
    gzipSync(code, { level: 9 }).length,
    brotliCompressSync(code).length,
  ]
}
