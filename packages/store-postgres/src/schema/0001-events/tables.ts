/** Streams, events and commit ids; rows of none of them are ever updated. */
export const tables = `
create sequence $schema.stream_keys as bigint;

-- Whoever locks a row must have the right to update a column of it: held is there to be that one, and has never a value.
create table $schema.streams (
  stream bigint primary key default nextval('$schema.stream_keys'),
  aggregate_type text collate "C" not null,
  aggregate_id text collate "C" not null,
  held boolean check (held is null),
  unique (aggregate_type, aggregate_id)
);

create table $schema.types (
  type integer primary key,
  source text collate "C" not null,
  name text collate "C" not null,
  version bigint not null,
  unique (source, name, version)
);

create sequence $schema.positions as bigint increment by 1 cache 1 no cycle;

-- The order of the columns leaves no padding between them. The time of an event is that of its id. What identifies
-- other things is a UUID as well: of metadata that is one, and of commit ids, those that are none by their hash.
create table $schema.events (
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
create unique index on $schema.events (stream, commit_id) where commit_id is not null;

-- The commit ids of appends to several streams. parts: for each stream, in its order, [stream, generation after it,
-- number of events].
create table $schema.commits (
  stream bigint not null,
  commit_id uuid not null,
  parts json not null,
  primary key (stream, commit_id)
);

-- Appends that were sent again: a first attempt that arrives late finds itself here, and does nothing. Kept for a day.
create table $schema.resends (
  identity text collate "C" primary key,
  conflict json,
  time timestamptz not null default now()
);

create view $schema.event_log as
  select e.position, s.aggregate_type, s.aggregate_id, e.sequence, e.id,
    to_timestamp(('x' || left(replace(e.id::text, '-', ''), 12))::bit(48)::bigint / 1000.0) as time,
    t.source, t.name as type, t.version, e.data, e.metadata, e.correlation_id, e.causation_id, e.commit_id
  from $schema.events e join $schema.streams s using (stream) join $schema.types t using (type);
`
