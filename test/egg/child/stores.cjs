'use strict'

const { storeCall } = require('./record.cjs')

const records = new Map()

/** The records as text, so that a store never shares an object with the library. */
exports.records = records

const read = (key) => {
  const text = records.get(key)
  return text === undefined ? undefined : JSON.parse(text)
}

const object = {
  async get(key, maxAge, options) {
    storeCall('get', key, { maxAge, options })
    return read(key)
  },
  async set(key, record, maxAge, options) {
    storeCall('set', key, { record, maxAge, options })
    records.set(key, JSON.stringify(record))
  },
  async destroy(key, options) {
    storeCall('destroy', key, { options })
    records.delete(key)
  },
}

class Store {
  constructor(given) {
    storeCall('new', typeof given?.config, {})
  }

  get(key, maxAge, options) {
    return object.get(key, maxAge, options)
  }

  set(key, record, maxAge, options) {
    return object.set(key, record, maxAge, options)
  }

  destroy(key, options) {
    return object.destroy(key, options)
  }
}

/** Each call gives a fresh store of that kind, over the same records. */
const kinds = {
  none: () => null,
  object: () => ({ ...object }),
  class: () => Store,
  instance: () => new Store({ config: {} }),
  synchronous: () => ({
    get(key, maxAge, options) {
      storeCall('get', key, { maxAge, options })
      return read(key)
    },
    set(key, record, maxAge, options) {
      storeCall('set', key, { record, maxAge, options })
      records.set(key, JSON.stringify(record))
    },
    destroy(key, options) {
      storeCall('destroy', key, { options })
      records.delete(key)
    },
  }),
  generator: () => ({
    *get(key, maxAge, options) {
      return yield object.get(key, maxAge, options)
    },
    *set(key, record, maxAge, options) {
      yield object.set(key, record, maxAge, options)
    },
    *destroy(key, options) {
      yield object.destroy(key, options)
    },
  }),
  failing: (call) => ({ ...object, [call]: () => Promise.reject(new Error(`${call} is down`)) }),
  lacking: (call) => ({ ...object, [call]: undefined }),
  // Keeps the very object it was given, as an in-process cache would.
  sharing: () => {
    const kept = new Map()
    return {
      get: async (key) => kept.get(key),
      set: async (key, record) => void kept.set(key, record),
      destroy: async (key) => void kept.delete(key),
      kept,
    }
  },
}

exports.createStore = (kind, detail) => kinds[kind](detail)
