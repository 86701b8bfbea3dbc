// app/api/visits/route.ts
import { withSession } from 'session-kit'

interface Visit {
  views?: number
}

const options = { secrets: process.env['SESSION_SECRET']! }

export const GET = withSession<Visit>(options, async (_, lazy) => {
  const session = await lazy
  session.views = (session.views ?? 0) + 1
  return Response.json({ views: session.views })
})

export const DELETE = withSession<Visit>(options, (_, session) => {
  session.destroy()
  return new Response(null, { status: 204 })
})
