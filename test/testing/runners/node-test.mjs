import { describe, it } from 'node:test'
import { createMemoryStore } from 'session-kit/memory'
import { describeStore } from 'session-kit/testing'

describeStore('a sound store', () => ({ store: createMemoryStore() }), { describe, it })

const forgetful = () => ({ store: { ...createMemoryStore(), get: () => null } })
describeStore('a store that forgets', forgetful, { describe, it })
