import { html } from 'hono/html'
import type { Session } from 'session-kit'
import type { Held } from './held.ts'
import type { Place, Visit } from './sessions.ts'

/** A piece of a page. */
export type Html = ReturnType<typeof html>

/** The largest name and value that browsers keep, in bytes together. */
const LARGEST_COOKIE = 4096

/** Shows one session three times: to the application, to the browser, and to Workers KV. */
export function panel(place: Place, session: Session<Visit>, held: Held): Html {
  return html`<section class="panel" aria-labelledby="held">
    <h2 id="held">Who sees what</h2>
    <article>
      <h3>Your handler <small class="open">plain object</small></h3>
      <pre><code>${json(session)}</code></pre>
    </article>
    <article>
      <h3>The browser ${held.cookie.value ? sealed : nothing}</h3>
      ${cookie(place, held.cookie, session.isNew)}
    </article>
    <article>
      <h3>Workers KV ${held.record ? html`<small class="open">readable</small>` : nothing}</h3>
      ${
        place === 'cookie'
          ? html`<p>Nothing is stored on the server: in this tab the cookie is all there is.</p>`
          : record(held.record)
      }
    </article>
  </section>`
}

const nothing = html`<small>nothing</small>`
const sealed = html`<small class="sealed"
  ><img src="/icon.svg" alt="" width="14" height="14" /> sealed</small
>`

function cookie(place: Place, { name, value }: Held['cookie'], isNew: boolean): Html {
  if (!value) return html`<p>No cookie: a session begins when there is something to keep.</p>`
  return html`<p>
      <code>${name}</code>, as it came with this request.
      ${
        place === 'cookie'
          ? 'The whole session is in it.'
          : 'In it are the session’s id, the number of the last write, and a copy for the minute that KV may lag behind.'
      }
    </p>
    <p class="value">${parts(value)}</p>
    <p class="legend">
      <span class="header">header</span> · <span>nonce</span> ·
      <span class="contents">contents, encrypted</span> · <span>tag</span>
    </p>
    ${isNew ? html`<p>It opens nothing any more.</p>` : ''} ${size(name.length + value.length)}`
}

function size(bytes: number): Html {
  const words = `${bytes} of ${LARGEST_COOKIE} bytes`
  return html`<div class="size">
    <div
      role="meter"
      aria-label="Size of the cookie"
      aria-valuemin="0"
      aria-valuemax="${LARGEST_COOKIE}"
      aria-valuenow="${bytes}"
      aria-valuetext="${words}"
    >
      <svg aria-hidden="true">
        <rect class="room" width="100%" height="8" rx="4" />
        <rect class="used" width="${(100 * bytes) / LARGEST_COOKIE}%" height="8" rx="4" />
      </svg>
    </div>
    <p>${words}</p>
  </div>`
}

/** A sealed value is a compact JWE: header, no key, nonce, ciphertext and tag. */
function parts(value: string): Html {
  const [header, key, nonce, ciphertext, tag] = value.split('.')
  if (key !== '' || !tag) return html`${value}`
  return html`<span class="header">${header}</span>..<span>${nonce}</span>.<span class="contents"
      >${ciphertext}</span
    >.<span>${tag}</span>`
}

function record(held: Held['record']): Html {
  if (!held) return html`<p>No record yet.</p>`
  return html`<dl>
    <dt>Id</dt>
    <dd><code>${held.id.slice(0, 6)}…</code> is sealed in the cookie. KV never sees it.</dd>
    <dt>Key</dt>
    <dd><code>${held.key}</code>, the id’s SHA‑256</dd>
    <dt>Record</dt>
    <dd>
      <pre><code>${json(held.value)}</code></pre>
    </dd>
  </dl>`
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
