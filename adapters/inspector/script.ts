import { Html } from './html.ts'

/**
 * The page's script. Without it times are in UTC and stand still, and the page does not look again
 * by itself.
 */
export const script: Html = new Html(`
const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']]

function duration(ms) {
  let seconds = Math.round(ms / 1000)
  const first = units.findIndex(([unit]) => seconds >= unit)
  if (first < 0) return '0 s'
  const words = []
  for (const [unit, word] of units.slice(first, first + 2)) {
    const count = Math.floor(seconds / unit)
    seconds -= count * unit
    if (count) words.push(count + ' ' + word)
  }
  return words.join(' ')
}

function tick() {
  for (const time of document.querySelectorAll('[data-relative]')) {
    const away = Date.parse(time.dateTime) - Date.now()
    const words = duration(Math.abs(away))
    time.textContent = Math.abs(away) < 1000 ? 'now' : away < 0 ? words + ' ago' : 'in ' + words
  }
}

for (const time of document.querySelectorAll('[data-clock]')) {
  const date = new Date(time.dateTime)
  const isToday = date.toDateString() === new Date().toDateString()
  const isShort = isToday || time.dataset.clock === 'short'
  const day = { dateStyle: 'medium', timeStyle: 'short' }
  time.textContent = isShort ? date.toLocaleTimeString() : date.toLocaleString(undefined, day)
}
tick()
setInterval(tick, 1000)

// Whoever comes back from the application sees what has happened there; not in the middle of typing.
document.addEventListener('visibilitychange', () => {
  const isTyping = document.activeElement instanceof HTMLInputElement
  if (document.visibilityState === 'visible' && !isTyping) location.replace(location.href)
})
`)
