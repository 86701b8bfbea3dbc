/** Runs the checks that every runtime runs. A Worker calls it, others load `main.ts`. */
import { runAll, type Outcome } from './check.ts'
import { checks } from './suite.ts'

export const runPortable = (): Promise<Outcome[]> => runAll(checks)

export default {
  async fetch(): Promise<Response> {
    return Response.json(await runPortable())
  },
}
