create schema if not exists "eventmill_projections";
create table if not exists "eventmill_projections".migrations (version integer primary key, time timestamptz not null default now());
-- How far each part of each version has got, and who works on it.
create table "eventmill_projections".checkpoints (
  name text not null,
  version integer not null,
  partition integer not null,
  position bigint not null default 0,
  -- Grows with each owner: whoever has an old one writes nothing any more.
  epoch bigint not null default 0,
  owner text,
  lease_until timestamptz not null default '-infinity',
  moved_at timestamptz not null default now(),
  primary key (name, version, partition)
);

-- The version of each projection by which readers are served.
create table "eventmill_projections".serving (
  name text primary key,
  version integer not null,
  since timestamptz not null default now()
);

-- Who runs, or would like to run, each version: by their number the partitions are shared.
create table "eventmill_projections".runners (
  name text not null,
  version integer not null,
  runner text not null,
  alive_until timestamptz not null,
  primary key (name, version, runner)
);

-- Events that were put aside. What they carry stays in the log.
create table "eventmill_projections".parked (
  name text not null,
  version integer not null,
  position bigint not null,
  partition integer not null,
  aggregate_type text not null,
  aggregate_id text not null,
  sequence bigint not null,
  type text not null,
  error text not null,
  time timestamptz not null default clock_timestamp(),
  primary key (name, version, position)
);

create index parked_streams on "eventmill_projections".parked (name, version, aggregate_type, aggregate_id);
insert into "eventmill_projections".migrations (version) values (1);
