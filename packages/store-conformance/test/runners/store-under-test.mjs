import process from 'node:process'
import { InMemoryStore } from '@eventmill/store-memory'

/** A store that takes 'exists' for 'any', if it is told to be wrong. */
class Store extends InMemoryStore {
  append(appends, options) {
    if (process.env.STORE !== 'wrong') return super.append(appends, options)
    const lenient = appends.map((append) =>
      append.expected === 'exists' ? { ...append, expected: 'any' } : append,
    )
    return super.append(lenient, options)
  }
}

export const storeUnderTest = {
  name: 'Store',
  fixture: () => {
    const store = new Store()
    return { connect: () => Promise.resolve(store) }
  },
  declined: {
    reopen: 'its events are gone with the process',
    rawEvents: 'it is its own backing store',
    faults: 'there is no connection to break',
    stalls: 'its appends are one step',
    bystander: 'it knows no transactions but its own',
    elsewhere: 'it lives in one process',
    clock: 'its clock is that of the process',
  },
}
