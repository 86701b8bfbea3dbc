/**
 * One clock for everything in the process: while it is frozen, `Date.now()` and `new Date()` give
 * the frozen instant wherever they are called, in Koa, in `cookies` and in the library under test.
 * It is put in place when this module loads, so a library that keeps a reference to `Date.now`
 * sees it too, and it lets real time through whenever it is not frozen.
 */

/** Where every case begins. */
export const start = 1_700_000_000_000

const realDate = Date
const realNow = Date.now.bind(Date)
let frozen: number | null = null

const now = (): number => frozen ?? realNow()

globalThis.Date = new Proxy(realDate, {
  construct: (target, values, newTarget) =>
    Reflect.construct(
      target,
      values.length === 0 ? [now()] : values,
      newTarget === globalThis.Date ? target : newTarget,
    ),
  apply: () => new realDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
})

export const clock = {
  freeze(): void {
    frozen = start
  },
  advance(milliseconds: number): void {
    frozen = now() + milliseconds
  },
  release(): void {
    frozen = null
  },
}
