/** The style sheet. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#faf7f2, #171512);
  --card: light-dark(#ffffff, #211e1a);
  --ink: light-dark(#221d17, #ece6dc);
  --faint: light-dark(#6b6156, #a59b8d);
  --line: light-dark(#e3dbcf, #3a352e);
  --wax: light-dark(#a92f24, #f0897c);
  --wax-wash: light-dark(#fbe9e6, #3a1f1b);
  --leaf: light-dark(#2c6149, #8fc7ab);
  --leaf-wash: light-dark(#e4f1ea, #1c3129);
  --button: light-dark(#a92f24, #b53b2e);
  --radius: 0.75rem;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Consolas, 'DejaVu Sans Mono', monospace;
}

* {
  box-sizing: border-box;
  margin: 0;
}

body {
  max-width: 70rem;
  margin: 0 auto;
  padding: clamp(1.25rem, 4vw, 3.5rem) clamp(1rem, 4vw, 2.5rem) 3rem;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif;
}

h1, h2, h3 {
  line-height: 1.2;
  text-wrap: balance;
}

h1 {
  margin-bottom: 0.75rem;
  font: 600 clamp(1.9rem, 5vw, 2.9rem)/1.1 ui-serif, 'Iowan Old Style', Charter, Georgia, serif;
  letter-spacing: -0.02em;
}

h2 {
  margin-bottom: 0.5rem;
  font-size: 1.2rem;
  overflow-wrap: anywhere;
}

h3 {
  display: flex;
  gap: 0.75rem;
  align-items: center;
  justify-content: space-between;
  font-size: 1rem;
}

header > p {
  max-width: 38rem;
  color: var(--faint);
  text-wrap: pretty;
}

.top {
  display: flex;
  align-items: center;
  justify-content: space-between;
  margin-bottom: 1.75rem;
}

.brand {
  display: flex;
  gap: 0.5rem;
  align-items: center;
  font-weight: 600;
}

.top a {
  padding: 0.4rem 0;
  color: var(--faint);
  text-underline-offset: 0.2em;
}

.top a:hover {
  color: var(--ink);
}

nav {
  display: inline-flex;
  margin: 1.75rem 0;
  padding: 0.25rem;
  border: 1px solid var(--line);
  border-radius: 2rem;
  background: var(--card);
}

nav a {
  padding: 0.5rem 1.15rem;
  border-radius: 2rem;
  color: var(--faint);
  font-weight: 600;
  text-decoration: none;
}

nav a:hover {
  color: var(--ink);
}

nav a[aria-current] {
  background: var(--ink);
  color: var(--paper);
}

main, main > div, .panel {
  display: grid;
  gap: 1.25rem;
  align-content: start;
}

main > * {
  min-width: 0;
}

section:not(.panel), article {
  min-width: 0;
  padding: 1.25rem;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--card);
}

article > * + * {
  margin-top: 0.75rem;
}

.panel > h2 {
  margin: 0.75rem 0 -0.25rem;
}

.notice {
  padding: 0.75rem 1.25rem;
  border-left: 0.25rem solid var(--leaf);
  border-radius: 0.25rem var(--radius) var(--radius) 0.25rem;
  background: var(--leaf-wash);
  color: var(--leaf);
  font-weight: 600;
  overflow-wrap: anywhere;
}

section p + form {
  margin-top: 1rem;
}

.row {
  display: grid;
  grid-template-columns: 1fr auto;
  gap: 0.5rem;
}

label {
  grid-column: 1 / -1;
  font-size: 0.9rem;
  font-weight: 600;
}

input, button {
  min-width: 0;
  min-height: 2.75rem;
  padding: 0 1rem;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  background: var(--card);
  color: inherit;
  font: inherit;
}

input {
  border-color: var(--faint);
}

button {
  font-weight: 600;
  cursor: pointer;
}

button:hover:enabled {
  border-color: var(--ink);
}

button:disabled {
  color: var(--line);
  cursor: default;
}

button.main {
  border-color: var(--button);
  background: var(--button);
  color: #fff;
}

:focus-visible {
  outline: 3px solid var(--leaf);
  outline-offset: 2px;
}

.goods {
  padding: 0;
  list-style: none;
}

.goods li {
  display: grid;
  grid-template-columns: 1fr 2.75rem 2.5rem 2.75rem;
  align-items: center;
  padding: 0.4rem 0;
}

.goods li + li {
  border-top: 1px solid var(--line);
}

.goods li:last-child {
  padding-bottom: 0;
}

.goods button {
  padding: 0;
}

.goods output {
  font-variant-numeric: tabular-nums;
  text-align: center;
}

.try {
  display: grid;
  gap: 0.65rem;
  margin-top: 0.75rem;
  padding-left: 1.25rem;
  color: var(--faint);
  font-size: 0.95rem;
}

.try li {
  padding-left: 0.25rem;
  text-wrap: pretty;
}

.try b {
  color: var(--ink);
  font-weight: 600;
}

small {
  display: inline-flex;
  gap: 0.35rem;
  align-items: center;
  padding: 0.1rem 0.6rem;
  border-radius: 1rem;
  background: var(--paper);
  color: var(--faint);
  font-size: 0.8rem;
  white-space: nowrap;
}

small.open {
  background: var(--leaf-wash);
  color: var(--leaf);
}

small.sealed {
  background: var(--wax-wash);
  color: var(--wax);
}

code, pre, .value {
  font-family: var(--mono);
  font-size: 0.85rem;
  overflow-wrap: anywhere;
}

pre {
  padding: 0.75rem 1rem;
  border-radius: 0.5rem;
  background: var(--leaf-wash);
  white-space: pre-wrap;
}

.value {
  word-break: break-all;
  padding: 0.75rem 1rem;
  border-radius: 0.5rem;
  background: var(--wax-wash);
  color: var(--faint);
}

.legend {
  color: var(--faint);
  font-size: 0.9rem;
}

:is(.value, .legend) .header {
  color: var(--leaf);
}

:is(.value, .legend) .contents {
  color: var(--wax);
}

.size {
  display: flex;
  flex-wrap: wrap;
  gap: 0.25rem 0.75rem;
  align-items: center;
  color: var(--faint);
  font-size: 0.9rem;
  font-variant-numeric: tabular-nums;
}

.size > div {
  flex: 1 1 8rem;
}

.size svg {
  display: block;
  width: 100%;
  height: 8px;
}

.room {
  fill: var(--line);
}

.used {
  fill: var(--leaf);
}

dl {
  display: grid;
  grid-template-columns: auto 1fr;
  gap: 0.35rem 1rem;
  font-size: 0.9rem;
}

dt {
  color: var(--faint);
}

dd {
  min-width: 0;
}

dd:has(pre) {
  grid-column: 1 / -1;
}

@media (min-width: 56rem) {
  main {
    grid-template-columns: 5fr 7fr;
    grid-template-rows: auto 1fr;
    gap: 1.25rem 1.5rem;
  }

  .panel {
    grid-area: 1 / 2 / span 2;
  }

  .panel > h2 {
    position: absolute;
    clip-path: inset(50%);
  }
}
`
