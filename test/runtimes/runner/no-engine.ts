/** In place of the engine of Node, where there is none. */
export const engine = undefined
export const answersAtOnce = undefined
