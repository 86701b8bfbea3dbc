type Data = Record<string, any>

/** What is used of each library, by the name that it is imported by. Types name only what is used. */
export interface Peers {
  jose: {
    CompactEncrypt: new (text: Uint8Array) => {
      setProtectedHeader(header: Data): { encrypt(key: CryptoKey): Promise<string> }
    }
    compactDecrypt(jwe: string, key: CryptoKey): Promise<{ plaintext: Uint8Array }>
  }
  'iron-session': {
    sealData(data: Data, options: { password: string }): Promise<string>
    unsealData(seal: string, options: { password: string }): Promise<Data>
    getIronSession(
      request: Request,
      response: Response,
      options: { cookieName: string; password: string },
    ): Promise<Data & { save(): Promise<void> }>
  }
  '@hono/session': { useSession(options: Data): any; useSessionStorage(storage: object): any }
  '@hono/session/cookies': {
    createEncryptionKey(secret: string): Promise<Uint8Array>
    jweEncrypt(data: Data, key: Uint8Array, duration: Data): Promise<{ jwe: string }>
    jweDecrypt(jwe: string, key: Uint8Array): Promise<{ payload: Data }>
  }
  'hono-sessions': {
    CookieStore: new () => object
    sessionMiddleware(options: Data): any
    encrypt(password: string, text: string): Promise<string>
    decrypt(password: string, sealed: string): Promise<string>
  }
  '@eggjs/cookies': {
    Cookies: new (
      ctx: Data,
      keys: string[],
    ) => {
      get(name: string, options: Data): string | undefined
      set(name: string, value: string, options: Data): void
    }
  }
  '@fastify/secure-session': { default: unknown }
  fastify: {
    fastify(): {
      register(plugin: unknown, options: Data): void
      ready(): Promise<void>
      createSecureSession(data: Data): unknown
      encodeSecureSession(session: unknown): string
      decodeSecureSession(sealed: string): { data(): Data }
    }
  }
  'next-auth/jwt': {
    encode(options: { token: Data; secret: string }): Promise<string>
    decode(options: { token: string; secret: string }): Promise<Data>
  }
}

/** Imports a library. */
export type ImportPeer = <name extends keyof Peers>(name: name) => Promise<Peers[name]>
