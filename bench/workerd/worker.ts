// Runs in workerd: the libraries at their work, as often as the process outside asks for.
import type { Build } from '../engines.ts'
import { honoApps, honoSubjects } from '../hono-apps.ts'
import type { Subject } from '../subject.ts'
import type { ImportPeer, Peers } from '../peers/types.ts'
import { sealSubjects, webSeals } from '../seals.ts'

/** The subjects of a case, and the Set-Cookie lines of each where they are requests. */
interface Prepared {
  subjects: Subject[]
  lines?: Record<string, number>
}

/** Makes the Worker: `/seal/600` prepares a case, and with `?name=…` it runs or checks a subject. */
export function createBench(
  kit: Build,
  peers: Peers,
): { fetch(request: Request): Promise<Response> } {
  const importPeer: ImportPeer = async (name) => peers[name]
  const made = new Map<string, Prepared>()

  async function prepare(part: string, index: number): Promise<Prepared> {
    if (part === 'hono') return honoSubjects(await honoApps(kit, undefined, importPeer), index)
    return { subjects: sealSubjects(await webSeals(kit, importPeer), index) }
  }

  return {
    async fetch({ url }) {
      const { pathname, searchParams } = new URL(url)
      const [, part = '', index] = pathname.split('/')
      // The value alone outlives the request, for a promise belongs to the one that made it.
      const prepared = made.get(pathname) ?? (await prepare(part, Number(index)))
      made.set(pathname, prepared)
      const { subjects, lines } = prepared
      const name = searchParams.get('name')
      if (!name) return Response.json({ names: subjects.map((one) => one.name), lines })
      const subject = subjects.find((one) => one.name === name)!
      const times = Number(searchParams.get('times'))
      await (times ? subject.run(times) : subject.check?.())
      return new Response()
    },
  }
}
