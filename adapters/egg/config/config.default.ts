/** What egg-session has by default. */
const config: { session: Record<string, unknown> } = {
  session: {
    maxAge: 24 * 3600 * 1000,
    key: 'EGG_SESS',
    httpOnly: true,
    encrypt: true,
    logValue: true,
  },
}

export default config
export { config as 'module.exports' }
