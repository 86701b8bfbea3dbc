'use strict'

const http = require('node:http')
const { createOrders } = require('./support.cjs')

/** Starts the application in this process and takes orders from the test. */
exports.serve = async (egg, baseDir) => {
  const fail = (error) => {
    process.send({ failed: String(error?.message ?? error), code: error?.code }, () =>
      process.exit(1),
    )
  }
  process.on('uncaughtException', fail)
  process.on('disconnect', () => process.exit(0))

  try {
    const app = await egg.start({ baseDir, mode: 'single' })
    const server = http.createServer(app.callback())
    app.emit('server', server)
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    process.on('message', takeOrders(app))
    process.removeListener('uncaughtException', fail)
    process.on('uncaughtException', (error) => app.coreLogger.error(error))
    process.send({ port: server.address().port })
  } catch (error) {
    fail(error)
  }
}

function takeOrders(app) {
  const orders = createOrders(app)
  return async ({ id, order, given }) => {
    if (order === 'stop') return stop(app)
    try {
      process.send({ id, value: await orders[order](given ?? {}) })
    } catch (error) {
      process.send({ id, error: `${error.name}: ${error.message}` })
    }
  }
}

async function stop(app) {
  await app.close?.()
  process.exit(0)
}

/** Starts master, agent and workers; the master tells that they are ready and nothing else. */
exports.serveCluster = (egg, baseDir) => {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  const port = Number(process.env.FIXTURE_PORT)
  const workers = Number(process.env.FIXTURE_WORKERS)
  const ready = () => process.send({ port })
  // Egg 3 calls back, Egg 4 gives a promise.
  const started = egg.startCluster({ baseDir, workers, port }, ready)
  started?.then(ready, (error) => process.send({ failed: String(error?.message ?? error) }))
}
