/** What an append needs before it looks at anything: the types of its events, and the locks of its streams. */
export const locks = `
-- Registers types of events under random keys: one that was lost with the last commits in a failover must not come to mean
-- another type. Waits a short time only for who registers the same, and may do so in a long transaction.
create function $schema.register_types(sources text[], names text[], versions bigint[])
returns void language plpgsql volatile as $body$
declare
  own_timeout constant text := current_setting('lock_timeout');
begin
  perform set_config('lock_timeout', '100', true);
  insert into $schema.types (type, source, name, version)
    select floor(random() * 2147483647)::integer, given.*
    from unnest(sources, names, versions) given (source, name, version)
    order by source collate "C", name collate "C", version on conflict do nothing;
  perform set_config('lock_timeout', own_timeout, true);
end $body$;

-- The keys of these streams, which are created where they are missing, and locked until the transaction is over; null
-- for those that another transaction has locked. all_new: all of them were missing.
create function $schema.locked_streams(
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
        join $schema.streams s on s.aggregate_type = n.type and s.aggregate_id = n.id
        order by s.aggregate_type, s.aggregate_id for no key update of s;
    end if;
    if round = 2 or wait or not fresh then
      for number, key in
        select n.number, s.stream from unnest(stream_types, stream_ids, keys) with ordinality n (type, id, key, number)
          join $schema.streams s on s.aggregate_type = n.type and s.aggregate_id = n.id
          where n.key is null
          order by s.aggregate_type, s.aggregate_id for no key update of s skip locked
      loop
        keys[number] := key;
      end loop;
    end if;
    exit when round = 2 or array_position(keys, null) is null;
    select array_agg(case when n.key is null then nextval('$schema.stream_keys') end order by n.number) into new_keys
      from unnest(keys) with ordinality n (key, number);
    begin
      -- This waits for others that create the same.
      insert into $schema.streams (stream, aggregate_type, aggregate_id)
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
          insert into $schema.streams (stream, aggregate_type, aggregate_id)
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
`
