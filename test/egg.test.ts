import './egg/own/zz.ts'
