/** How an append that comes again is found. */
export const repeats = `
-- The verdict on an append that was stored, or decided on, before; null where it was not.
create function $schema.settled(
  first_key bigint, commit_id uuid, resend text, written_key bigint, tail text, events integer
) returns json language plpgsql volatile as $body$
#variable_conflict use_variable
declare
  earlier json;
begin
  if commit_id is not null then
    earlier := $schema.find_commit(first_key, commit_id);
  end if;
  if earlier is null and commit_id is null and resend is not null then
    earlier := $schema.find_append(written_key, tail, events);
  end if;
  if earlier is not null then
    return json_build_object('parts', earlier);
  end if;
  select coalesce(r.conflict, '{"superseded":true}') into earlier
    from $schema.resends r where r.identity = coalesce(resend, tail);
  return earlier;
end $body$;

-- The parts of the append under this commit id. That to one stream goes as far as its ids follow one after the other.
create function $schema.find_commit(stream_key bigint, commit_key uuid)
returns json language plpgsql volatile as $body$
declare
  first record;
  next record;
  count integer := 0;
begin
  select e.sequence, $schema.tail(e.id) as tail into first from $schema.events e
    where e.stream = stream_key and e.commit_id = commit_key;
  if not found then
    return (select c.parts from $schema.commits c where c.stream = stream_key and c.commit_id = commit_key);
  end if;
  for next in
    select $schema.tail(e.id) as tail from $schema.events e
    where e.stream = stream_key and e.sequence >= first.sequence order by e.sequence
  loop
    exit when left(next.tail, 12) <> left(first.tail, 12)
      or $schema.tail_number(next.tail) <> $schema.tail_number(first.tail) + count;
    count := count + 1;
  end loop;
  return json_build_array(json_build_array(stream_key, first.sequence + count - 1, count));
end $body$;

-- The last 20 digits of an id, and the number that their last 8 are, which is one higher for each event of an append.
create function $schema.tail(id uuid) returns text language sql immutable as $body$
  select substr(replace(id::text, '-', ''), 13)
$body$;
create function $schema.tail_number(tail text) returns bigint language sql immutable as $body$
  select ('x' || right(tail, 8))::bit(32)::bigint
$body$;

-- The parts of an append that is known by the id of its first event alone: its ids are one after the other. For the rare
-- repeat of an append without a commit id, whose answer was lost: it looks through the stream, latest first.
create function $schema.find_append(stream_key bigint, first_tail text, events integer)
returns json language plpgsql volatile as $body$
declare
  first constant bigint := $schema.tail_number(first_tail);
  begin_at bigint;
begin
  select e.position into begin_at from $schema.events e
    where e.stream = stream_key and $schema.tail(e.id) = first_tail
    order by e.sequence desc limit 1;
  return (
    select json_agg(json_build_array(part.stream, part.generation, part.count) order by part.position)
    from (
      select own.stream, max(own.sequence) as generation, count(*) as count, min(own.position) as position
      from (
        select e.stream, e.sequence, e.position from $schema.events e
        where e.position >= begin_at
          and left($schema.tail(e.id), 12) = left(first_tail, 12)
          and $schema.tail_number($schema.tail(e.id)) between first and first + events - 1
        order by e.position limit events) own
      group by own.stream) part);
end $body$;
`
