import { hasCode, type Position } from '@eventmill/core'
import {
  checkKeys,
  checkMilliseconds,
  checkName,
  invalidArgument,
  isPassing,
  pause,
} from '@eventmill/core/adapter'
import {
  type Claim,
  type ParkedEvent,
  type ProjectionStore,
  type ProjectionTransaction,
  type SwitchGoal,
  type SwitchOutcome,
  type VersionHooks,
  type VersionId,
  type VersionState,
} from '@eventmill/projections'
import {
  checkNotDropped,
  checkPartitions,
  claimLost,
  hasOthers,
  isLost,
  stillRuns,
  stillServes,
} from '@eventmill/projections/adapter'
import { claimPartitions } from './claims.ts'
import { type Pglite, type PgPool, type SqlClient } from './client.ts'
import { park, parkedStreams } from './parked-events.ts'
import { checkVersion, migrate, quoted } from './schema/migrate.ts'
import { type Transactions, transactionsOf } from './transactions.ts'
import { type Turns, turnsOf } from './turns.ts'

/** Which database the tables are in, and how it is used. */
export interface PostgresProjectionStoreOptions {
  /** Your own `pg.Pool`, or a `PGlite`. It stays yours. */
  readonly client: PgPool | Pglite
  /** The schema in which the tables are. Default `'eventmill_projections'`. */
  readonly schema?: string | undefined
  /**
   * In milliseconds: a process that pauses for so long within a transaction loses it, so that another one can take over.
   * Handlers that wait for something else than the database must be faster. Default 10,000.
   */
  readonly idleTimeout?: number | undefined
}

/** In milliseconds: so long the version that serves may be held, at most, until a new one has got to where it is. */
const SWITCH = 1_000
/** In positions: what is further behind does not get there within that time. */
const NEAR = 500

/**
 * Projections into PostgreSQL 15 or newer, on a server or embedded: exactly once for what handlers write with the client
 * that they are given, since the checkpoint moves in the same transaction.
 */
export class PostgresProjectionStore implements ProjectionStore<SqlClient> {
  readonly undoes = true
  readonly #transactions: Transactions
  /** Handlers leave connections to whatever else they need: what they dispatch, say, takes others of the same pool. */
  readonly #turns: Turns
  readonly #name: string
  readonly #schema: string

  constructor(options: PostgresProjectionStoreOptions) {
    checkKeys(options, OPTIONS, 'options')
    const { client, schema = 'eventmill_projections', idleTimeout = 10_000 } = options
    checkSchema(schema)
    checkMilliseconds(idleTimeout, 1, 'options.idleTimeout')
    this.#transactions = transactionsOf(client, idleTimeout)
    this.#turns = turnsOf(client)
    this.#name = schema
    this.#schema = quoted(schema)
  }

