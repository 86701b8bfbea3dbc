import './egg/own/beside-stock.ts'
import './egg/own/credentials.ts'
import './egg/own/logs.ts'
import './egg/own/sessions.ts'
