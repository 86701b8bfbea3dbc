import { createSessionManager, type SessionManager } from '../../src/index.ts'
import { check, checkEqual } from './assert.ts'
import { Skipped, type Section, type Trial } from './trial.ts'

/** How many of a user's devices do something at once. */
const MANY = 20

/** A browser of some user's, as far as it is known: the cookie that it has. */
interface Device {
  cookie: string
}

/** The devices of one user, served by two servers on one store. */
interface Users {
  /** Names that nobody had before, in a store that has been tried before. */
  ada: string
  bob: string
  managers: [SessionManager, SessionManager]
  /** Logs somebody in, on the server of that number. */
  login(user: string, server: number): Promise<Device>
  logout(device: Device, server: number): Promise<void>
  /** Whose session a device has; `undefined` if it has none. */
  userOf(device: Device): Promise<unknown>
}

function setUp({ store, now }: Trial): Users {
  if (store.consistency === 'eventual') throw new Skipped('the store is eventually consistent')
  const secrets = crypto.getRandomValues(new Uint8Array(32))
  const principal = ({ user }: { user?: string }): string | undefined => user
  const create = (): SessionManager =>
    createSessionManager({ secrets, store, now, principal, storeTimeout: 30_000 })
  const managers: Users['managers'] = [create(), create()]
  const server = (number: number): SessionManager => managers[number % 2]!
  const [ada, bob] = [crypto.randomUUID(), crypto.randomUUID()]
  return {
    ada,
    bob,
    managers,
    async login(user, number) {
      const session = await server(number).load(null)
      session.user = user
      const [cookie] = await server(number).commit(session)
      return { cookie: cookie!.slice(0, cookie!.indexOf(';')) }
    },
    async logout({ cookie }, number) {
      const session = await server(number).load(cookie)
      session.destroy()
      await server(number).commit(session)
    },
    userOf: async ({ cookie }) => (await managers[0].load(cookie)).user,
  }
}

function times<result>(make: (index: number) => Promise<result>): Promise<result[]> {
  return Promise.all(Array.from({ length: MANY }, (_, index) => make(index)))
}

/** The list of a user's sessions, which the manager keeps as a record of its own. */
export const userSection: Section = {
  subject: "a user's sessions",
  needs: 'compareAndSet',
  cases: [
    [
      'are all listed, though they begin at once',
      async (trial) => {
        const { ada, bob, login, managers } = setUp(trial)
        await times((index) => login(ada, index))
        checkEqual((await managers[1].list(ada)).length, MANY, 'No login is lost from the list')
        checkEqual(await managers[1].list(bob), [], 'Nobody else has them')
      },
    ],
    [
      'are those that are logged in, though others log in and out at once',
      async (trial) => {
        const { ada, login, logout, managers, userOf } = setUp(trial)
        const first = await times((index) => login(ada, index))
        const [, second] = await Promise.all([
          Promise.all(first.slice(0, MANY / 2).map(logout)),
          Promise.all(first.slice(MANY / 2).map((_, index) => login(ada, index))),
        ])
        checkEqual((await managers[0].list(ada)).length, MANY, 'Who stays or came is listed')
        for (const device of [...first.slice(MANY / 2), ...second])
          checkEqual(await userOf(device), ada, 'Who did not log out stays')
      },
    ],
    [
      'end all but one, though they log in and out at once before',
      async (trial) => {
        const { ada, bob, login, logout, managers, userOf } = setUp(trial)
        const devices = await times((index) => login(ada, index))
        const other = await login(bob, 0)
        const here = devices[0]!
        const except = await managers[0].load(here.cookie)
        await Promise.all([
          managers[0].destroyAll(ada, { except }),
          ...devices.slice(MANY / 2).map(logout),
        ])
        const users = await Promise.all(devices.map(userOf))
        checkEqual(
          users.filter((user) => user !== undefined).length,
          1,
          'Exactly one session is left',
        )
        checkEqual(users[0], ada, 'It is the one that was to be spared')
        checkEqual((await managers[1].list(ada)).length, 1, 'It alone is listed')
        checkEqual(await userOf(other), bob, 'Other users stay')
      },
    ],
    [
      'stay ended, if slow requests of theirs change something',
      async (trial) => {
        const { ada, login, managers, userOf } = setUp(trial)
        const devices = await times((index) => login(ada, index))
        const slow = await Promise.all(devices.map(({ cookie }) => managers[1].load(cookie)))
        checkEqual(await managers[0].destroyAll(ada), MANY, 'All of them end')
        for (const session of slow) session.late = true
        const cookies = await Promise.all(slow.map((session) => managers[1].commit(session)))
        checkEqual(cookies.flat(), [], 'A request whose session has ended sends no cookie')
        for (const device of devices) checkEqual(await userOf(device), undefined, 'It stays ended')
        checkEqual(await managers[1].list(ada), [], 'None is listed')
      },
    ],
    [
      'have a new id with the login, and what was under way with the old one goes nowhere',
      async (trial) => {
        const { ada, managers } = setUp(trial)
        const [one, other] = managers
        const anonymous = await one.load(null)
        anonymous.theme = 'dark'
        const [cookie] = await one.commit(anonymous)
        const slow = await other.load(cookie!.slice(0, cookie!.indexOf(';')))
        const session = await one.load(cookie!.slice(0, cookie!.indexOf(';')))
        const old = session.externalKey
        session.user = ada
        const [next] = await one.commit(session)
        slow.theme = 'light'
        checkEqual(await other.commit(slow), [], 'A request with the old id sends no cookie')
        check((await one.load(cookie!.split(';')[0])).isNew, 'The old id opens nothing')
        const found = await other.load(next!.split(';')[0])
        checkEqual(found.toJSON(), { theme: 'dark', user: ada }, 'The new id has what it was given')
        check(found.externalKey !== old, 'The id is another')
        checkEqual((await other.list(ada)).length, 1, 'It is listed')
      },
    ],
  ],
}
