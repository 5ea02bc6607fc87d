import { type Hold } from '@eventmill/store-conformance'
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'

/**
 * Stops appends to the events of a schema after their positions were given out and before their commit: in a deferred
 * trigger, which waits for a lock that is held here. A handle is known by the `application_name` of its connections.
 * The trigger is there from the first stall on.
 */
export function stallsIn(schema: string, pool: pg.Pool): (applicationName: string) => Promise<Hold> {
  let installed: Promise<unknown> | undefined
  return async (applicationName) => {
    await (installed ??= pool.query(triggerIn(schema)))
    const client = await pool.connect()
    const { rows } = await client.query<{ gate: number }>(`select ${schema}.test_close_gate($1) as gate`, [
      applicationName,
    ])
    return stall(schema, client, Number(rows[0]?.gate))
  }
}

/** What stops at a gate that this client has closed. */
function stall(schema: string, client: pg.PoolClient, gate: number): Hold {
  const reached = Promise.withResolvers<undefined>()
  let released: Promise<void> | undefined
  const watch = async () => {
    while (released === undefined) {
      const { rows } = await client.query<{ stalls: boolean }>(
        `select ${schema}.test_stalls_at($1) as stalls`,
        [gate],
      )
      if (rows[0]?.stalls === true) {
        reached.resolve(undefined)
        return
      }
      await setTimeout(1)
    }
  }
  const watched = watch().catch(reached.reject)
  const open = async () => {
    await watched
    await client.query(`select ${schema}.test_open_gate($1)`, [gate])
    client.release()
  }
  return { reached: reached.promise, release: () => (released ??= open()) }
}

/** The lock of a gate is named by the table, and so taken for nobody else's. */
function triggerIn(schema: string): string {
  const gates = `'${schema.replaceAll("'", "''")}.test_gates'`
  const table = `${gates}::regclass::oid`
  return `
    create table ${schema}.test_gates (
      gate integer generated always as identity primary key,
      application_name text not null
    );

    create function ${schema}.test_close_gate(handle text) returns integer language plpgsql as $body$
    declare
      closed integer := nextval(pg_get_serial_sequence(${gates}, 'gate'));
    begin
      perform pg_advisory_lock(${table}::integer, closed);
      insert into ${schema}.test_gates overriding system value values (closed, handle);
      return closed;
    end $body$;

    create function ${schema}.test_stop() returns trigger language plpgsql as $body$
    declare
      found_gate integer;
    begin
      -- One append stops at a gate: for those that come while it does, the row is locked.
      delete from ${schema}.test_gates where gate = (
        select gate from ${schema}.test_gates where application_name = current_setting('application_name')
        order by gate limit 1 for update skip locked)
        returning gate into found_gate;
      if found_gate is not null then
        perform pg_advisory_xact_lock_shared(${table}::integer, found_gate);
      end if;
      return null;
    end $body$;

    create constraint trigger test_stop after insert on ${schema}.events deferrable initially deferred
      for each row execute function ${schema}.test_stop();

    create function ${schema}.test_stalls_at(gate integer) returns boolean language sql as $body$
      select exists (
        select from pg_locks
        where locktype = 'advisory' and not granted and objsubid = 2 and classid = ${table}
          and objid = gate::oid and database = (select oid from pg_database where datname = current_database()))
    $body$;

    -- Whoever stops at the gate has locked its row, so that the delete waits for the end of that transaction.
    create function ${schema}.test_open_gate(opened integer) returns void language plpgsql as $body$
    begin
      perform pg_advisory_unlock(${table}::integer, opened);
      delete from ${schema}.test_gates where gate = opened;
    end $body$;`
}
