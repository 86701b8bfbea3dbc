import { LARGEST_COOKIE } from '../../src/host.ts'
import { html, type Html } from './html.ts'
import type { RecordedRequest } from './recorder.ts'
import { requests } from './requests.ts'
import { script } from './script.ts'
import { style } from './style.ts'
import { timeline } from './timeline.ts'
import { plural, tree } from './tree.ts'
import type { SessionView } from './view.ts'

/** What the page shows. */
export interface InspectorPage {
  path: string
  /** The session that is looked at, and the names of all there are. */
  session: SessionView
  names: readonly string[]
  recorded: readonly RecordedRequest[]
  /** What was done by the button that led here. */
  notice: string | undefined
  token: string
  /** Lets this page's own style and script pass its Content-Security-Policy. */
  nonce: string
}

/** The whole page. */
export function page(view: InspectorPage): Html {
  const { session, names, recorded, notice, nonce } = view
  const { name, life, data, flash } = session
  const isAlive = session.fate === 'alive'
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light dark" />
        <title>Session inspector</title>
        <link rel="icon" href="data:," />
        <style nonce="${nonce}">
          ${style}
        </style>
      </head>
      <body>
        <header>
          <p class="brand">session-kit <span>inspector</span></p>
          <a class="again" href="${linkTo(view, name)}">Refresh</a>
        </header>
        <main>
          ${names.length > 1 && tabs(view)}
          <div class="title">
            <h1>${TITLES[session.fate]}</h1>
            ${facts(session)}
          </div>
          ${notice && html`<p class="notice" role="status">${notice}</p>`}
          <div class="columns">
            <div>
              <section aria-labelledby="data">
                <h2 id="data">Data <small>${plural(Object.keys(data).length, 'key')}</small></h2>
                ${isEmpty(data) ? html`<p class="note">${EMPTY[session.fate]}</p>` : tree(data)}
                ${
                  !isEmpty(flash) &&
                  html`<h3>Flash <small>for the next page that asks</small></h3>
                    ${tree(flash)}`
                }
              </section>
              <section aria-labelledby="cookie">
                <h2 id="cookie">Cookie</h2>
                ${
                  session.cookies.length
                    ? session.cookies.map(size)
                    : html`<p class="note">The browser sent none by this name.</p>`
                }
                ${cookieNote(session)}
              </section>
            </div>
            <div>
              <section aria-labelledby="life">
                <h2 id="life">Life</h2>
                ${isAlive ? timeline(life) : html`<p class="note">It has none yet.</p>`}
              </section>
              ${acts(view)}
            </div>
          </div>
          <section aria-labelledby="requests">
            <h2 id="requests">Requests <small>the newest first</small></h2>
            ${requests(recorded, name)}
          </section>
        </main>
        <footer>This page is for development. It shows the session of this browser alone.</footer>
        <script nonce="${nonce}">
          ${script}
        </script>
      </body>
    </html> `
}

const TITLES = {
  alive: 'Your session',
  none: 'No session yet',
  refused: 'A cookie that opens nothing',
}

const EMPTY = {
  alive: 'Nothing is in it.',
  none: 'A session begins when your application puts something in it.',
  refused: 'It has expired, was ended, or was made under another secret. A new session is ready.',
}

const isEmpty = (data: object): boolean => Object.keys(data).length === 0

function linkTo({ path, names }: InspectorPage, name: string): string {
  return names.length > 1 ? `${path}?session=${encodeURIComponent(name)}` : path
}

function tabs(view: InspectorPage): Html {
  return html`<nav aria-label="Sessions">
    ${view.names.map(
      (name) =>
        html`<a
          href="${linkTo(view, name)}"
          ${name === view.session.name && html`aria-current="page"`}
          >${name}</a
        >`,
    )}
  </nav>`
}

function facts({ name, format, place, fingerprint }: SessionView): Html {
  return html`<ul class="facts">
    <li><code>${name}</code></li>
    <li>${format}</li>
    <li>${place === 'store' ? 'in a store' : 'in the cookie'}</li>
    ${fingerprint && html`<li title="The start of its id’s SHA-256">id <code>${fingerprint}…</code></li>`}
  </ul>`
}

function size({ name, bytes }: SessionView['cookies'][number]): Html {
  const label = `Size of ${name}`
  const tone = bytes > LARGEST_COOKIE * 0.9 ? 'full' : ''
  return html`<div class="size">
    <p>
      <code>${name}</code> <span><b>${bytes}</b> of ${LARGEST_COOKIE} bytes</span>
    </p>
    <div
      role="meter"
      aria-label="${label}"
      aria-valuemin="0"
      aria-valuemax="${LARGEST_COOKIE}"
      aria-valuenow="${bytes}"
      aria-valuetext="${bytes} of ${LARGEST_COOKIE} bytes"
    >
      <svg aria-hidden="true">
        <rect class="room" width="100%" height="8" rx="4" />
        <rect
          class="used ${tone}"
          width="${((100 * bytes) / LARGEST_COOKIE).toFixed(2)}%"
          height="8"
          rx="4"
        />
      </svg>
    </div>
  </div>`
}

function cookieNote(session: SessionView): Html | false {
  if (!session.cookies.length) return false
  const isSealed = session.format === 'sealed'
  return html`<p class="note">
    ${carried(session)}
    ${isSealed ? 'Encrypted: its browser cannot read it.' : 'Signed: whoever has it can read it.'}
  </p>`
}

function carried({ place, mayMove, hasCopy }: SessionView): string {
  if (place === 'cookie') {
    return mayMove ? 'It carries the session, which moves to the store when it no longer fits.' : ''
  }
  if (hasCopy) return 'It carries the session’s id and, where it fits, a copy of its data.'
  return 'It carries the session’s id alone.'
}

function acts(view: InspectorPage): Html {
  const { session } = view
  const off = session.fate !== 'alive' && html`disabled`
  return html`<section aria-labelledby="acts">
    <h2 id="acts">Try</h2>
    <form method="post" action="${view.path}" class="acts">
      <input type="hidden" name="token" value="${view.token}" />
      <input type="hidden" name="session" value="${session.name}" />
      <fieldset>
        <legend>Leave a flash message</legend>
        <label>Name <input name="key" value="notice" maxlength="64" autocomplete="off" /></label>
        <label
          >Message <input name="value" value="Hello" maxlength="500" autocomplete="off"
        /></label>
        <button name="act" value="flash">Flash</button>
      </fieldset>
      <div class="row">
        <p id="regenerate">A new id, as at a login; the data stay.</p>
        <button name="act" value="regenerate" aria-describedby="regenerate" ${off}>New id</button>
      </div>
      <div class="row">
        <p id="expire">Its time is over in a second.</p>
        <button name="act" value="expire" aria-describedby="expire" ${off}>Expire</button>
      </div>
      <div class="row">
        <p id="destroy">Ends it, as a logout does: data, cookie and record.</p>
        <button name="act" value="destroy" class="danger" aria-describedby="destroy" ${off}>
          Destroy
        </button>
      </div>
    </form>
  </section>`
}
