import path from 'node:path'
import { fileURLToPath } from 'node:url'

export type HostName = 'egg3' | 'egg4-required' | 'egg4-imported'

/** One way to run an Egg application. */
export interface Host {
  name: HostName
  title: string
  generation: 3 | 4
  /** Whether the application is written in ES modules, and imports Egg. */
  esm: boolean
  /** Where its packages are installed. */
  folder: string
  /** The packages that carry the plugins of this generation. */
  packages: { session: string; mock: string; redis: string }
}

const folder = (name: string): string => fileURLToPath(new URL(`../hosts/${name}`, import.meta.url))

const egg3 = { session: 'egg-session', mock: 'egg-mock', redis: 'egg-redis' }
const egg4 = { session: '@eggjs/session', mock: '@eggjs/mock', redis: '@eggjs/redis' }

export const hosts: Host[] = [
  {
    name: 'egg3',
    title: 'Egg 3',
    generation: 3,
    esm: false,
    folder: folder('egg3'),
    packages: egg3,
  },
  {
    name: 'egg4-required',
    title: 'Egg 4, required',
    generation: 4,
    esm: false,
    folder: folder('egg4'),
    packages: egg4,
  },
  {
    name: 'egg4-imported',
    title: 'Egg 4, imported',
    generation: 4,
    esm: true,
    folder: folder('egg4'),
    packages: egg4,
  },
]

/** The repository's root. */
export const root: string = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))
