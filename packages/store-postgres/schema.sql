-- From version 0 to version 2, wholly or not at all.
begin;

create schema if not exists "eventmill";

create table if not exists "eventmill".migrations (version integer primary key, time timestamptz not null default now());


create sequence "eventmill".stream_keys as bigint;

-- Whoever locks a row must have the right to update a column of it: held is there to be that one, and has never a value.
create table "eventmill".streams (
  stream bigint primary key default nextval('"eventmill".stream_keys'),
  aggregate_type text collate "C" not null,
  aggregate_id text collate "C" not null,
  held boolean check (held is null),
  unique (aggregate_type, aggregate_id)
);

create table "eventmill".types (
  type integer primary key,
  source text collate "C" not null,
  name text collate "C" not null,
  version bigint not null,
  unique (source, name, version)
);

create sequence "eventmill".positions as bigint increment by 1 cache 1 no cycle;

-- The order of the columns leaves no padding between them. The time of an event is that of its id. What identifies
-- other things is a UUID as well: of metadata that is one, and of commit ids, those that are none by their hash.
create table "eventmill".events (
  position bigint primary key,
  stream bigint not null,
  sequence integer not null,
  type integer not null,
  id uuid not null,
  correlation_id uuid,
  causation_id uuid,
  commit_id uuid,
  data json not null,
  metadata json,
  unique (stream, sequence)
);

-- The first event of an append to one stream has its commit id.
create unique index on "eventmill".events (stream, commit_id) where commit_id is not null;

-- The commit ids of appends to several streams. parts: for each stream, in its order, [stream, generation after it,
-- number of events].
create table "eventmill".commits (
  stream bigint not null,
  commit_id uuid not null,
  parts json not null,
  primary key (stream, commit_id)
);

-- Appends that were sent again: a first attempt that arrives late finds itself here, and does nothing. Kept for a day.
create table "eventmill".resends (
  identity text collate "C" primary key,
  conflict json,
  time timestamptz not null default now()
);

create view "eventmill".event_log as
  select e.position, s.aggregate_type, s.aggregate_id, e.sequence, e.id,
    to_timestamp(('x' || left(replace(e.id::text, '-', ''), 12))::bit(48)::bigint / 1000.0) as time,
    t.source, t.name as type, t.version, e.data, e.metadata, e.correlation_id, e.causation_id, e.commit_id
  from "eventmill".events e join "eventmill".streams s using (stream) join "eventmill".types t using (type);

