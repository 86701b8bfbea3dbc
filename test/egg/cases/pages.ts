import type { Early, Handler, Visitor } from '../site.ts'

// Pages that many cases visit. Each is sent to the application as text.

export const write: Handler = (ctx) => {
  ctx.session.user = 'fred'
}

export const change: Handler = (ctx) => {
  ctx.session.views = (ctx.session.views ?? 0) + 1
}

export const read: Handler = (ctx) => ctx.session

export const remove: Handler = (ctx) => {
  ctx.session = null
}

export const fail: Handler = (ctx) => {
  ctx.session.user = 'fred'
  throw new Error('the page failed')
}

/** Answers with the error of everything behind it. */
export const catching: Early = async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    ctx.body = { caught: (error as Error).message }
  }
}

/** The session's data as the next page has them. */
export async function dataOf(visitor: Visitor): Promise<unknown> {
  return ((await visitor.visit(read)).body as { value: unknown }).value
}
