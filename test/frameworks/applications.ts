import { readFileSync } from 'node:fs'
import type { Form } from './visit.ts'

/** A recipe as an application of its framework. */
export interface Application {
  /** Of its page in `docs/recipes`, and of its folder here. */
  name: string
  /** The framework's package. */
  framework: string
  /** Where its build is. */
  built: string
  /** What Node is told to start it. */
  start: string[]
  /** Where its forms are sent to. */
  forms: Record<Form, string>
  /** Whether it takes it that there is a proxy with HTTPS in front of it. */
  isBehindProxy?: true
  /** What it answers to the form of another site, where the framework looks. */
  refusal?: number
  /** Where the message is, if the page has none. */
  messages?: string
  /** A page for those who have logged in. */
  members?: string
  /** A page that counts when the headers have gone out. */
  late?: string
}

export const applications: Application[] = [
  {
    name: 'sveltekit',
    framework: '@sveltejs/kit',
    built: 'build',
    start: ['build'],
    forms: { login: '/?/login', count: '/?/count', logout: '/?/logout' },
    isBehindProxy: true,
    refusal: 403,
    late: '/late',
  },
  {
    name: 'astro',
    framework: 'astro',
    built: 'dist',
    start: ['dist/server/entry.mjs'],
    forms: { login: '/login', count: '/count', logout: '/logout' },
    refusal: 403,
    late: '/late',
  },
  {
    name: 'react-router',
    framework: 'react-router',
    built: 'build',
    start: ['node_modules/@react-router/serve/bin.cjs', 'build/server/index.js'],
    forms: { login: '/?index', count: '/?index', logout: '/?index' },
    refusal: 400,
    late: '/late',
  },
  {
    name: 'next',
    framework: 'next',
    built: '.next',
    start: ['node_modules/next/dist/bin/next', 'start', '--hostname', '127.0.0.1'],
    forms: { login: '/login', count: '/visit', logout: '/logout' },
    messages: '/visit',
    members: '/account',
  },
]

/** The files that a page shows, by the names in their first lines. */
export function filesOf(name: string): Map<string, string> {
  const page = readFileSync(new URL(`../../docs/recipes/${name}.md`, import.meta.url), 'utf8')
  const blocks = page.matchAll(
    /^```\w+\n((?:---\n)?(?:\/\/|<!--) (\S+\.\w+)(?: -->)?\n[^]*?)^```$/gm,
  )
  return new Map([...blocks].map(([, code, file]) => [file!, code!]))
}
