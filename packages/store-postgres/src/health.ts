import { type Position } from '@eventmill/core'
import { type OwnDatabase, type PoolLoad, statement } from './database/database.ts'
import { type Load } from './group-commit.ts'
import { type Reader } from './push.ts'
import { quoted } from './schema/migrate.ts'

/** How a store does. */
export interface Health {
  /** The position up to which the log can be read. */
  readonly head: Position
  /** The last event that is stored. Beyond the head while an older append is in flight. */
  readonly newest: Position
  /** Who holds back the head: the oldest append in flight. `undefined` where nobody does. */
  readonly horizon: HorizonHolder | undefined
  /** The appends of this store. */
  readonly appends: Load
  /** The reads of streams by this store. */
  readonly loads: Load
  /** `undefined` where there is no pool. */
  readonly pool: PoolLoad | undefined
  /** Whether readers that wait hear of appends, or have to ask. Those who wait for nothing are `'polling'`. */
  readonly push: 'listening' | 'polling'
  /** Who waits for the head to grow, and why. */
  readonly readers: readonly Reader[]
}

/** The oldest append in flight. */
export interface HorizonHolder {
  /** Nothing beyond it can be read. */
  readonly position: Position
  /** The process of the server, for `pg_terminate_backend`; `undefined` for a prepared transaction. */
  readonly pid: number | undefined
  /** When its transaction began. */
  readonly since: Date | undefined
  /** Such as `active`, or `idle in transaction`, where somebody has forgotten to commit. */
  readonly state: string | undefined
  /** The `application_name` of its connection. */
  readonly application: string | undefined
}

/** Who holds back the head, if anybody does. */
export async function horizonOf(database: OwnDatabase, schema: string): Promise<HorizonHolder | undefined> {
  const name = quoted(schema)
  const rows = await database.query(
    statement(
      `with last as materialized (select ${name}.last_position() as last)
       select f.key, f.pid, (extract(epoch from a.xact_start) * 1000)::bigint, a.state, a.application_name
       from last, ${name}.in_flight(last) f left join pg_stat_activity a on a.pid = f.pid
       order by f.key limit 1`,
    ),
  )
  const [row] = rows
  if (row === undefined) return undefined
  const [position, pid, since, state, application] = row
  return {
    position: Number(position),
    pid: pid == null ? undefined : Number(pid),
    since: since == null ? undefined : new Date(Number(since)),
    state: state ?? undefined,
    application: application ?? undefined,
  }
}
