import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { inline } from '@eventmill/projections-postgres'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { PostgresStore } from '@eventmill/store-postgres'

let pglite: PGlite
beforeAll(async () => {
  pglite = await PGlite.create()
}, 60_000)
afterAll(() => pglite.close())

let stores = 0
eventStoreConformance({
  describe,
  it,
  name: 'a PostgresStore with inline projections on PGlite',
  fixture: async () => {
    const schema = `rule_${++stores}`
    await new PostgresStore({ client: pglite, schema }).migrate()
    return {
      connect: async () =>
        inline(new PostgresStore({ client: pglite, schema }), { client: pglite, projections: [] }),
    }
  },
  declined: {
    rawEvents: 'there is one connection to it, which is that of the store',
    faults: 'there is no connection to break',
    stalls: 'there is one connection to it',
    clock: 'its clock is that of the process',
    bystander: 'it has one connection, so that nobody stands by',
    elsewhere: 'it lives in one process',
  },
})
