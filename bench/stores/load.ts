import type { Act, Counts } from './acts.ts'
import type { Answer, Place } from './places.ts'

/** How much is asked of a place. */
export interface LoadOptions {
  sessions: number
  /** How many requests are under way at a time. */
  clients: number
  /** How long the load goes on; raising the counters comes after it. */
  seconds: number
}

/** What came of it. */
export interface Outcome {
  name: string
  /** Sessions that were there, and counters that two clients raised at once. */
  sessions: number
  requests: number
  seconds: number
  /** Times of requests in milliseconds, by what they did. */
  times: Map<string, number[]>
  /** What went wrong, a sentence each: all of them, and the first. */
  errors: number
  sentences: string[]
  increments: number
  lost: number
  operations: Counts
}

/** How many requests of one session are under way at a time: a page that calls its server. */
const MOST_AT_ONCE = 4

/** A visitor with one session. */
interface Visitor {
  cookie: string
  /** How often the session's counter was raised. */
  raised: number
  /** Requests under way; nobody else comes in while one logs in or out. */
  under: number
  isAlone: boolean
}

/**
 * Puts a place under load: visitors with a session each come in at random, some far more often
 * than others, so that requests of one session overlap. Those that have not come by then begin
 * after it. Then two clients at once raise the counter
 * of every session, and in the end each is read and compared with how often it was raised.
 */
export async function runLoad(place: Place, options: LoadOptions): Promise<Outcome> {
  const { sessions, clients, seconds } = options
  const visitors = Array.from({ length: sessions }, (): Visitor => {
    return { cookie: '', raised: 0, under: 0, isAlone: false }
  })
  const times = new Map<string, number[]>()
  const sentences: string[] = []
  let errors = 0
  let increments = 0
  const fail = (sentence: string): void => {
    errors++
    if (sentences.length < 5) sentences.push(sentence)
  }

  async function ask(act: Act, cookie: string, name: string = act): Promise<Answer | undefined> {
    const begun = performance.now()
    try {
      const answer = await place.visit(act, cookie)
      const list = times.get(name) ?? []
      list.push(performance.now() - begun)
      times.set(name, list)
      return answer
    } catch (error) {
      fail(`${act}: ${(error as Error).message}`)
      return undefined
    }
  }

  async function visit(visitor: Visitor, act: Act): Promise<void> {
    const { cookie } = visitor
    const answer = await ask(act, cookie)
    if (!answer) return
    if (answer.isNew !== (act === 'begin')) fail(`${act}: the session was not there`)
    if (answer.cookie !== undefined) visitor.cookie = answer.cookie
    if (act === 'raise') {
      increments++
      visitor.raised++
    }
    if (act === 'begin' || act === 'logout') visitor.raised = 0
    if (act !== 'login' && act !== 'logout') return
    const late = await ask('read', cookie, 'read with an old cookie')
    if (late && !late.isNew) fail(`${act}: the old cookie is still good`)
  }

  let next = 0
  async function come(): Promise<void> {
    const isFirst = next === 0 || (next < sessions && Math.random() < 0.5)
    const index = isFirst ? next++ : Math.floor(next * Math.random() ** 2)
    const visitor = visitors[index]!
    if (visitor.isAlone || visitor.under === MOST_AT_ONCE) return pass()
    const act = visitor.cookie ? drawAct() : 'begin'
    if (isLonely(act)) {
      if (visitor.under) return pass()
      visitor.isAlone = true
    }
    visitor.under++
    await visit(visitor, act)
    visitor.under--
    if (isLonely(act)) visitor.isAlone = false
  }

  const begun = performance.now()
  await together(
    clients,
    () => (performance.now() - begun < seconds * 1000 ? true : undefined),
    come,
  )
  const taken = (performance.now() - begun) / 1000
  const requests = [...times.values()].reduce((sum, list) => sum + list.length, 0)

  const waiting = visitors.values()
  await together(
    clients / 2,
    () => waiting.next().value,
    async (visitor) => {
      if (!visitor.cookie) await visit(visitor, 'begin')
      await Promise.all([visit(visitor, 'raise'), visit(visitor, 'raise')])
    },
  )
  let lost = 0
  const checked = visitors.values()
  await together(
    clients,
    () => checked.next().value,
    async ({ cookie, raised }) => {
      const answer = await ask('read', cookie, 'check')
      if (answer) lost += Math.abs(raised - answer.n)
    },
  )
  return {
    name: place.name,
    sessions,
    requests,
    seconds: taken,
    times,
    errors,
    sentences,
    increments,
    lost,
    operations: await place.takeCounts(),
  }
}

/** Lets others go on. */
function pass(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Works on what is drawn, so many at a time, until there is no more. */
async function together<item>(
  count: number,
  draw: () => item | undefined,
  work: (item: item) => Promise<void>,
): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let item = draw(); item !== undefined; item = draw()) await work(item)
  }
  await Promise.all(Array.from({ length: count }, worker))
}

/** Login and logout change the cookie: a browser waits for them. */
function isLonely(act: Act): boolean {
  return act === 'begin' || act === 'login' || act === 'logout'
}

function drawAct(): Act {
  const drawn = Math.random()
  if (drawn < 0.6) return 'read'
  if (drawn < 0.8) return 'write'
  if (drawn < 0.95) return 'raise'
  return drawn < 0.98 ? 'login' : 'logout'
}
