/** Where sessions are kept. */
export type Place = 'cookie' | 'redis' | 'documented' | 'kv' | 'upstash' | 'object'

/** The edge's configuration, as a request brings it. */
export interface How {
  place: Place
  /** The origin's address. */
  origin: string
  options: { secrets: string[]; [option: string]: unknown }
}
