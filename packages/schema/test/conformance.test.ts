import { describe, it } from '@jest/globals'
import { guard } from '@eventmill/schema'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { InMemoryStore } from '@eventmill/store-memory'

eventStoreConformance({
  describe,
  it,
  name: 'a guarded InMemoryStore',
  fixture: () => {
    const store = guard(new InMemoryStore(), [], { unknown: 'pass' })
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
})
