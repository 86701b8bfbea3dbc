import { html } from 'hono/html'
import type { Session } from 'session-kit'
import { goods, type Good } from './cart.ts'
import type { Held } from './held.ts'
import { panel, type Html } from './panel.ts'
import { cookieNames, type Place, type Visit } from './sessions.ts'

/** What the page shows. */
export interface View {
  place: Place
  session: Session<Visit>
  notice: unknown
  held: Held
  /** Whether this is the developer's own machine, where the inspector is. */
  isLocal: boolean
}

/** The whole page. */
export function page({ place, session, notice, held, isLocal }: View): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light dark" />
        <title>Where does your session live?</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header>
          <div class="top">
            <p class="brand"><img src="/icon.svg" alt="" width="28" height="28" /> session-kit</p>
            ${isLocal ? html`<a href="/inspector?session=${cookieNames[place]}">Inspect</a>` : ''}
          </div>
          <h1>Where does your session live?</h1>
          <p>
            Sign in, fill the cart, and see what your browser and the server each hold of it. Both
            tabs run the same handlers; only the store differs.
          </p>
          <nav aria-label="Where the session is kept">
            ${tab('cookie', 'In the cookie', place)} ${tab('kv', 'In Workers KV', place)}
          </nav>
        </header>
        <main>
          <div>
            ${notice ? html`<p class="notice" role="status">${notice}</p>` : ''}
            ${visitor(place, session)} ${cart(place, session)}
          </div>
          ${panel(place, session, held)} ${experiments(place)}
        </main>
      </body>
    </html>`
}

function tab(to: Place, label: string, place: Place): Html {
  return html`<a href="/${to}" ${to === place ? html`aria-current="page"` : ''}>${label}</a>`
}

function visitor(place: Place, { name, views }: Visit): Html {
  const count = views === 1 ? '1 page view' : `${views} page views`
  const begun = views ? `${count} in this session.` : 'No session yet: there is nothing to keep.'
  return html`<section aria-labelledby="you">
    <h2 id="you">${name ? `Hello, ${name}` : 'You'}</h2>
    <p>${begun}</p>
    ${
      name
        ? html`<form method="post" action="/${place}/sign-out"><button>Sign out</button></form>`
        : html`<form class="row" method="post" action="/${place}/sign-in">
            <label for="name">Your name</label>
            <input id="name" name="name" required maxlength="40" autocomplete="nickname" />
            <button class="main">Sign in</button>
          </form>`
    }
  </section>`
}

function cart(place: Place, session: Visit): Html {
  return html`<section aria-labelledby="cart">
    <h2 id="cart">Cart</h2>
    <form method="post" action="/${place}/cart">
      <ul class="goods">
        ${(Object.keys(goods) as Good[]).map((good) => item(good, session.cart?.[good] ?? 0))}
      </ul>
    </form>
  </section>`
}

function item(good: Good, count: number): Html {
  const name = goods[good]
  return html`<li>
    <span>${name}</span>
    <button name="remove" value="${good}" aria-label="Remove ${name}" ${count ? '' : 'disabled'}>
      −
    </button>
    <output aria-label="${name} in the cart">${count}</output>
    <button name="add" value="${good}" aria-label="Add ${name}">+</button>
  </li>`
}

function experiments(place: Place): Html {
  return html`<section aria-labelledby="try">
    <h2 id="try">Try it</h2>
    <ol class="try">
      <li><b>Put something in the cart, and reload.</b> The message was for one page alone.</li>
      <li><b>Sign in with a full cart.</b> The session gets a new id; what is in it stays.</li>
      <li>
        <b>Go to the other tab.</b> That is another session, under another cookie. Sign out of one,
        and the other goes on.
      </li>
      <li>
        <b>Change a letter of the cookie</b> in the developer tools of your browser. It opens
        nothing any more.
      </li>
      ${
        place === 'kv'
          ? html`<li>
              <b>Keep the cookie, sign out, and put it back.</b> Its record is gone from KV, and it
              opens nothing.
            </li>`
          : html`<li>
              <b>Keep the cookie, sign out, and put it back.</b> It opens: a session in a cookie is
              wherever a copy of it is, until it expires. The option <code>isRevoked</code> ends it
              before.
            </li>`
      }
    </ol>
  </section>`
}
