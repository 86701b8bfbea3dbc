import { Html } from './html.ts'

/** The page's style sheet. */
export const style: Html = new Html(`
:root {
  color-scheme: light dark;
  --paper: light-dark(#f6f5f2, #151412);
  --card: light-dark(#ffffff, #1e1c19);
  --ink: light-dark(#1f1c18, #ebe6de);
  --faint: light-dark(#68625a, #a39b90);
  --line: light-dark(#e5e1da, #35312b);
  --field: light-dark(#8a837a, #7d766c);
  --wax: light-dark(#a92f24, #f0897c);
  --leaf: light-dark(#2a6a4c, #84c5a4);
  --leaf-wash: light-dark(#e6f2eb, #1b2f26);
  --wax-wash: light-dark(#fbeae7, #391f1b);
  --sand-wash: light-dark(#efece6, #2a2722);
  --blue: light-dark(#2a559e, #9dbcf2);
  --plum: light-dark(#773b8a, #d2a6e2);
  --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Consolas, 'DejaVu Sans Mono', monospace;
}
* { box-sizing: border-box; margin: 0; }
body {
  max-width: 68rem;
  margin: 0 auto;
  padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 2.5rem;
  background: var(--paper);
  color: var(--ink);
  font: 0.9375rem/1.55 system-ui, sans-serif;
  font-variant-numeric: tabular-nums;
}
code, .method, .path, .tree { font-family: var(--mono); font-size: 0.8125rem; }
code { overflow-wrap: anywhere; }
a { color: inherit; text-underline-offset: 0.2em; }
:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; border-radius: 0.25rem; }

header { display: flex; justify-content: space-between; align-items: baseline; margin-bottom: 2rem; }
.brand { font-weight: 650; }
.brand span { color: var(--faint); font-weight: 400; }
.again { padding: 0.25rem 0; color: var(--faint); }
.again:hover { color: var(--ink); }

nav { display: flex; flex-wrap: wrap; gap: 1.5rem; margin-bottom: 2rem; border-bottom: 1px solid var(--line); }
nav a {
  padding: 0.5rem 0;
  border-bottom: 2px solid transparent;
  margin-bottom: -1px;
  color: var(--faint);
  font: 0.8125rem/1.5 var(--mono);
  text-decoration: none;
}
nav a:hover { color: var(--ink); }
nav a[aria-current] { border-color: var(--wax); color: var(--ink); }

h1 { font-size: 1.75rem; font-weight: 650; line-height: 1.2; letter-spacing: -0.015em; text-wrap: balance; }
h2 { margin-bottom: 0.875rem; font-size: 1rem; font-weight: 650; line-height: 1.3; }
h3 { margin: 1.25rem 0 0.5rem; font-size: 0.875rem; font-weight: 650; }
small { margin-left: 0.35rem; color: var(--faint); font-size: 0.8125rem; font-weight: 400; }

.title { margin-bottom: 1.75rem; }
.facts { display: flex; flex-wrap: wrap; gap: 0.15rem 0; margin-top: 0.5rem; padding: 0; color: var(--faint); list-style: none; }
.facts li:not(:last-child)::after { content: '·'; margin: 0 0.5rem; }

.notice {
  margin-bottom: 1.25rem;
  padding: 0.625rem 1rem;
  border-radius: 0.5rem;
  background: var(--leaf-wash);
  color: var(--leaf);
}
.note { color: var(--faint); text-wrap: pretty; }

.columns, .columns > div { display: grid; gap: 1.25rem; align-content: start; }
.columns { margin-bottom: 1.25rem; }
.columns > *, section { min-width: 0; }
@media (min-width: 52rem) { .columns { grid-template-columns: 1fr 1fr; } }

section {
  padding: 1.25rem 1.375rem 1.375rem;
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  background: var(--card);
}

ul, ol { padding: 0; list-style: none; }
.tree { line-height: 1.9; }
.tree ul { margin-left: 0.3rem; padding-left: 1.1rem; border-left: 1px solid var(--line); }
.tree li { overflow-wrap: anywhere; }
.tree .leaf { display: grid; grid-template-columns: auto minmax(0, 1fr); padding-left: 1.05rem; }
.tree summary { cursor: pointer; list-style: none; }
.tree summary::-webkit-details-marker { display: none; }
.tree summary::before {
  content: '';
  display: inline-block;
  width: 0.35rem;
  height: 0.35rem;
  margin: 0 0.5rem 0.12rem 0.2rem;
  border: solid var(--faint);
  border-width: 0 1.5px 1.5px 0;
  transform: rotate(-45deg);
}
.tree details[open] > summary::before { transform: rotate(45deg); margin-bottom: 0.2rem; }
.tree li > .kind:first-child { margin-left: 1.05rem; }
.key { margin-right: 0.6rem; }
.key::after { content: ':'; color: var(--faint); }
.kind { color: var(--faint); font-family: system-ui, sans-serif; }
.string { color: var(--leaf); white-space: pre-wrap; }
.number { color: var(--blue); }
.word { color: var(--plum); }

.line { display: block; width: 100%; height: 2rem; margin-bottom: 0.625rem; overflow: visible; }
.line line { stroke-width: 2; stroke: var(--line); stroke-linecap: round; }
.line .whole { stroke-dasharray: 1 6; stroke: var(--field); }
.line .granted { stroke: var(--line); stroke-width: 6; }
.line .past { stroke: var(--leaf); stroke-width: 6; }
.line .now { stroke: var(--ink); stroke-width: 1.5; }
circle { stroke: var(--card); stroke-width: 2; }
.created { fill: var(--leaf); }
.seen { fill: var(--blue); }
.renews { fill: var(--field); }
.expires { fill: var(--wax); }
.ends { fill: var(--ink); }
.glyph { width: 0.875rem; height: 0.875rem; margin-right: 0.25rem; vertical-align: -0.1rem; }
.moments { display: grid; gap: 0.5rem; margin-bottom: 0.875rem; }
.moments div { display: grid; grid-template-columns: 6.25rem 1fr; gap: 0.5rem; }
.moments dt { color: var(--faint); white-space: nowrap; }
time[data-clock] { color: var(--faint); font-size: 0.8125rem; white-space: nowrap; }
time[data-relative] { margin-right: 0.35rem; white-space: nowrap; }

.size + .size { margin-top: 0.875rem; }
.size p { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; margin-bottom: 0.375rem; }
.size span { color: var(--faint); }
.size b { color: var(--ink); font-weight: 600; }
.size svg { display: block; width: 100%; height: 8px; }
.room { fill: var(--sand-wash); }
.used { fill: var(--leaf); }
.used.full { fill: var(--wax); }
.size ~ .note { margin-top: 0.75rem; }

.acts { display: grid; gap: 0.875rem; }
fieldset { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 2fr) auto; gap: 0.5rem; align-items: end; padding: 0 0 1rem; border: 0; border-bottom: 1px solid var(--line); }
legend { margin-bottom: 0.5rem; padding: 0; color: var(--faint); }
label { display: grid; gap: 0.25rem; color: var(--faint); font-size: 0.8125rem; }
input:not([type=hidden]), button {
  min-width: 0;
  height: 2.25rem;
  border: 1px solid var(--field);
  border-radius: 0.5rem;
  background: var(--card);
  color: var(--ink);
  font: 0.875rem/1 system-ui, sans-serif;
}
input:not([type=hidden]) { width: 100%; padding: 0 0.625rem; }
button { min-width: 5.75rem; padding: 0 0.875rem; font-weight: 550; cursor: pointer; }
button:hover { background: var(--sand-wash); }
button.danger { border-color: var(--wax); color: var(--wax); }
button.danger:hover { background: var(--wax-wash); }
button:disabled { border-color: var(--line); background: none; color: var(--faint); cursor: default; }
.row { display: flex; gap: 1rem; align-items: center; justify-content: space-between; }
.row p { color: var(--faint); text-wrap: pretty; }

.requests > li { padding: 0.75rem 0; border-top: 1px solid var(--line); }
.requests > li:first-child { padding-top: 0; border-top: 0; }
.requests > li:last-child { padding-bottom: 0; }
.requests time { color: var(--faint); }
.requests p { display: flex; gap: 0.625rem; align-items: baseline; }
.method { min-width: 2.75rem; font-weight: 600; }
.path { flex: 1; overflow-wrap: anywhere; }
.events { display: flex; flex-wrap: wrap; gap: 0.375rem; margin-top: 0.375rem; }
.events li { padding: 0.05rem 0.5rem; border-radius: 0.375rem; background: var(--sand-wash); font-size: 0.8125rem; }
.events b { font-weight: 550; }
.events span { color: var(--faint); }
.events .good { background: var(--leaf-wash); color: var(--leaf); }
.events .bad { background: var(--wax-wash); color: var(--wax); }
.events .good span, .events .bad span { color: inherit; }
footer { margin-top: 1.5rem; color: var(--faint); font-size: 0.8125rem; }

@media (max-width: 30rem) {
  section { padding: 1.125rem 1rem; }
  fieldset { grid-template-columns: 1fr; align-items: stretch; }
}
`)
