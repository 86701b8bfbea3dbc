// All that an application changes: `true` would mean Egg's own plugin.
exports.session = { enable: true, package: 'session-kit/egg' }
