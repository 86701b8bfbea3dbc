module.exports = ({ router, controller }) => {
  router.get('/', controller.home.index)
  router.post('/login', controller.home.login)
  router.post('/logout', controller.home.logout)
}
