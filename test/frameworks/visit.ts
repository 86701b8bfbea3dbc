import assert from 'node:assert/strict'
import { createSessionManager } from 'session-kit'
import { Jar, parseSetCookie } from '../fixtures/cookies.ts'
import type { Application } from './applications.ts'

/** What an application has a form for. */
export type Form = 'login' | 'count' | 'logout'

/** For what it takes to be a program, React Router holds a page back until all of it is there. */
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36'

interface Page {
  title: string | undefined
  message: string | undefined
  response: Response
}

/** A browser before a running application. */
class Visitor {
  readonly jar = new Jar()
  readonly #application: Application
  readonly #url: string

  constructor(application: Application, url: string) {
    this.#application = application
    this.#url = url
  }

  get #headers(): Record<string, string> {
    return { cookie: this.jar.header, accept: 'text/html', 'user-agent': CHROME }
  }

  async get(path: string): Promise<Response> {
    const response = await fetch(this.#url + path, { headers: this.#headers, redirect: 'manual' })
    this.jar.take(response.headers.getSetCookie())
    return response
  }

  /** What the first page shows. */
  async see(): Promise<Page> {
    const { messages } = this.#application
    const { message: other } = messages ? await (await this.get(messages)).json() : {}
    const response = await this.get('/')
    assert.equal(response.status, 200)
    const html = (await response.text()).replaceAll(/<!--.*?-->/g, '')
    const [, title] = /<h1[^>]*>(.*?)<\/h1>/.exec(html) ?? []
    const [, message = other] = /<p role="status"[^>]*>(.*?)<\/p>/.exec(html) ?? []
    return { title, message, response }
  }

  async title(): Promise<string | undefined> {
    return (await this.see()).title
  }

  /** Sends a form of the first page. */
  async send(form: Form, site?: string): Promise<Response> {
    const { forms, isBehindProxy } = this.#application
    const own = isBehindProxy ? this.#url.replace('http:', 'https:') : this.#url
    const response = await fetch(this.#url + forms[form], {
      method: 'POST',
      headers: { ...this.#headers, origin: site ?? own },
      body: new URLSearchParams({ do: form, user: 'Ada' }),
      redirect: 'manual',
    })
    this.jar.take(response.headers.getSetCookie())
    return response
  }
}

/** What is expected of an application, in the order in which it is looked at. */
export async function visit(
  application: Application,
  url: string,
  secrets: string,
): Promise<string[]> {
  const passed: string[] = []
  const check = async (what: string, look: () => Promise<void>): Promise<void> => {
    try {
      await look()
    } catch (error) {
      throw new Error(`${application.name} ${what}: it does not.`, { cause: error })
    }
    passed.push(what)
  }
  const ada = new Visitor(application, url)
  /** Somebody who comes with a cookie. */
  const comingWith = (value: string): Visitor => {
    const visitor = new Visitor(application, url)
    visitor.jar.take([`__Host-sid=${value}; path=/`])
    return visitor
  }

  await check('gives who only looks no cookie', async () => {
    const { title, message, response } = await ada.see()
    assert.deepEqual([title, message], ['Nobody: 0', undefined])
    assert.deepEqual(response.headers.getSetCookie(), [])
  })

  await check('logs in', async () => {
    const response = await ada.send('login')
    const cookies = response.headers.getSetCookie().map(parseSetCookie)
    assert.equal(response.status, 303)
    assert.equal(new URL(response.headers.get('location')!, url).pathname, '/')
    assert.deepEqual(
      cookies.map(({ name }) => name),
      ['__Host-sid'],
    )
    for (const name of ['secure', 'httponly']) assert.ok(cookies[0]!.attributes.has(name), name)
    assert.match(response.headers.get('cache-control')!, /no-store/)
  })

  await check('shows a message once', async () => {
    const { title, message } = await ada.see()
    assert.deepEqual([title, message], ['Ada: 0', 'Welcome, Ada'])
    assert.equal((await ada.see()).message, undefined)
  })

  await check('keeps what changes', async () => {
    await ada.send('count')
    await ada.send('count')
    assert.equal(await ada.title(), 'Ada: 2')
  })

  await check('leaves the session alone on a page that does not ask for it', async () => {
    const response = await ada.get('/about')
    assert.equal(response.status, 200)
    assert.deepEqual(response.headers.getSetCookie(), [])
    assert.doesNotMatch(response.headers.get('vary') ?? '', /cookie/i)
  })

  await check('takes no cookie that is not sealed by us', async () => {
    const { value } = parseSetCookie(ada.jar.header)
    const middle = value.length >> 1
    const other = value[middle] === 'A' ? 'B' : 'A'
    const tampered = value.slice(0, middle) + other + value.slice(middle + 1)
    const foreign = await seal('V9s1kQmJr0Zb3t8xWc5uNf2yHg7pLd4A_eTiOqRwX6M')
    const plain = Buffer.from('{"user":"Ada","views":2}').toString('base64url')
    for (const cookie of [tampered, foreign, plain]) {
      assert.equal(await comingWith(cookie).title(), 'Nobody: 0')
    }
  })

  await check('knows a session from elsewhere under its secret', async () => {
    assert.equal(await comingWith(await seal(secrets)).title(), 'Grace: 7')
  })

  const { late, members, refusal } = application
  if (members) {
    await check('lets in who has logged in', async () => {
      assert.equal((await new Visitor(application, url).get(members)).status, 307)
      assert.equal((await ada.get(members)).status, 200)
    })
  }
  if (late) {
    await check('keeps nothing of what changes while it streams', async () => {
      assert.match(await (await ada.get(late)).text(), /too late/)
      assert.equal(await ada.title(), 'Ada: 2')
    })
  }
  if (refusal) {
    await check('refuses the form of another site', async () => {
      assert.equal((await ada.send('count', 'https://other.example')).status, refusal)
      assert.equal(await ada.title(), 'Ada: 2')
    })
  }

  await check('logs out', async () => {
    assert.equal((await ada.send('logout')).status, 303)
    assert.equal(ada.jar.size, 0)
    assert.equal(await ada.title(), 'Nobody: 0')
  })
  return passed
}

/** The cookie of a session that is made outside of the application. */
async function seal(secrets: string): Promise<string> {
  const manager = createSessionManager({ secrets })
  const session = await manager.load(null)
  Object.assign(session, { user: 'Grace', views: 7 })
  const [cookie] = await manager.commit(session)
  return parseSetCookie(cookie!).value
}