-- The arrays stream_types and stream_ids name the streams of a batch of appends, each once. entries holds four numbers
-- for what an append wants of a stream: the number of the append, that of the stream, the generation expected (-1: any,
-- -2: exists), and how many events it brings. commit_ids has an item for each append, or is null. Up to causation_ids,
-- the others have one for each event, or are null; tails are the last 20 digits of their ids, and that of its first event
-- tells an append from all others.
--
-- types has the type_keys, each once. resends has, for each append that may have been sent before, the tail under which it
-- was; or is null. fresh: whether all streams are expected to be missing, and so worth creating before they are looked for.
-- wait: whether to wait for streams that other transactions have locked, or to pass over them. patience: how long, in
-- milliseconds; null within a transaction of the user's, which has settings of its own, and of whose end nobody else
-- would tell readers.
--
-- Returns { time, positions, generations, verdicts }: the positions of the events and the generations of the entries, as
-- far as they were stored; of each append null, or { parts } where it was stored before, { conflict: [number of the
-- entry, actual generation] }, { locked }, or { superseded } where it was sent again and that came first.
create function "eventmill".append(
  stream_types text[], stream_ids text[], entries integer[], commit_ids uuid[],
  tails text[], type_keys integer[], datas json, metadatas json, correlation_ids uuid[], causation_ids uuid[],
  types integer[], resends text[], fresh boolean, wait boolean, patience integer
) returns json language plpgsql volatile
-- Plans that are made once, and that no statistics can spoil.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $body$
#variable_conflict use_column
declare
  streams constant integer := cardinality(stream_ids);
  -- What the patience must not be left to: triggers of others, at the commit.
  own_timeout constant text := current_setting('lock_timeout');
  -- An assignment costs a fraction of a query.
  ignored text;
  keys bigint[];
  all_new boolean := false;
  generations integer[];
  any_resent boolean;
  any_type_lost boolean;
  entry integer := 1;
  append integer;
  entries_begin integer;
  first_ordinals integer[];
  repeats boolean := false;
  ordinal integer;
  expected integer;
  actual integer;
  own integer;
  locked boolean;
  conflict json;
  verdict json;
  verdicts json[];
  written_key bigint;
  parts json[];
  event integer := 1;
  any_stored boolean := false;
  entry_generations integer[];
  event_streams bigint[];
  event_sequences integer[];
  event_commits uuid[];
  now_ms bigint;
  stamp text;
  positions bigint[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'eventmill appends under read committed, not under %', current_setting('transaction_isolation')
      using errcode = 'feature_not_supported';
  end if;

  -- W1: all streams are locked, in one order, before anything is looked at.
  if streams = 1 then
    if not fresh then
      select array[s.stream] into keys from "eventmill".streams s
        where s.aggregate_type = stream_types[1] and s.aggregate_id = stream_ids[1]
        for no key update skip locked;
    end if;
    if keys is null then
      if patience is not null then
        ignored := set_config('lock_timeout', patience::text, true);
      end if;
      insert into "eventmill".streams (aggregate_type, aggregate_id) values (stream_types[1], stream_ids[1])
        on conflict do nothing returning array[stream] into keys;
      all_new := keys is not null;
      if patience is not null then
        ignored := set_config('lock_timeout', own_timeout, true);
      end if;
    end if;
  end if;
  if keys is null then
    select l.keys, l.all_new into keys, all_new
      from "eventmill".locked_streams(stream_types, stream_ids, fresh and streams > 1, wait, patience) l;
  end if;

  -- W2: in a new statement, whose snapshot is newer than the locks.
  if all_new then
    generations := array_fill(0, array[streams]);
  elsif streams = 1 then
    select array[coalesce((
        select e.sequence from "eventmill".events e where e.stream = keys[1] order by e.sequence desc limit 1), 0)]
      into generations;
  else
    select array_agg(coalesce((
        select e.sequence from "eventmill".events e where e.stream = k.key order by e.sequence desc limit 1), 0)
        order by k.number)
      into generations
      from unnest(keys) with ordinality k (key, number);
  end if;
  select exists (select from "eventmill".resends),
      exists (select from unnest(types) key where not exists (select from "eventmill".types t where t.type = key))
    into any_resent, any_type_lost;
  if resends is not null then
    delete from "eventmill".resends where identity in (
      select identity from "eventmill".resends where time < now() - interval '1 day' for update skip locked);
  end if;

  while entry <= cardinality(entries) loop
    append := entries[entry];
    entries_begin := entry;
    locked := false;
    conflict := null;
    written_key := null;
    own := 0;
    while entries[entry] = append loop
      ordinal := entries[entry + 1];
      expected := entries[entry + 2];
      actual := generations[ordinal];
      if keys[ordinal] is null then
        locked := true;
      elsif conflict is null and not (expected = actual or expected = -1 or (expected = -2 and actual > 0)) then
        conflict := json_build_object('conflict', json_build_array((entry - entries_begin) / 4, actual));
      end if;
      if written_key is null and entries[entry + 3] > 0 then
        written_key := keys[ordinal];
      end if;
      own := own + entries[entry + 3];
      entry := entry + 4;
    end loop;

    -- An append that is repeated in the same batch has to wait until the first one is there to be found.
    if commit_ids is not null then
      first_ordinals := first_ordinals || entries[entries_begin + 1];
      repeats := commit_ids[append] = any(commit_ids[1:append - 1]);
      if repeats then
        repeats := (commit_ids[append], entries[entries_begin + 1])
          in (select * from unnest(commit_ids[1:append - 1], first_ordinals));
      end if;
    end if;
    if locked or repeats then
      verdict := '{"locked":true}';
      -- What comes later to any of its streams must not overtake it.
      for this in entries_begin..(entry - 1) by 4 loop
        keys[entries[this + 1]] := null;
      end loop;
    else
      verdict := null;
      if commit_ids[append] is not null or (own > 0 and (any_resent or resends[append] is not null)) then
        verdict := "eventmill".settled(
          keys[entries[entries_begin + 1]], commit_ids[append], resends[append], written_key,
          case when own > 0 then tails[event] end, own);
      end if;
      if verdict is null then
        verdict := conflict;
        if own > 0 and resends[append] is not null then
          insert into "eventmill".resends (identity, conflict)
            values (resends[append], conflict), (tails[event], null) on conflict do nothing;
        end if;
      end if;
    end if;
    verdicts := verdicts || verdict;

    if verdict is null then
      parts := null;
      for this in entries_begin..(entry - 1) by 4 loop
        ordinal := entries[this + 1];
        for n in 1..entries[this + 3] loop
          event_streams := event_streams || keys[ordinal];
          event_sequences := event_sequences || (generations[ordinal] + n);
        end loop;
        generations[ordinal] := generations[ordinal] + entries[this + 3];
        entry_generations := entry_generations || generations[ordinal];
        if commit_ids[append] is not null and entry - entries_begin > 4 then
          parts := parts || json_build_array(keys[ordinal], generations[ordinal], entries[this + 3]);
        end if;
      end loop;
      any_stored := any_stored or own > 0;
      if parts is not null and own > 0 then
        insert into "eventmill".commits values (keys[entries[entries_begin + 1]], commit_ids[append], to_json(parts));
      end if;
      if commit_ids is not null and own > 0 then
        event_commits := event_commits || case when parts is null then commit_ids[append] end
          || array_fill(null::uuid, array[own - 1]);
      end if;
    else
      event_streams := event_streams || array_fill(null::bigint, array[own]);
      event_sequences := event_sequences || array_fill(null::integer, array[own]);
      event_commits := event_commits || array_fill(null::uuid, array[own]);
      entry_generations := entry_generations || array_fill(null::integer, array[(entry - entries_begin) / 4]);
    end if;
    event := event + own;
  end loop;

  now_ms := floor(extract(epoch from clock_timestamp()) * 1000);
  if any_stored then
    if any_type_lost then
      raise exception 'the type of an event is not stored: a failover has lost it' using errcode = 'EM001';
    end if;
    -- W3 and W4: readers stay at or below this position until the transaction is over.
    ignored := pg_advisory_xact_lock_shared(
      "eventmill".signed_32('"eventmill".positions'::regclass::oid::bigint), "eventmill".signed_32("eventmill".last_position()));
    -- W5: in the order of the appends. From here on nothing waits for another transaction.
    if cardinality(tails) = 1 then
      positions := array[nextval('"eventmill".positions')];
    else
      select array_agg(nextval('"eventmill".positions')) into positions from generate_series(1, cardinality(tails));
    end if;
    stamp := lpad(to_hex(now_ms), 12, '0');
    insert into "eventmill".events
      select n.position, n.stream, n.sequence, n.type, (stamp || n.tail)::uuid, n.correlation_id, n.causation_id,
        n.commit_id, n.data, case when json_typeof(n.metadata) <> 'null' then n.metadata end
      from rows from (
        unnest(positions, event_streams, event_sequences, type_keys, tails, correlation_ids, causation_ids, event_commits),
        json_array_elements(datas), json_array_elements(metadatas)
      ) n (position, stream, sequence, type, tail, correlation_id, causation_id, commit_id, data, metadata)
      where n.stream is not null;
    if patience is null then
      perform "eventmill".announce();
    end if;
  end if;
  return json_build_object(
    'time', now_ms, 'positions', positions, 'generations', entry_generations, 'verdicts', verdicts);
end $body$;

-- Registers types of events under random keys: one that was lost with the last commits in a failover must not come to mean
-- another type. Waits a short time only for who registers the same, and may do so in a long transaction.
create function "eventmill".register_types(sources text[], names text[], versions bigint[])
returns void language plpgsql volatile as $body$
declare
  own_timeout constant text := current_setting('lock_timeout');
begin
  perform set_config('lock_timeout', '100', true);
  insert into "eventmill".types (type, source, name, version)
    select floor(random() * 2147483647)::integer, given.*
    from unnest(sources, names, versions) given (source, name, version)
    order by source collate "C", name collate "C", version on conflict do nothing;
  perform set_config('lock_timeout', own_timeout, true);
end $body$;

-- The keys of these streams, which are created where they are missing, and locked until the transaction is over; null
-- for those that another transaction has locked. all_new: all of them were missing.
create function "eventmill".locked_streams(
  stream_types text[], stream_ids text[], fresh boolean, wait boolean, patience integer, out keys bigint[], out all_new boolean
) language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $body$
#variable_conflict use_column
declare
  new_keys bigint[];
  created integer;
  own_timeout constant text := current_setting('lock_timeout');
  key bigint;
  number integer;
begin
  keys := array_fill(null::bigint, array[cardinality(stream_ids)]);
  all_new := false;
  if patience is not null then
    perform set_config('lock_timeout', patience::text, true);
  end if;
  for round in 1..2 loop
    if wait then
      perform from unnest(stream_types, stream_ids) n (type, id)
        join "eventmill".streams s on s.aggregate_type = n.type and s.aggregate_id = n.id
        order by s.aggregate_type, s.aggregate_id for no key update of s;
    end if;
    if round = 2 or wait or not fresh then
      for number, key in
        select n.number, s.stream from unnest(stream_types, stream_ids, keys) with ordinality n (type, id, key, number)
          join "eventmill".streams s on s.aggregate_type = n.type and s.aggregate_id = n.id
          where n.key is null
          order by s.aggregate_type, s.aggregate_id for no key update of s skip locked
      loop
        keys[number] := key;
      end loop;
    end if;
    exit when round = 2 or array_position(keys, null) is null;
    select array_agg(case when n.key is null then nextval('"eventmill".stream_keys') end order by n.number) into new_keys
      from unnest(keys) with ordinality n (key, number);
    begin
      -- This waits for others that create the same.
      insert into "eventmill".streams (stream, aggregate_type, aggregate_id)
        select n.new_key, n.type, n.id from unnest(stream_types, stream_ids, new_keys) n (type, id, new_key)
          where n.new_key is not null
          order by n.type collate "C", n.id collate "C"
        on conflict do nothing;
      get diagnostics created = row_count;
    exception when lock_not_available then
      if patience is null or wait then
        raise;
      end if;
      -- One by one for a while, so that nobody is held up by those who hold another stream.
      created := 0;
      perform set_config('lock_timeout', '1', true);
      for number in
        select n.number from unnest(stream_types, stream_ids, new_keys) with ordinality n (type, id, new_key, number)
          where n.new_key is not null
          order by n.type collate "C", n.id collate "C"
      loop
        exit when clock_timestamp() > statement_timestamp() + interval '100 milliseconds';
        begin
          insert into "eventmill".streams (stream, aggregate_type, aggregate_id)
            values (new_keys[number], stream_types[number], stream_ids[number]) on conflict do nothing;
        exception when lock_not_available then
          null;
        end;
      end loop;
    end;
    if created = cardinality(array_remove(new_keys, null)) then
      all_new := created = cardinality(keys);
      select array_agg(coalesce(n.key, n.new_key) order by n.number) into keys
        from unnest(keys, new_keys) with ordinality n (key, new_key, number);
      exit;
    end if;
  end loop;
  if patience is not null then
    perform set_config('lock_timeout', own_timeout, true);
  end if;
end $body$;

-- The verdict on an append that was stored, or decided on, before; null where it was not.
create function "eventmill".settled(
  first_key bigint, commit_id uuid, resend text, written_key bigint, tail text, events integer
) returns json language plpgsql volatile as $body$
#variable_conflict use_variable
declare
  earlier json;
begin
  if commit_id is not null then
    earlier := "eventmill".find_commit(first_key, commit_id);
  end if;
  if earlier is null and commit_id is null and resend is not null then
    earlier := "eventmill".find_append(written_key, tail, events);
  end if;
  if earlier is not null then
    return json_build_object('parts', earlier);
  end if;
  select coalesce(r.conflict, '{"superseded":true}') into earlier
    from "eventmill".resends r where r.identity = coalesce(resend, tail);
  return earlier;
end $body$;

-- The parts of the append under this commit id. That to one stream goes as far as its ids follow one after the other.
create function "eventmill".find_commit(stream_key bigint, commit_key uuid)
returns json language plpgsql volatile as $body$
declare
  first record;
  next record;
  count integer := 0;
begin
  select e.sequence, "eventmill".tail(e.id) as tail into first from "eventmill".events e
    where e.stream = stream_key and e.commit_id = commit_key;
  if not found then
    return (select c.parts from "eventmill".commits c where c.stream = stream_key and c.commit_id = commit_key);
  end if;
  for next in
    select "eventmill".tail(e.id) as tail from "eventmill".events e
    where e.stream = stream_key and e.sequence >= first.sequence order by e.sequence
  loop
    exit when left(next.tail, 12) <> left(first.tail, 12)
      or "eventmill".tail_number(next.tail) <> "eventmill".tail_number(first.tail) + count;
    count := count + 1;
  end loop;
  return json_build_array(json_build_array(stream_key, first.sequence + count - 1, count));
end $body$;

-- The last 20 digits of an id, and the number that their last 8 are, which is one higher for each event of an append.
create function "eventmill".tail(id uuid) returns text language sql immutable as $body$
  select substr(replace(id::text, '-', ''), 13)
$body$;
create function "eventmill".tail_number(tail text) returns bigint language sql immutable as $body$
  select ('x' || right(tail, 8))::bit(32)::bigint
$body$;

-- The parts of an append that is known by the id of its first event alone: its ids are one after the other. For the rare
-- repeat of an append without a commit id, whose answer was lost: it looks through the stream, latest first.
create function "eventmill".find_append(stream_key bigint, first_tail text, events integer)
returns json language plpgsql volatile as $body$
declare
  first constant bigint := "eventmill".tail_number(first_tail);
  begin_at bigint;
begin
  select e.position into begin_at from "eventmill".events e
    where e.stream = stream_key and "eventmill".tail(e.id) = first_tail
    order by e.sequence desc limit 1;
  return (
    select json_agg(json_build_array(part.stream, part.generation, part.count) order by part.position)
    from (
      select own.stream, max(own.sequence) as generation, count(*) as count, min(own.position) as position
      from (
        select e.stream, e.sequence, e.position from "eventmill".events e
        where e.position >= begin_at
          and left("eventmill".tail(e.id), 12) = left(first_tail, 12)
          and "eventmill".tail_number("eventmill".tail(e.id)) between first and first + events - 1
        order by e.position limit events) own
      group by own.stream) part);
end $body$;

create function "eventmill".channel() returns text language sql stable as $body$
  select 'eventmill_' || '"eventmill".positions'::regclass::oid
$body$;

-- Tells those who listen that there may be something new, once this transaction commits.
create function "eventmill".announce() returns void language sql volatile as $body$
  select pg_notify("eventmill".channel(), '')
$body$;

-- W3: the last position that was given out. Without is_called, which this minds, the first event would be lost.
create function "eventmill".last_position() returns bigint language sql volatile as $body$
  select coalesce(pg_sequence_last_value('"eventmill".positions'), 0)
$body$;

-- The lowest 32 bits as the signed integer that advisory locks take.
create function "eventmill".signed_32(value bigint) returns integer language sql immutable as $body$
  select (((value & 4294967295) # 2147483648) - 2147483648)::integer
$body$;

-- The appends in flight: readers may go as far as the lowest key.
create function "eventmill".in_flight(last bigint) returns table (key bigint, pid integer) language sql volatile as $body$
  select last + "eventmill".signed_32(l.objid::bigint - (last & 4294967295)), l.pid from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 2
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and l.classid = '"eventmill".positions'::regclass::oid
$body$;

-- The position up to which nothing can still be committed.
create function "eventmill".horizon() returns bigint language plpgsql volatile as $body$
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
  last := "eventmill".last_position();
  -- R2, strictly after R1
  lowest := (select min(f.key) from "eventmill".in_flight(last) f);
  return least(last, lowest);
end $body$;

-- R5: the position of an event that is there.
create function "eventmill".head() returns bigint language plpgsql volatile as $body$
declare
  horizon bigint := "eventmill".horizon();
begin
  -- R3: in a later statement, with a new snapshot.
  return coalesce((select max(position) from "eventmill".events where position <= horizon), 0);
end $body$;

insert into "eventmill".migrations (version) values (1);


create table "eventmill".snapshots (
  stream bigint not null,
  version bigint not null,
  generation integer not null,
  event_id uuid not null,
  time timestamptz not null default now(),
  state json not null,
  primary key (stream, version)
);

insert into "eventmill".migrations (version) values (2);

commit;
