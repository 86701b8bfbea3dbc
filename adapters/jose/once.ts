/**
 * Makes a thing when it is first asked for, and keeps it; what fails is made anew. What is kept is
 * the value: in Workers, a promise belongs to the request that made it.
 */
export function once<value>(make: () => Promise<value>): () => Promise<value> {
  let made: { value: value } | undefined
  return async () => {
    made ??= { value: await make() }
    return made.value
  }
}
