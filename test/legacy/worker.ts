import { withSession } from 'session-kit'
import { cookieSession, honoSession, honoSessions, ironSession } from 'session-kit/legacy'

const keys = 'correct-horse-battery-staple-0001'

/** One that is made before the first request, when there is no time yet. */
const early = ironSession({ keys, until: '2027-01-31', key: 'early' })

interface Env {
  UNTIL: string
}

/** A Worker whose visitors come with the cookies of other libraries. */
export default {
  fetch(request: Request, { UNTIL: until }: Env): Promise<Response> {
    const handler = withSession(
      {
        secrets: 'V9s1kQmJr0Zb3t8xWc5uNf2yHg7pLd4A/eTiOqRwX6M=',
        accept: [
          early,
          ironSession({ keys, until, key: 'iron' }),
          honoSession({ keys, until }),
          honoSessions({ keys, until }),
          cookieSession({ keys, until }),
        ],
      },
      async (_, session) => Response.json(await session),
    )
    return handler(request)
  },
}
