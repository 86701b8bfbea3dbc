import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'vitest'
import type { Site } from './site.ts'

/**
 * What Egg writes down of its configuration, by the files' names. It does so when the application
 * is ready, and once more a second later: a file may be half-written.
 */
export async function dumpsOf(site: Site): Promise<Record<string, string>> {
  const folder = path.join(site.folder, 'run')
  let dumps: Record<string, string> = {}
  await expect
    .poll(
      async () => {
        const names = await readdir(folder)
        const texts = await Promise.all(
          names.map((name) => readFile(path.join(folder, name), 'utf8')),
        )
        dumps = Object.fromEntries(names.map((name, i) => [name, texts[i]!]))
        return Object.values(dumps).every(isJson) ? names : []
      },
      { timeout: 5000 },
    )
    .toEqual(expect.arrayContaining(['application_config.json', 'application_config_meta.json']))
  return dumps
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
