/**
 * Snapshots of aggregates: one for each stream and version of its definition. They may be deleted at any time, and are
 * made again.
 */
export const snapshots = `
create table $schema.snapshots (
  stream bigint not null,
  version bigint not null,
  generation integer not null,
  event_id uuid not null,
  time timestamptz not null default now(),
  state json not null,
  primary key (stream, version)
);
`
