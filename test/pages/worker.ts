/** The shop in workerd, with a Durable Object for each session. */
import type { Hono } from 'hono'
import { createDurableObjectStore, type ObjectNamespace } from 'session-kit/durable-object'
import { createShop } from './shop.ts'

export { SessionObject } from 'session-kit/durable-object'

interface Bindings {
  SECRET: string
  SESSION: ObjectNamespace
}

let shop: Hono | undefined

export default {
  fetch(request: Request, env: Bindings): Response | Promise<Response> {
    const store = createDurableObjectStore(env.SESSION, { timeout: 20_000 })
    shop ??= createShop({ secrets: env.SECRET, store })
    return shop.fetch(request)
  },
}
