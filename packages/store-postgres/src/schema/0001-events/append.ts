/** The function that stores a batch of appends, each with a verdict of its own. */
export const append = `
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
create function $schema.append(
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
      select array[s.stream] into keys from $schema.streams s
        where s.aggregate_type = stream_types[1] and s.aggregate_id = stream_ids[1]
        for no key update skip locked;
    end if;
    if keys is null then
      if patience is not null then
        ignored := set_config('lock_timeout', patience::text, true);
      end if;
      insert into $schema.streams (aggregate_type, aggregate_id) values (stream_types[1], stream_ids[1])
        on conflict do nothing returning array[stream] into keys;
      all_new := keys is not null;
      if patience is not null then
        ignored := set_config('lock_timeout', own_timeout, true);
      end if;
    end if;
  end if;
  if keys is null then
    select l.keys, l.all_new into keys, all_new
      from $schema.locked_streams(stream_types, stream_ids, fresh and streams > 1, wait, patience) l;
  end if;

  -- W2: in a new statement, whose snapshot is newer than the locks.
  if all_new then
    generations := array_fill(0, array[streams]);
  elsif streams = 1 then
    select array[coalesce((
        select e.sequence from $schema.events e where e.stream = keys[1] order by e.sequence desc limit 1), 0)]
      into generations;
  else
    select array_agg(coalesce((
        select e.sequence from $schema.events e where e.stream = k.key order by e.sequence desc limit 1), 0)
        order by k.number)
      into generations
      from unnest(keys) with ordinality k (key, number);
  end if;
  select exists (select from $schema.resends),
      exists (select from unnest(types) key where not exists (select from $schema.types t where t.type = key))
    into any_resent, any_type_lost;
  if resends is not null then
    delete from $schema.resends where identity in (
      select identity from $schema.resends where time < now() - interval '1 day' for update skip locked);
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
        verdict := $schema.settled(
          keys[entries[entries_begin + 1]], commit_ids[append], resends[append], written_key,
          case when own > 0 then tails[event] end, own);
      end if;
      if verdict is null then
        verdict := conflict;
        if own > 0 and resends[append] is not null then
          insert into $schema.resends (identity, conflict)
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
        insert into $schema.commits values (keys[entries[entries_begin + 1]], commit_ids[append], to_json(parts));
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
      $schema.signed_32('$schema.positions'::regclass::oid::bigint), $schema.signed_32($schema.last_position()));
    -- W5: in the order of the appends. From here on nothing waits for another transaction.
    if cardinality(tails) = 1 then
      positions := array[nextval('$schema.positions')];
    else
      select array_agg(nextval('$schema.positions')) into positions from generate_series(1, cardinality(tails));
    end if;
    stamp := lpad(to_hex(now_ms), 12, '0');
    insert into $schema.events
      select n.position, n.stream, n.sequence, n.type, (stamp || n.tail)::uuid, n.correlation_id, n.causation_id,
        n.commit_id, n.data, case when json_typeof(n.metadata) <> 'null' then n.metadata end
      from rows from (
        unnest(positions, event_streams, event_sequences, type_keys, tails, correlation_ids, causation_ids, event_commits),
        json_array_elements(datas), json_array_elements(metadatas)
      ) n (position, stream, sequence, type, tail, correlation_id, causation_id, commit_id, data, metadata)
      where n.stream is not null;
    if patience is null then
      perform $schema.announce();
    end if;
  end if;
  return json_build_object(
    'time', now_ms, 'positions', positions, 'generations', entry_generations, 'verdicts', verdicts);
end $body$;
`
