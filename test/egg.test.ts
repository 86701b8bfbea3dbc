import './egg/own/redis.ts'
