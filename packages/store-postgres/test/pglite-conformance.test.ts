import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { PostgresStore } from '@eventmill/store-postgres'

let client: PGlite
beforeAll(async () => {
  client = await PGlite.create()
}, 60_000)
afterAll(() => client.close())

let schemas = 0

eventStoreConformance({
  describe,
  it,
  name: 'PostgresStore on PGlite',
  fixture: async () => {
    const schema = `rule_${++schemas}`
    await new PostgresStore({ client, schema }).migrate()
    return { connect: () => Promise.resolve(new PostgresStore({ client, schema })) }
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
