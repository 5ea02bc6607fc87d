import { type DomainEvent, type EventStore } from '@eventmill/core'
import { type Faults, type Fixture } from '@eventmill/store-conformance'
import { PostgresStore } from '@eventmill/store-postgres'
import type pg from 'pg'
import { type PostgresServer } from './postgres-server.ts'
import { type PostgresProxy, startProxy } from './proxy.ts'
import { serverClock } from './server-clock.ts'
import { stallsIn } from './stalls.ts'

/** A handle with connections of its own, which go through a proxy of its own. */
interface Handle {
  readonly store: EventStore
  readonly pool: pg.Pool
  readonly proxy: PostgresProxy
  readonly applicationName: string
}

/** Every back door is offered. */
export type PostgresFixture = Required<Fixture> & { readonly faults: Faults }

/** In milliseconds: some rules wait until a store gives up. */
const TIMEOUTS = { operation: 4_000, statement: 2_000 }

/** A store in a schema of its own on a server, with every back door; its handles may go through a pooler. */
export async function postgresFixture(
  server: PostgresServer,
  schema: string,
  pooler?: { readonly host: string; readonly port: number },
): Promise<PostgresFixture> {
  const name = `"${schema.replaceAll('"', '""')}"`
  /** Past every handle and proxy. */
  const pool = server.pool({ application_name: schema, max: 40 })
  await new PostgresStore({ client: pool, schema }).migrate()

  const handles = new Map<EventStore, Handle>()
  const handleOf = (store: EventStore): Handle => {
    const handle = handles.get(store)
    if (handle === undefined) throw new Error('the store is no handle of this fixture')
    return handle
  }
  const open = async (): Promise<EventStore> => {
    const proxy = await startProxy(pooler ?? server)
    const applicationName = `${schema}, handle ${handles.size + 1}`
    const client = server.pool({
      host: '127.0.0.1',
      port: proxy.port,
      application_name: applicationName,
      max: 5,
      // Handles come and go, and the connections of a server are counted.
      idleTimeoutMillis: 1_000,
    })
    const store = new PostgresStore({ client, schema, prepare: pooler === undefined, timeouts: TIMEOUTS })
    handles.set(store, { store, pool: client, proxy, applicationName })
    return store
  }
  const faults: Faults = {
    cut: (store, when, attempts) => {
      handleOf(store).proxy.appends.cut(when, attempts)
    },
    holdUp: (store) => handleOf(store).proxy.appends.holdUp(),
    deliverLate: (store) => handleOf(store).proxy.appends.deliverLate(),
    crash: (store) => handleOf(store).proxy.close(),
  }

  /** What a rule may have left undone when it failed. */
  const endings: (() => Promise<void>)[] = []
  const stallNext = stallsIn(name, pool)

  return {
    connect: open,
    connectElsewhere: open,
    faults,
    stall: async (store) => {
      const hold = await stallNext(handleOf(store).applicationName)
      endings.push(() => hold.release())
      return hold
    },
    setClock: serverClock(name, pool),
    rawEvents: () => rawEvents(name, pool),
    openBystander: async () => {
      const end = await openBystander(pool)
      endings.push(end)
      return end
    },
    dispose: async () => {
      const all = [...handles.values()]
      await Promise.all([...all.map(({ proxy }) => proxy.appends.end()), ...endings.map((end) => end())])
      await Promise.all(all.map(({ store }) => store.close()))
      await Promise.all(all.map((handle) => handle.pool.end()))
      await Promise.all(all.map(({ proxy }) => proxy.close()))
      await pool.query(`drop schema ${name} cascade`)
      await pool.end()
    },
  }
}

async function rawEvents(schema: string, pool: pg.Pool): Promise<readonly DomainEvent[]> {
  const { rows } = await pool.query<{ event: DomainEvent }>(
    `select json_build_object('position', e.position, 'aggregateType', e.aggregate_type, 'aggregateId', e.aggregate_id,
       'sequence', e.sequence, 'id', e.id, 'source', e.source, 'type', e.type, 'version', e.version,
       'data', e.data, 'metadata', coalesce(e.metadata, '{}')::jsonb || jsonb_strip_nulls(
         jsonb_build_object('correlationId', e.correlation_id, 'causationId', e.causation_id)),
       'time', to_char(e.time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as event
     from ${schema}.event_log e order by e.position`,
  )
  return rows.map(({ event }) => event)
}

/** A transaction that has written, in the same database, and knows nothing of events. */
async function openBystander(pool: pg.Pool): Promise<() => Promise<void>> {
  const client = await pool.connect()
  await client.query(
    'begin; create table bystander_of_many (n integer); insert into bystander_of_many values (1)',
  )
  let ended: Promise<void> | undefined
  const end = async () => {
    await client.query('rollback')
    client.release()
  }
  return () => (ended ??= end())
}
