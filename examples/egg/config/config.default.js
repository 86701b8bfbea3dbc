const { randomBytes } = require('node:crypto')

exports.keys = process.env.SESSION_SECRET ?? randomBytes(32).toString('base64')
exports.session = { renew: true, maxAge: 3_600_000 }
exports.security = { csrf: { useSession: true } }
