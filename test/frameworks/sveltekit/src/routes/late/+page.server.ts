import type { PageServerLoad } from './$types'

export const load: PageServerLoad = async ({ locals, url }) => {
  const session = await locals.session
  const later = async (): Promise<string> => {
    await globalThis.fetch(`http://${url.host}/about`)
    session.views = 99
    return 'It is too late.'
  }
  return { later: later() }
}
