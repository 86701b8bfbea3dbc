'use strict'

const { format } = require('node:util')

/** What happened in the application since the last look. */
const seen = { store: [], logs: [], events: [] }

exports.take = () => {
  const taken = { store: seen.store, logs: seen.logs, events: seen.events }
  Object.assign(seen, { store: [], logs: [], events: [] })
  return taken
}

/** A copy that keeps what JSON would lose, as text. */
exports.copy = copy
function copy(value) {
  if (value === undefined) return '(undefined)'
  if (typeof value === 'function') return '(function)'
  if (typeof value === 'number' && !Number.isFinite(value)) return `(${value})`
  const text = JSON.stringify(value)
  return text === undefined ? `(${typeof value})` : JSON.parse(text)
}

exports.storeCall = (call, key, given) => {
  const entry = { call, key: copy(key) }
  if ('record' in given) entry.record = copy(given.record)
  if ('maxAge' in given) entry.maxAge = copy(given.maxAge)
  entry.options = Object.entries(given.options ?? {})
    .map(([name, value]) => (name === 'ctx' ? 'ctx' : `${name}=${Boolean(value)}`))
    .toSorted()
    .join(' ')
  seen.store.push(entry)
}

exports.event = (event, data) => {
  const { ctx, ...rest } = data
  seen.events.push({ event, ...copy(rest), ctx: Boolean(ctx) })
}

/**
 * Puts a transport into every logger, which keeps warnings, errors and what sessions say. The
 * error logger gets what the others got already.
 */
exports.listen = (loggers) => {
  for (const [name, logger] of loggers) {
    if (name !== 'errorLogger') logger.set('fixture', createTransport(name))
  }
}

function createTransport(logger) {
  const nothing = () => {}
  return {
    enabled: true,
    shouldLog: () => true,
    log(level, args) {
      const text =
        args[0] instanceof Error ? `${args[0].name}: ${args[0].message}` : format(...args)
      if (level !== 'WARN' && level !== 'ERROR' && !/\[[^\]]*session[^\]]*\]/.test(text)) return
      seen.logs.push({ logger, level, text })
    },
    enable: nothing,
    disable: nothing,
    flush: nothing,
    reload: nothing,
    close: nothing,
    end: nothing,
  }
}
