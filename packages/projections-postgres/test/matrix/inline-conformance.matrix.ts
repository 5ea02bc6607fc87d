import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { inline } from '@eventmill/projections-postgres'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { PostgresStore } from '@eventmill/store-postgres'
import type pg from 'pg'
import { type PostgresServer, startPostgres } from '../../../store-postgres/test/postgres-server.ts'

let server: PostgresServer
let client: pg.Pool
beforeAll(async () => {
  server = await startPostgres()
  client = server.pool({ max: 10 })
}, 60_000)
afterAll(() => server.stop(), 60_000)

const WITHOUT = 'the store that is wrapped is tested with it'
let schemas = 0

eventStoreConformance({
  describe,
  it,
  name: 'a PostgresStore with inline projections',
  fixture: async () => {
    const schema = `rule_${++schemas}`
    await new PostgresStore({ client, schema }).migrate()
    return {
      connect: async () => inline(new PostgresStore({ client, schema }), { client, projections: [] }),
    }
  },
  declined: {
    rawEvents: WITHOUT,
    faults: WITHOUT,
    stalls: WITHOUT,
    clock: WITHOUT,
    bystander: WITHOUT,
    elsewhere: WITHOUT,
  },
})
