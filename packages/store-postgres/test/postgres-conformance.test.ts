import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { type DomainEvent } from '@eventmill/core'
import { eventStoreConformance } from '@eventmill/store-conformance'
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
    const pool = server.pool({ max: 20 })
    const pools = [pool]
    await new PostgresStore({ client: pool, schema }).migrate()
    return {
      connect: () => Promise.resolve(new PostgresStore({ client: pool, schema })),
      connectElsewhere: () => {
        const client = server.pool({ max: 2 })
        pools.push(client)
        return Promise.resolve(new PostgresStore({ client, schema }))
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
        for (const each of pools) await each.end()
      },
    }
  },
  declined: {
    push: 'its readers poll',
    faults: 'its connections cannot be broken by these tests yet',
    stalls: 'its appends cannot be stopped by these tests yet',
    clock: 'its clock is that of the server',
  },
})
