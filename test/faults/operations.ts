import type { StoreMethod } from '../../adapters/testing.ts'

/** What an application does with a store, and the call that is hit. */
export interface Operation {
  path: string
  /** Of a store that compares, and of one of three methods. */
  hit: { exact: StoreMethod; plain: StoreMethod }
  /** Which call of that method in the request, from 1. */
  nth?: { exact: number; plain: number }
  rolling?: boolean
  /** Whether the visitor has no session before. */
  isFirst?: boolean
  /** The most calls that a request may come to. */
  most: number
}

export const operations: Record<string, Operation> = {
  read: { path: '/read', hit: { exact: 'get', plain: 'get' }, most: 1 },
  create: { path: '/in', hit: { exact: 'compareAndSet', plain: 'set' }, isFirst: true, most: 2 },
  change: { path: '/count', hit: { exact: 'compareAndSet', plain: 'set' }, most: 4 },
  'let live on': { path: '/read', hit: { exact: 'touch', plain: 'set' }, rolling: true, most: 2 },
  end: { path: '/out', hit: { exact: 'destroy', plain: 'destroy' }, most: 2 },
  'store under a new id': {
    path: '/move',
    hit: { exact: 'compareAndSet', plain: 'set' },
    most: 8,
  },
  'give up the old id': {
    path: '/move',
    hit: { exact: 'compareAndSet', plain: 'destroy' },
    nth: { exact: 2, plain: 1 },
    most: 8,
  },
}
