/**
 * How far the log can be read. An append takes a shared advisory lock on the last position that was given out before its
 * own. A reader looks for the lowest such lock: nothing can still commit at or below it. So readers pass over nothing, and
 * wait for nobody but appends in flight.
 */
export const positions = `
create function $schema.channel() returns text language sql stable as $body$
  select 'eventmill_' || '$schema.positions'::regclass::oid
$body$;

-- Tells those who listen that there may be something new, once this transaction commits.
create function $schema.announce() returns void language sql volatile as $body$
  select pg_notify($schema.channel(), '')
$body$;

-- W3: the last position that was given out. Without is_called, which this minds, the first event would be lost.
create function $schema.last_position() returns bigint language sql volatile as $body$
  select coalesce(pg_sequence_last_value('$schema.positions'), 0)
$body$;

-- The lowest 32 bits as the signed integer that advisory locks take.
create function $schema.signed_32(value bigint) returns integer language sql immutable as $body$
  select (((value & 4294967295) # 2147483648) - 2147483648)::integer
$body$;

-- The appends in flight: readers may go as far as the lowest key.
create function $schema.in_flight(last bigint) returns table (key bigint, pid integer) language sql volatile as $body$
  select last + $schema.signed_32(l.objid::bigint - (last & 4294967295)), l.pid from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 2
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and l.classid = '$schema.positions'::regclass::oid
$body$;

-- The position up to which nothing can still be committed.
create function $schema.horizon() returns bigint language plpgsql volatile as $body$
declare
  last bigint;
  lowest bigint;
begin
  -- R0
  if pg_is_in_recovery() then
    raise exception 'a standby does not know what is in flight: read from the primary'
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'eventmill reads under read committed, not under %', current_setting('transaction_isolation')
      using errcode = 'feature_not_supported';
  end if;
  -- R1
  last := $schema.last_position();
  -- R2, strictly after R1
  lowest := (select min(f.key) from $schema.in_flight(last) f);
  return least(last, lowest);
end $body$;

-- R5: the position of an event that is there.
create function $schema.head() returns bigint language plpgsql volatile as $body$
declare
  horizon bigint := $schema.horizon();
begin
  -- R3: in a later statement, with a new snapshot.
  return coalesce((select max(position) from $schema.events where position <= horizon), 0);
end $body$;
`