  /** Makes the tables, or brings them to what this release needs. Any number of processes may do so at once. */
  migrate(): Promise<void> {
    return migrate(this.#transactions, this.#name)
  }

  prepare(
    version: VersionId,
    positions: readonly Position[],
    { create, serve }: VersionHooks<SqlClient>,
  ): Promise<void> {
    return this.#transactions.run(async (client) => {
      await checkVersion(client, this.#name)
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
        `eventmill projection ${this.#name} ${version.name}`,
      ])
      const values = [version.name, version.version]
      const found = await client.query(
        `select count(*)::text as count from ${this.#schema}.checkpoints where (name, version) = ($1, $2)`,
        values,
      )
      const count = Number((found.rows[0] as { readonly count: string }).count)
      if (count > 0) {
        checkPartitions(version, count, positions.length)
        return
      }
      checkNotDropped(version, await this.#serving(client, version.name))
      await create(client)
      await client.query(
        `insert into ${this.#schema}.checkpoints (name, version, partition, position)
         select $1, $2, ordinality - 1, position from unnest($3::bigint[]) with ordinality as start (position)`,
        [...values, positions],
      )
      const first = await client.query(
        `insert into ${this.#schema}.serving (name, version) values ($1, $2) on conflict (name) do nothing returning true`,
        values,
      )
      if (first.rows.length > 0) await serve(client)
      await client.query(`delete from ${this.#schema}.runners where alive_until < now() - interval '1 day'`)
    })
  }

  claim(runner: string, versions: readonly VersionId[], lease: number): Promise<readonly Claim[]> {
    return claimPartitions(this.#transactions, this.#schema, runner, versions, lease)
  }

  async leave(runner: string, version?: VersionId): Promise<void> {
    await this.#transactions.query(
      `with left_to_others as (
         update ${this.#schema}.checkpoints set owner = null
         where owner = $1 and ($2::text is null or (name, version) = ($2, $3::int))
       )
       delete from ${this.#schema}.runners
       where runner = $1 and ($2::text is null or (name, version) = ($2, $3::int))`,
      [runner, version?.name, version?.version],
    )
  }

  commit(
    claim: Claim,
    position: Position,
    work: (transaction: ProjectionTransaction<SqlClient>) => Promise<void>,
  ): Promise<void> {
    const { name, version, partition, epoch } = claim
    const handled = async (client: SqlClient) => {
      await work({
        target: client,
        parkedStreams: (streams) => parkedStreams(client, this.#schema, claim, streams),
        park: (event, error) => park(client, this.#schema, claim, event, error),
      })
      // At the end: a handler that takes long keeps nobody from taking over.
      const { rows } = await client.query(
        `update ${this.#schema}.checkpoints set position = $1, moved_at = now()
         where (name, version, partition, epoch, position) = ($2, $3, $4, $5, $6)
         returning true`,
        [position, name, version, partition, epoch, claim.position],
      )
      if (rows.length === 0) throw claimLost(claim)
    }
    const done = this.#turns.take(() => this.#transactions.run(handled))
    return done.catch(async (error: unknown) => {
      // A handler that writes anew what is there already, as after a lost answer, has not failed.
      if (!isPassing(error) && !hasCode(error, 'CLAIM_LOST') && !(await this.#isHeld(claim))) {
        throw claimLost(claim)
      }
      throw error
    })
  }

  async #isHeld({ name, version, partition, epoch, position }: Claim): Promise<boolean> {
    const rows = await this.#transactions.query(
      `select from ${this.#schema}.checkpoints
       where (name, version, partition, epoch, position) = ($1, $2, $3, $4, $5)`,
      [name, version, partition, epoch, position],
    )
    return rows.length > 0
  }

  async states(names: readonly string[]): Promise<readonly VersionState[]> {
    // As one text: a user's pool may parse types in ways of its own.
    const rows = await this.#transactions.query(
      `select json_build_object(
         'name', name, 'version', version,
         'serving', exists (select from ${this.#schema}.serving s where (s.name, s.version) = (c.name, c.version)),
         'parked', (select count(*) from ${this.#schema}.parked p where (p.name, p.version) = (c.name, c.version)),
         'checkpoints', json_agg(json_build_object(
           'partition', partition, 'position', position,
           'owner', case when lease_until > clock_timestamp() then owner end) order by partition)
       )::text as state
       from ${this.#schema}.checkpoints c
       where name = any ($1)
       group by name, version
       order by name, version`,
      [names],
    )
    return (rows as readonly { readonly state: string }[]).map((row) => {
      const { checkpoints, ...state } = JSON.parse(row.state) as StoredState
      const { name, version } = state
      return {
        ...state,
        checkpoints: checkpoints.map(({ owner, ...checkpoint }) => ({
          name,
          version,
          ...checkpoint,
          owner: owner ?? undefined,
        })),
      }
    })
  }

  serve(
    { name, version }: VersionId,
    { atLeast, lost }: SwitchGoal,
    serve: (client: SqlClient) => Promise<void>,
  ): Promise<SwitchOutcome> {
    return this.#transactions.run(async (client) => {
      const before = await this.#serving(client, name)
      if (before >= version) return 'served before'
      const old = async (lock: '' | 'for update') => {
        const positions = await this.#positions(client, { name, version: before }, lock)
        return positions.filter((position, partition) => !isLost({ partition, position }, lost))
      }
      // The old one is not held up as long as the new one has far to go.
      const near = Math.max(atLeast, ...(await old('')).map((position) => position - NEAR))
      if (!(await this.#isAt(client, { name, version }, near))) return 'behind'
      // From here on the old one stands still.
      const reached = Math.max(atLeast, ...(await old('for update')))
      if (!(await this.#hasReached(client, { name, version }, reached))) return 'behind'
      await this.#positions(client, { name, version }, 'for update')
      if (await this.#hasParked(client, { name, version })) return 'parked'
      await serve(client)
      await client.query(
        `insert into ${this.#schema}.serving (name, version) values ($1, $2)
         on conflict (name) do update set version = excluded.version, since = now()`,
        [name, version],
      )
      return 'switched'
    })
  }

  drop(
    { name, version }: VersionId,
    retire: boolean,
    drop: (client: SqlClient) => Promise<void>,
  ): Promise<void> {
    return this.#transactions.run(async (client) => {
      const serves = (await this.#serving(client, name)) === version
      if (serves && !retire) throw stillServes({ name, version })
      const known = await client.query(
        `select version::text from ${this.#schema}.checkpoints where name = $1 group by version`,
        [name],
      )
      const versions = (known.rows as readonly { readonly version: string }[]).map((row) =>
        Number(row.version),
      )
      if (!versions.includes(version)) return
      if (serves && versions.length > 1) throw hasOthers({ name, version })
      await this.#checkNobodyRuns(client, { name, version })
      // First, as handlers write to their tables before their checkpoint is moved: in another order they could lock each other out.
      await drop(client)
      // Somebody may have begun meanwhile.
      await this.#checkNobodyRuns(client, { name, version })
      for (const table of ['checkpoints', 'parked', 'runners', 'serving']) {
        await client.query(`delete from ${this.#schema}.${table} where (name, version) = ($1, $2)`, [
          name,
          version,
        ])
      }
    })
  }

  async parked(
    { name, version }: VersionId,
    limit: number,
    after: Position = 0,
  ): Promise<readonly ParkedEvent[]> {
    const rows = await this.#transactions.query(
      `select name, version::text, partition::text, aggregate_type, aggregate_id, sequence::text, position::text, type, error,
           to_char(time at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as time
         from ${this.#schema}.parked
         where (name, version) = ($1, $2) and position > $3
         order by position
         limit $4`,
      [name, version, after, limit],
    )
    return (rows as readonly ParkedRow[]).map((row) => ({
      name: row.name,
      version: Number(row.version),
      partition: Number(row.partition),
      stream: { aggregateType: row.aggregate_type, aggregateId: row.aggregate_id },
      sequence: Number(row.sequence),
      position: Number(row.position),
      type: row.type,
      error: row.error,
      time: row.time,
    }))
  }

  unpark(
    { name, version, position }: ParkedEvent,
    work: (client: SqlClient) => Promise<void>,
  ): Promise<boolean> {
    return this.#transactions.run(async (client) => {
      const { rows } = await client.query(
        `delete from ${this.#schema}.parked where (name, version, position) = ($1, $2, $3) returning true`,
        [name, version, position],
      )
      if (rows.length === 0) return false
      await work(client)
      return true
    })
  }

  async #hasParked(client: SqlClient, { name, version }: VersionId): Promise<boolean> {
    const { rows } = await client.query(
      `select from ${this.#schema}.parked where (name, version) = ($1, $2) limit 1`,
      [name, version],
    )
    return rows.length > 0
  }

  /** The version that serves, which stays so until the transaction ends; 0 where there is none. */
  async #serving(client: SqlClient, name: string): Promise<number> {
    const { rows } = await client.query(
      `select version::text from ${this.#schema}.serving where name = $1 for update`,
      [name],
    )
    const [{ version } = { version: '0' }] = rows as readonly { readonly version: string }[]
    return Number(version)
  }

  /** Where a version is; with `for update` it stays there until the transaction ends. */
  async #positions(
    client: SqlClient,
    { name, version }: VersionId,
    lock: '' | 'for update' = '',
  ): Promise<readonly Position[]> {
    const { rows } = await client.query(
      `select position::text from ${this.#schema}.checkpoints
       where (name, version) = ($1, $2) order by partition ${lock}`,
      [name, version],
    )
    return (rows as readonly { readonly position: string }[]).map(({ position }) => Number(position))
  }

  async #isAt(client: SqlClient, version: VersionId, position: Position): Promise<boolean> {
    const positions = await this.#positions(client, version)
    // What is not there is nowhere.
    return positions.length > 0 && positions.every((own) => own >= position)
  }

  async #checkNobodyRuns(client: SqlClient, { name, version }: VersionId): Promise<void> {
    const { rows } = await client.query(
      `select from ${this.#schema}.runners where (name, version) = ($1, $2) and alive_until > clock_timestamp() limit 1`,
      [name, version],
    )
    if (rows.length > 0) throw stillRuns({ name, version })
  }

  /** Whether a version has got to a position everywhere, or gets there soon. */
  async #hasReached(client: SqlClient, { name, version }: VersionId, position: Position): Promise<boolean> {
    const deadline = performance.now() + SWITCH
    for (;;) {
      if (await this.#isAt(client, { name, version }, position)) return true
      // Where there is one connection, nothing moves meanwhile.
      if (!this.#transactions.concurrent || performance.now() > deadline) return false
      await pause(10, undefined)
    }
  }
}

const OPTIONS = new Set(['client', 'schema', 'idleTimeout'])

/** Longer names would be cut off by the server, and may then be those of another schema. */
function checkSchema(schema: unknown): void {
  checkName(schema, 'options.schema')
  if (new TextEncoder().encode(schema).length <= 63 && !schema.startsWith('pg_')) return
  throw invalidArgument('options.schema', 'a name of at most 63 bytes that does not begin with pg_', schema)
}

/** A version as the database tells of it. */
interface StoredState extends Omit<VersionState, 'checkpoints'> {
  readonly checkpoints: readonly {
    readonly partition: number
    readonly position: Position
    readonly owner: string | null
  }[]
}

interface ParkedRow {
  readonly name: string
  readonly version: string
  readonly partition: string
  readonly aggregate_type: string
  readonly aggregate_id: string
  readonly sequence: string
  readonly position: string
  readonly type: string
  readonly error: string
  readonly time: string
}
