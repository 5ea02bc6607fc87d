import { describe, it } from '@jest/globals'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { InMemoryStore } from '@eventmill/store-memory'

let now: number | undefined

eventStoreConformance({
  describe,
  it,
  name: 'InMemoryStore',
  fixture: () => {
    const store = new InMemoryStore({ clock: () => now ?? Date.now() })
    now = undefined
    return {
      connect: () => Promise.resolve(store),
      setClock: (time) => {
        now = time
      },
    }
  },
  declined: {
    reopen: 'its events are gone with the process',
    rawEvents: 'it is its own backing store',
    faults: 'there is no connection to break',
    stalls: 'its appends are one step',
    bystander: 'it knows no transactions but its own',
    elsewhere: 'it lives in one process',
  },
})
