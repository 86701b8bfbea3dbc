import { writeFileSync } from 'node:fs'

/** A bar of the chart. */
export interface Bar {
  name: string
  value: number
}

const LEFT = 250
const WIDTH = 720
const ROW = 34
const TOP = 58

/** Writes docs/performance.svg: bars in the colours of the page, be it light or dark. */
export function saveChart(title: string, bars: Bar[]): void {
  const file = new URL('../docs/performance.svg', import.meta.url)
  writeFileSync(file, chart(title, bars))
}

function chart(title: string, bars: Bar[]): string {
  const largest = Math.max(...bars.map(({ value }) => value))
  const height = TOP + bars.length * ROW + 12
  const rows = bars
    .toSorted((a, b) => a.value - b.value)
    .map(({ name, value }, index) => {
      const y = TOP + index * ROW
      const width = Math.max(2, (value / largest) * (WIDTH - LEFT - 90))
      const ours = name.includes('session-kit') ? ' class="ours"' : ''
      return [
        `  <text x="${LEFT - 12}" y="${y + 17}" text-anchor="end"${ours}>${plain(name)}</text>`,
        `  <rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="24" rx="3"${ours}/>`,
        `  <text x="${(LEFT + width + 8).toFixed(1)}" y="${y + 17}"${ours}>${value.toFixed(0)} µs</text>`,
      ].join('\n')
    })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${title}">
  <title>${title}</title>
  <style>
    text { font: 14px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328; }
    .title, text.ours { font-weight: 600; }
    rect { fill: #8c959f; }
    rect.ours { fill: #0969da; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      rect { fill: #6e7681; }
      rect.ours { fill: #4493f8; }
    }
  </style>
  <text class="title" x="12" y="28">${title}</text>
${rows.join('\n')}
</svg>
`
}

/** A name without its Markdown. */
function plain(name: string): string {
  return name.replace(/[*`]/g, '')
}
