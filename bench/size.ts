// What a bundle takes of this library and of others: minified, and compressed.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { BuildOptions } from 'esbuild'
import { bundle, node, root, worker } from './bundle.ts'
import { table } from './report.ts'

const peers = fileURLToPath(new URL('./peers', import.meta.url))

const onNode = ['./koa', './express-store']

/** Other libraries: what is imported of them, and for which runtime. */
const others: [statement: string, target: BuildOptions][] = [
  ["export { CompactEncrypt, compactDecrypt } from 'jose'", worker],
  ["export * from 'iron-session'", worker],
  ["export * from '@hono/session'", worker],
  ["export { sessionMiddleware, CookieStore } from 'hono-sessions'", worker],
  ["export * from '@eggjs/cookies'", node],
  ["export { encode, decode } from 'next-auth/jwt'", node],
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
    rows.push([`**${name}**`, ...(await sizes(from, root, target))])
  }
  for (const [from, target] of others) {
    rows.push([`\`${from.replace('export', 'import')}\``, ...(await sizes(from, peers, target))])
  }
  return table(['bundle', 'for', 'minified', 'gzip -9', 'brotli'], rows)
}

async function sizes(
  contents: string,
  resolveDir: string,
  target: BuildOptions,
): Promise<string[]> {
  const code = await bundle(contents, resolveDir, target)
  const runtime = target === node ? 'Node' : 'Workers'
  const bytes = [code, gzipSync(code, { level: 9 }), brotliCompressSync(code)]
  return [runtime, ...bytes.map(({ length }) => length.toLocaleString('en'))]
}
