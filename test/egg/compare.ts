import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { suites } from './cases/index.ts'
import { hosts, type Host, type HostName } from './hosts.ts'
import { installKit, kitPackage, removeKitPackage } from './kit-package.ts'
import { tryApp, type Trial } from './pair.ts'
import { runsOn, STARTS, type Case, type Suite } from './suite.ts'
import { isExchange, type Exchange, type Transcript } from './transcript.ts'
import { closeWorkspace, openWorkspace } from './workspace.ts'

/** Something that the kit does in another way than the stock plugin, on purpose. */
export interface Difference {
  /** Why it does. */
  reason: string
  /** The cases it shows in, as `application > case`. */
  cases: RegExp
  hosts?: HostName[]
  /**
   * What the kit writes, given what the stock plugin wrote.
   *
   * @param other Gives the first page of another case of the same application.
   */
  expected(
    stock: Transcript,
    other: (name: string) => Promise<Exchange>,
  ): Transcript | Promise<Transcript>
}

const kit = await kitPackage()
const subjectTitle = kit.ready ? 'the kit' : `itself, for there is no kit: ${kit.reason}`

/** Plays every case on every host with the stock plugin and with the kit, and compares the two. */
export function compareWithStock(differences: Difference[]): void {
  afterAll(() => removeKitPackage(kit))

  it('knows a case for every intended difference', () => {
    const places = suites.flatMap(({ app, cases }) =>
      [STARTS, ...cases.map(({ name }) => name)].map((name) => `${app.name} > ${name}`),
    )
    expect(new Set(places).size).toBe(places.length)
    const dead = differences.filter(({ cases }) => !places.some((place) => cases.test(place)))
    expect(dead.map(({ reason }) => reason)).toEqual([])
  })

  describe.each(hosts)(`$title: the stock plugin and ${subjectTitle}`, (host) => {
    const all = suites.filter(({ app }) => runsOn(app, host.name))
    let workspace: string

    beforeAll(async () => {
      workspace = await openWorkspace(host)
      await installKit(kit, workspace)
    })
    afterAll(() => closeWorkspace(workspace))

    for (const suite of all) {
      describe.skipIf(Boolean(suite.skip)).each([suite])('$app.name', (one) => {
        compare(one, host, () => workspace, differences)
      })
    }
  })
}

function compare(
  { app, cases }: Suite,
  host: Host,
  workspace: () => string,
  differences: Difference[],
): void {
  const starts: Case = { name: STARTS, run: async () => {} }
  const played = new Map<string, Transcript>()
  let stock: Trial
  let subject: Trial

  beforeAll(async () => {
    const plugin = kit.ready ? 'kit' : 'stock'
    const trials = await Promise.all([
      tryApp(workspace(), host, app, 'stock'),
      tryApp(workspace(), host, app, plugin, kit.ready ? 'kit' : 'again'),
    ])
    ;[stock, subject] = trials
  })
  afterAll(() => Promise.all([stock?.stop(), subject?.stop()]))

  const given = [starts, ...cases].filter((one) => runsOn(one, host.name))
  it.each(given)('$name', async (one) => {
    const [theirs, ours] = await Promise.all([stock.play(one), subject.play(one)])
    played.set(one.name, theirs)
    const expected = kit.ready ? await expectedOf(one.name, theirs) : theirs
    expect(ours).toEqual(expected)
    if (expected !== theirs) refuseNone(theirs, expected)
  })

  async function expectedOf(name: string, theirs: Transcript): Promise<Transcript> {
    const place = `${app.name} > ${name}`
    let expected = theirs
    for (const difference of differences) {
      if (!difference.cases.test(place) || !runsOn(difference, host.name)) continue
      expected = await difference.expected(expected, firstPageOf)
    }
    return expected
  }

  async function firstPageOf(name: string): Promise<Exchange> {
    const other = cases.find((one) => one.name === name)
    if (!other) throw new Error(`${app.name} has no case "${name}"`)
    const transcript = played.get(name) ?? (await stock.play(other))
    played.set(name, transcript)
    return transcript.filter(isExchange)[0]!
  }
}

/** A difference that the stock plugin meets as well is none. */
function refuseNone(theirs: Transcript, expected: Transcript): void {
  expect(theirs, 'the intended difference is none').not.toEqual(expected)
}
