/** What `durable-object.ts` needs of the runtime, without its types, which clash with the DOM's. */
declare module 'cloudflare:workers' {
  interface DurableObjectStorage {
    readonly sql: {
      exec(query: string, ...bindings: (string | number)[]): { toArray(): unknown[] }
    }
    setAlarm(time: number): Promise<void>
    deleteAlarm(): Promise<void>
    deleteAll(): Promise<void>
  }

  interface DurableObjectState {
    readonly storage: DurableObjectStorage
  }

  abstract class DurableObject<Env = unknown> {
    protected readonly ctx: DurableObjectState
    protected readonly env: Env
    constructor(ctx: DurableObjectState, env: Env)
  }
}
