import './koa/sealed.ts'
import './koa/loading.ts'
