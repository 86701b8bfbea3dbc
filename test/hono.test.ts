/** The Hono adapter, a file per part of it; both crypto engines run all of them. */
// oxlint-disable import/no-unassigned-import -- each of them registers its tests
import { afterEach, vi } from 'vitest'
import './hono/loading.ts'
import './hono/options.ts'
import './hono/attributes.ts'
import './hono/schema.ts'
import './hono/overflow.ts'
import './hono/responses.ts'
import './hono/composition.ts'
import './hono/handler-errors.ts'
import './hono/store-errors.ts'
import './hono/counts.ts'
import './hono/events.ts'
import './hono/types.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})
