import { startRedis } from './fixtures/redis-server.ts'

/** Starts what the tests need of the system, and ends it after them. */
export default async function setUp(): Promise<() => Promise<void>> {
  const redis = await startRedis()
  process.env['REDIS_URL'] = redis.url
  return () => redis.stop()
}
