import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { type DomainEvent } from '@eventmill/core'
import { eventStoreConformance } from '@eventmill/store-conformance'
import type pg from 'pg'
import { PostgresStore } from '@eventmill/store-postgres'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop())

let schemas = 0

eventStoreConformance({
  describe,
  it,
  name: 'PostgresStore on a server',
  fixture: async () => {
    const schema = `rule "${++schemas}" of 'many'`
    const pool = server.pool({ max: 50 })
    const pools = [pool]
    const stores: PostgresStore[] = []
    const connect = (client: pg.Pool) => {
      const store = new PostgresStore({ client, schema })
      stores.push(store)
      return Promise.resolve(store)
    }
    await (await connect(pool)).migrate()
    return {
      connect: () => connect(pool),
      connectElsewhere: () => {
        const client = server.pool({ max: 2 })
        pools.push(client)
        return connect(client)
      },
      rawEvents: async () => {
        const name = `"${schema.replaceAll('"', '""')}"`
        const { rows } = await pool.query<{ event: DomainEvent }>(
          `select json_build_object('position', e.position, 'aggregateType', s.aggregate_type, 'aggregateId', s.aggregate_id,
             'sequence', e.sequence, 'id', e.id, 'source', t.source, 'type', t.name, 'version', t.version,
             'data', e.data, 'metadata', coalesce(e.metadata, '{}'),
             'time', to_char(e.time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as event
           from ${name}.events e join ${name}.streams s using (stream) join ${name}.types t using (type)
           order by e.position`,
        )
        return rows.map(({ event }) => event)
      },
      openBystander: async () => {
        const client = await pool.connect()
        await client.query(
          'begin; create table bystander_of_many (n integer); insert into bystander_of_many values (1)',
        )
        return async () => {
          await client.query('rollback')
          client.release()
        }
      },
      dispose: async () => {
        // A store that listens holds a connection of its pool.
        for (const store of stores) await store.close()
        for (const each of pools) await each.end()
      },
    }
  },
  declined: {
    faults: 'its connections cannot be broken by these tests yet',
    stalls: 'its appends cannot be stopped by these tests yet',
    clock: 'its clock is that of the server',
  },
})
