// What a first session takes in a fresh isolate, step by step.
import { bundle, root, worker } from '../bundle.ts'
import type { Effort, Times } from '../measure.ts'
import { secret } from '../seals.ts'
import { EMPTY, measureIsolates } from './isolates.ts'

const quoted = JSON.stringify(secret)

const imported = `
  import { createSessionManager } from 'session-kit'
  export default { fetch: () => new Response(createSessionManager.name) }`

/** A Worker that has a manager, and does so much with it. */
const answering = (lines: string): string => `
  import { createSessionManager } from 'session-kit'
  const manager = createSessionManager({ secrets: ${quoted} })
  export default {
    async fetch() {
      ${lines}
      return new Response('')
    },
  }`

const session = `
  const session = await manager.load(null)
  session.user = 'ada'
  await manager.commit(session)`

/** Each does what the one before does, and one thing more. */
const steps: Record<string, string> = {
  'and run: the core is imported': imported,
  'a manager is made: options and secrets are checked': answering(''),
  'a session is loaded': answering('await manager.load(null)'),
  'it is committed: keys are derived, a cookie is sealed': answering(session),
  'another session is loaded and committed': answering(`{${session}} {${session}}`),
}

/** The same calls of Web Crypto, and nothing else. */
const cryptography = `
  const bytes = new TextEncoder().encode(${quoted})
  const { subtle } = crypto
  export default {
    async fetch() {
      const secret = await subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits', 'deriveKey'])
      const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: bytes, info: bytes }
      await subtle.deriveBits(hkdf, secret, 48)
      const aes = { name: 'AES-GCM', length: 256 }
      const key = await subtle.deriveKey(hkdf, secret, aes, false, ['encrypt', 'decrypt'])
      const iv = crypto.getRandomValues(new Uint8Array(12))
      await subtle.encrypt({ name: 'AES-GCM', iv, additionalData: bytes }, key, bytes)
      return new Response('')
    },
  }`

/** µs above an empty Worker, in all up to each step. */
export async function measureSteps(effort: Effort): Promise<Map<string, Times>> {
  const unused = await bundle(imported, root, { ...worker, format: 'iife' }, [])
  const codes: Record<string, string> = {
    'an empty Worker': EMPTY,
    'the code is read, inside a function that nobody calls': `
      ${EMPTY}
      export function unused() { ${unused} }`,
  }
  for (const [name, contents] of Object.entries(steps)) {
    codes[name] = await bundle(contents, root, worker, [])
  }
  codes['beside it: the cryptography alone, by hand'] = cryptography
  return measureIsolates(codes, () => false, effort)
}
