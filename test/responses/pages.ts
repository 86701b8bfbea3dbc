/** What a site does, whatever its host: Egg takes this file in, too, as it is. */

/** What a page works with. */
export interface Visit {
  /** The session, at once or awaited. */
  session(): any
  /** Reads the session as work does that has no response. */
  read(): Promise<unknown>
  /** Waits until somebody visits `go`. */
  go(): Promise<void>
  /** Hands over work that goes on behind the response. */
  behind(work: Promise<unknown>): void
  /** Leaves a word for the page `told`. */
  tell(word: unknown): void
}

/** A text, the parts of one, or where to go. */
export type Reply = string | AsyncIterable<string> | { location: string }

type Page = (visit: Visit) => Reply | Promise<Reply>

/** What caches may do with every page, if the session does not object. */
export const CACHED = 'public, max-age=60'

const pages: Record<string, Page> = {
  about: () => 'about',

  look: async ({ session }) => JSON.stringify(await session()),

  login: async ({ session }) => {
    Object.assign(await session(), { user: 'ada' })
    return 'in'
  },

  refuse: async ({ session }) => {
    Object.assign(await session(), { refused: true })
    return 'never again'
  },

  leave: async ({ session }) => {
    const left = await session()
    left.flash('notice', 'Saved')
    return { location: '?page=take' }
  },

  take: async ({ session }) => {
    const asked = await session()
    return asked.flash('notice') ?? 'nothing'
  },

  // Changes the session before its parts go out.
  stream: async ({ session, go }) => {
    Object.assign(await session(), { views: 1 })
    return parts(go, async () => 'two')
  },

  // Changes it between them.
  progress: async ({ session, go }) => {
    await session()
    return parts(go, () => save(session))
  },

  // Does not ask for it before.
  late: ({ session, go }) => parts(go, () => save(session)),

  behind: ({ session, read, go, behind, tell }) => {
    const work = async (): Promise<void> => {
      await go()
      tell({ read: await read(), save: await save(session) })
    }
    behind(work())
    return 'at once'
  },
}

async function* parts(go: () => Promise<void>, last: () => Promise<string>): AsyncIterable<string> {
  yield 'one '
  await go()
  yield await last()
}

/** Saves a change, and says so, or why not. */
async function save(session: Visit['session']): Promise<string> {
  try {
    const changed = await session()
    changed.views = 1
    await changed.save()
    return 'saved'
  } catch (error) {
    return (error as { code: string }).code
  }
}

let removed = 0

/** The session's option `valid`. */
export const valid = (_: unknown, record: object): boolean => !('refused' in record)

/** What comes of the promises that the session's option `waitUntil` gets. */
export async function removal(promise: Promise<unknown>): Promise<void> {
  await promise
  removed++
}

const opened = new Set<string | null>()
const words = new Map<string | null, unknown>()

/** Answers a request for the page that its query names. */
export async function reply(
  query: URLSearchParams,
  visit: Omit<Visit, 'go' | 'tell'>,
): Promise<Reply> {
  const [page, gate] = [query.get('page')!, query.get('gate')]
  if (page === 'go') opened.add(gate)
  if (page === 'told' || page === 'go') return JSON.stringify(words.get(gate) ?? null)
  if (page === 'removed') return `${removed}`
  return pages[page]!({
    ...visit,
    async go() {
      // In workerd no request may wake another.
      while (!opened.has(gate)) await new Promise((resolve) => setTimeout(resolve, 2))
    },
    tell: (word) => void words.set(gate, word),
  })
}

/** What comes back over a socket. */
export function echo(visit: { user?: string }, text: unknown): string {
  return `${visit.user}: ${String(text)}`
}
