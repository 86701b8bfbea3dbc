// Starts the application in a folder with the Egg that is installed above it.
const { createServer } = require('node:http')
const { createRequire } = require('node:module')
const path = require('node:path')

const [, , baseDir] = process.argv

async function serve() {
  const { start } = createRequire(path.join(baseDir, 'package.json'))('egg')
  const app = await start({ baseDir, mode: 'single', env: 'prod' })
  createServer(app.callback()).listen(Number(process.env.PORT), '127.0.0.1')
}

void serve()
