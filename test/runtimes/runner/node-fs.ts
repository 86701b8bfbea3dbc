/** For what reports are written with by `npm run fuzz` alone. */
export const appendFileSync = undefined
