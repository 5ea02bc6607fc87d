import { type DomainEvent, type Metadata, type Position } from '@eventmill/core'
import { type DatabaseSync } from 'node:sqlite'

// AUTOINCREMENT never gives a position twice, not even that of a last row which somebody has deleted by hand.
// EXTRA keeps an acknowledged append also when the power fails right after it.
export const SCHEMA = `
  PRAGMA synchronous = EXTRA;
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    aggregate_type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    type TEXT NOT NULL,
    version INTEGER NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    time TEXT NOT NULL,
    UNIQUE (aggregate_type, aggregate_id, sequence)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS commits (
    aggregate_type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    first_position INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    streams TEXT NOT NULL,
    generations TEXT NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, commit_id)
  ) STRICT, WITHOUT ROWID;`

/** Every statement of the store, prepared once. Values are bound, never spliced in. */
export function prepare(database: DatabaseSync) {
  const ofStream = 'aggregate_type = :aggregateType AND aggregate_id = :aggregateId'
  const page = (condition: string, order: string) =>
    database.prepare(`
      SELECT aggregate_type AS aggregateType, aggregate_id AS aggregateId, sequence, position,
        id, source, type, version, data, metadata, time
      FROM events WHERE ${condition} ORDER BY ${order} LIMIT :limit`)
  const inLog = 'position > :after AND position <= :upTo'
  const inStream = `${ofStream} AND sequence > :after AND sequence <= :upTo`
  return {
    head: database.prepare('SELECT coalesce(max(position), 0) AS last FROM events'),
    generation: database.prepare(`SELECT coalesce(max(sequence), 0) AS last FROM events WHERE ${ofStream}`),
    log: { forwards: page(inLog, 'position'), backwards: page(inLog, 'position DESC') },
    stream: { forwards: page(inStream, 'sequence'), backwards: page(inStream, 'sequence DESC') },
    insertEvent: database.prepare(`
      INSERT INTO events
        (aggregate_type, aggregate_id, sequence, id, source, type, version, data, metadata, time)
      VALUES
        (:aggregateType, :aggregateId, :sequence, :id, :source, :type, :version, :data, :metadata, :time)`),
    commit: database.prepare(`
      SELECT first_position AS first, last_position AS last, streams, generations
      FROM commits WHERE ${ofStream} AND commit_id = :commitId`),
    insertCommit: database.prepare(`
      INSERT INTO commits VALUES
        (:aggregateType, :aggregateId, :commitId, :first, :last, :streams, :generations)`),
  }
}

/** What `commit` selects: the positions of an append's events, and two lists as JSON. */
export interface CommitRow {
  readonly first: Position
  readonly last: Position
  readonly streams: string
  readonly generations: string
}

/** The event that a row of `log` or `stream` holds. */
export function toEvent(row: object): DomainEvent {
  const { data, metadata, ...event } = row as DomainEvent & {
    readonly data: string
    readonly metadata: string
  }
  return { ...event, data: JSON.parse(data), metadata: JSON.parse(metadata) as Metadata }
}
