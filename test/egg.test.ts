import './egg/own/credentials.ts'
import './egg/own/logs.ts'
