import { PGlite } from '@electric-sql/pglite'
import { Projections } from '@eventmill/projections'
import { PostgresProjectionStore, type SqlClient } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import { sold1 } from './sold.ts'

/** How a service does, in the text format of Prometheus. */
async function metrics(store: PostgresStore, projections: Projections<SqlClient>): Promise<string> {
  const { head, newest, appends, horizon } = await store.health()
  const held = horizon?.since === undefined ? 0 : (Date.now() - horizon.since.getTime()) / 1_000
  const lines = [
    `eventmill_positions_not_readable ${newest - head}`,
    `eventmill_horizon_held_seconds ${held}`,
    `eventmill_appends_waiting ${appends.waiting}`,
  ]
  for (const { name, version, state, lag, parked } of await projections.status()) {
    const labels = `{projection="${name}",version="${version}"}`
    lines.push(
      `eventmill_projection_lag_seconds${labels} ${lag.milliseconds / 1_000}`,
      `eventmill_projection_parked${labels} ${parked}`,
      `eventmill_projection_retrying${labels} ${state === 'retrying' ? 1 : 0}`,
      `eventmill_projection_failed${labels} ${state === 'failed' ? 1 : 0}`,
    )
  }
  return lines.map((line) => `${line}\n`).join('')
}

const client = await PGlite.create()
const store = new PostgresStore({ client })
const readSide = new PostgresProjectionStore({ client })
await store.migrate()
await readSide.migrate()
const projections = new Projections(store, { into: readSide, projections: [sold1] })
await projections.start()
console.log(await metrics(store, projections))
await projections.stop()
await store.close()
await client.close()
