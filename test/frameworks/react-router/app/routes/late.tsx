import { Suspense } from 'react'
import { Await } from 'react-router'
import { visit } from '../visit.server'
import type { Route } from './+types/late'

export async function loader({ context, request }: Route.LoaderArgs) {
  const session = await context.get(visit)
  const later = async (): Promise<string> => {
    await fetch(new URL('/about', request.url))
    session.views = 99
    return 'It is too late.'
  }
  return { later: later() }
}

export default function Late({ loaderData }: Route.ComponentProps) {
  return (
    <Suspense>
      <Await resolve={loaderData.later}>{(text) => <p>{text}</p>}</Await>
    </Suspense>
  )
}
