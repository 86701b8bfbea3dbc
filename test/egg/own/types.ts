import { execFile } from 'node:child_process'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { root } from '../hosts.ts'
import { describeHosts } from '../trial.ts'

const run = promisify(execFile)

/** What the compiler says of the application in `test/types/egg.ts`. */
async function compile(folder: string, type: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await copyFile(path.join(root, 'test/types/egg.ts'), path.join(folder, 'app.ts'))
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name: 'typed', type }))
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2022',
    '--types',
    'node',
  ]
  const args = [tsc, ...options, '--module', 'nodenext', '--ignoreConfig', 'app.ts']
  try {
    await run(process.execPath, args, { cwd: folder })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

describeHosts("import 'session-kit/egg'", ({ host, workspace }) => {
  it('types ctx.session and app.sessionStore beside what Egg itself declares', async () => {
    const folder = path.join(workspace(), 'typed')

    expect(await compile(folder, host.esm ? 'module' : 'commonjs')).toBe('')
  })
})
