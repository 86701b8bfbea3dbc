// Makes the site of the pages, with a reference of the public interface, in docs/site/dist.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const site = path.join(root, 'docs/site')
const copies = path.join(site, 'pages')

const run = (file: string, ...args: string[]): void =>
  void execFileSync(file, args, { cwd: site, stdio: 'inherit' })

if (!existsSync(path.join(site, 'node_modules/vitepress'))) run('npm', 'ci')

rmSync(copies, { recursive: true, force: true })
const pages = globSync(['*.md', 'docs/**/*.{md,svg}'], {
  cwd: root,
  exclude: (name) => /node_modules|\bsite\b/.test(name),
})
for (const page of pages) cpSync(path.join(root, page), path.join(copies, page))

run(process.execPath, 'node_modules/typedoc/bin/typedoc')
run(process.execPath, 'node_modules/vitepress/bin/vitepress.js', 'build')
