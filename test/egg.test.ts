import './egg/own/beside-stock.ts'
import './egg/own/sessions.ts'
