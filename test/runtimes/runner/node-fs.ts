/** For what a few tests take of Node and nothing stands in for: they are left out. */
export const appendFileSync = undefined
export const deflateRawSync = undefined
