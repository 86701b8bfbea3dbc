'use strict'

// Loaded before the host, so that everything in this process sees one clock: `Date.now()` stands
// still at the given time until it is moved. Timers run on.

const realNow = Date.now
let now = Number(process.env.FIXTURE_CLOCK) || undefined

Date.now = () => now ?? realNow()

exports.set = (time) => {
  now = time
}
