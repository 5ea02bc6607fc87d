/**
 * Streams, events and commit ids, and the two functions on which everything rests.
 *
 * An append takes a shared advisory lock on the last position that was given out before its own. A reader looks for the
 * lowest such lock: nothing can still commit at or below it. So readers pass over nothing, and wait for nobody but
 * appends in flight.
 */
export const events = `
create table $schema.streams (
  stream bigint generated always as identity primary key,
  aggregate_type text collate "C" not null,
  aggregate_id text collate "C" not null,
  unique (aggregate_type, aggregate_id)
);

create table $schema.types (
  type integer generated always as identity primary key,
  source text collate "C" not null,
  name text collate "C" not null,
  version bigint not null,
  unique (source, name, version)
);

create sequence $schema.positions as bigint increment by 1 cache 1 no cycle;

-- The order of the columns leaves no padding between them.
create table $schema.events (
  position bigint primary key,
  stream bigint not null,
  time timestamptz not null,
  sequence integer not null,
  type integer not null,
  id uuid not null,
  data json not null,
  metadata json,
  unique (stream, sequence)
);

-- parts: for each stream of the append, in its order, [stream, generation after it, number of events]
create table $schema.commits (
  stream bigint not null,
  commit_id text collate "C" not null,
  parts json not null,
  primary key (stream, commit_id)
);

-- batch: { streams: [[aggregate type, aggregate id, may be created]],
--          appends: [{ commit, entries: [[index of the stream, expected, number of events]] }] },
-- with -1 for 'any' and -2 for 'exists'. The arrays hold the events of all entries, in their order.
-- Returns { time, verdicts, positions, before }: of each append the verdict { generations }, { conflict: [entry, actual] }
-- or, of a commit that is known, { parts }; the positions of all stored events, and how many come before each append.
create function $schema.append(batch json, type_keys integer[], ids uuid[], datas text[], metadatas text[])
returns json language plpgsql volatile as $body$
declare
  now_ms bigint;
  keys bigint[];
  generations bigint[];
  next_event integer := 0;
  verdicts json[] := '{}';
  one json;
  entry json;
  entry_index integer;
  found_parts json;
  conflict json;
  actual bigint;
  expected bigint;
  ordinal integer;
  own integer;
  after_it bigint[];
  parts json[];
  taken_streams bigint[] := '{}';
  taken_sequences integer[] := '{}';
  taken_events integer[] := '{}';
  taken integer := 0;
  begun integer;
  before integer[] := '{}';
  positions bigint[] := '{}';
  key bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'eventmill appends under read committed, not under %', current_setting('transaction_isolation')
      using errcode = 'feature_not_supported';
  end if;

  -- W1: all streams are locked, in one order, before anything is looked at. Scalar subqueries keep to the index, whatever
  -- the planner believes of the size of a batch.
  insert into $schema.streams (aggregate_type, aggregate_id)
    select s ->> 0, s ->> 1 from json_array_elements(batch -> 'streams') s
    where (s ->> 2)::boolean and not exists (
      select from $schema.streams known
      where known.aggregate_type = s ->> 0 and known.aggregate_id = s ->> 1)
    order by (s ->> 0) collate "C", (s ->> 1) collate "C"
    on conflict do nothing;
  select array_agg((
      select known.stream from $schema.streams known
      where known.aggregate_type = s.name ->> 0 and known.aggregate_id = s.name ->> 1) order by s.index)
    into keys
    from json_array_elements(batch -> 'streams') with ordinality s (name, index);
  perform from $schema.streams
    where stream = any(keys)
    order by aggregate_type, aggregate_id
    for no key update;

  -- W2: in a new statement, whose snapshot is newer than the locks.
  select array_agg(coalesce((select max(e.sequence) from $schema.events e where e.stream = k.key), 0) order by k.index)
    into generations
    from unnest(keys) with ordinality k (key, index);

  for one in select value from json_array_elements(batch -> 'appends') loop
    found_parts := null;
    conflict := null;
    if one ->> 'commit' is not null then
      select c.parts into found_parts from $schema.commits c
        where c.stream = keys[(one #>> '{entries,0,0}')::integer] and c.commit_id = one ->> 'commit';
    end if;
    if found_parts is null then
      for entry, entry_index in
        select value, ordinality - 1 from json_array_elements(one -> 'entries') with ordinality
      loop
        expected := (entry ->> 1)::bigint;
        actual := generations[(entry ->> 0)::integer];
        if not (expected = -1 or expected = actual or (expected = -2 and actual > 0)) then
          conflict := json_build_array(entry_index, actual);
          exit;
        end if;
      end loop;
    end if;

    begun := taken;
    after_it := '{}';
    parts := '{}';
    for entry in select value from json_array_elements(one -> 'entries') loop
      ordinal := (entry ->> 0)::integer;
      own := (entry ->> 2)::integer;
      if found_parts is null and conflict is null then
        for offset_in_entry in 1..own loop
          taken_streams := taken_streams || keys[ordinal];
          taken_sequences := taken_sequences || (generations[ordinal] + offset_in_entry)::integer;
          taken_events := taken_events || (next_event + offset_in_entry);
        end loop;
        taken := taken + own;
        generations[ordinal] := generations[ordinal] + own;
        after_it := after_it || generations[ordinal];
        parts := parts || json_build_array(keys[ordinal], generations[ordinal], own);
      end if;
      next_event := next_event + own;
    end loop;
    before := before || begun;

    if found_parts is not null then
      verdicts := verdicts || json_build_object('parts', found_parts);
    elsif conflict is not null then
      verdicts := verdicts || json_build_object('conflict', conflict);
    else
      verdicts := verdicts || json_build_object('generations', to_json(after_it));
      if one ->> 'commit' is not null and taken > begun then
        insert into $schema.commits values
          (keys[(one #>> '{entries,0,0}')::integer], one ->> 'commit', to_json(parts));
      end if;
    end if;
  end loop;

  now_ms := floor(extract(epoch from clock_timestamp()) * 1000);
  if taken > 0 then
    -- W3 and W4: readers stay at or below this position until the transaction is over.
    select last_value - (not is_called)::integer into key from $schema.positions;
    perform pg_advisory_xact_lock_shared(
      $schema.signed_32('$schema.positions'::regclass::oid::bigint), $schema.signed_32(key));
    -- W5: from here on nothing waits for another transaction.
    select array_agg(nextval('$schema.positions')) into positions from generate_series(1, taken);
    insert into $schema.events (position, stream, time, sequence, type, id, data, metadata)
      select positions[n], taken_streams[n], to_timestamp(now_ms / 1000.0), taken_sequences[n], type_keys[e],
        encode(overlay(uuid_send(ids[e]) placing substring(int8send(now_ms) from 3) from 1 for 6), 'hex')::uuid,
        datas[e]::json, metadatas[e]::json
      from unnest(taken_events) with ordinality u (e, n);
  end if;
  return json_build_object(
    'time', now_ms,
    'verdicts', to_json(verdicts),
    'positions', to_json(positions),
    'before', to_json(before));
end $body$;

-- The lowest 32 bits as the signed integer that advisory locks take.
create function $schema.signed_32(value bigint) returns integer language sql immutable as $body$
  select (((value & 4294967295) # 2147483648) - 2147483648)::integer
$body$;

-- The position up to which nothing can still be committed.
create function $schema.horizon() returns bigint language plpgsql volatile as $body$
declare
  last bigint;
  lowest bigint;
begin
  if pg_is_in_recovery() then
    raise exception 'a standby does not know what is in flight: read from the primary'
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'eventmill reads under read committed, not under %', current_setting('transaction_isolation')
      using errcode = 'feature_not_supported';
  end if;
  -- R1
  select last_value - (not is_called)::integer into last from $schema.positions;
  -- R2, strictly after R1
  select min(last + $schema.signed_32(objid::bigint - (last & 4294967295))) into lowest
    from pg_locks
    where locktype = 'advisory' and objsubid = 2
      and database = (select oid from pg_database where datname = current_database())
      and classid = '$schema.positions'::regclass::oid;
  return least(last, lowest);
end $body$;

-- R5: the position of an event that is there.
create function $schema.head() returns bigint language plpgsql volatile as $body$
declare
  horizon bigint := $schema.horizon();
begin
  return coalesce((select max(position) from $schema.events where position <= horizon), 0);
end $body$;
`
