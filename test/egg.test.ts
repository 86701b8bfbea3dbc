// What the Egg plugin does beyond the stock one; what they have in common is in egg-parity.test.ts.
import './egg/own/credentials.ts'
import './egg/own/logs.ts'
import './egg/own/beside-stock.ts'
import './egg/own/sessions.ts'
import './egg/own/options.ts'
import './egg/own/jose.ts'
import './egg/own/redis.ts'
import './egg/own/types.ts'
