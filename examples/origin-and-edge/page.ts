import type { Visit } from './session.ts'

/** The page, whoever answers. Nothing in it comes from a visitor. */
export function page(side: 'edge' | 'origin', session: Visit, notice: unknown): string {
  const { user = 'nobody', edge = 0, origin = 0 } = session
  const button = (path: string, label: string): string =>
    `<button formaction="${path}">${label}</button>`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>session-kit at origin and edge</title>
<h1>This page is from the ${side}</h1>
${notice ? `<p role="status">${String(notice)}</p>` : ''}
<p>Signed in: ${user}. Pages from the edge: ${edge}, from the origin: ${origin}.</p>
<p><a href="/">To the edge</a> <a href="/account/">To the origin</a></p>
<form method="post">
${
  session.user
    ? button('/logout', 'Sign out at the edge') +
      button('/account/logout', 'Sign out at the origin') +
      button('/account/notice', 'Leave a message at the origin')
    : button('/login', 'Sign in at the edge')
}
</form>
</html>
`
}
