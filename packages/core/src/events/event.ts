/** Place of an event in its stream: from 1, without gaps. */
export type Sequence = number

/** How many events an aggregate has seen, which is the sequence of the last one; 0 = it does not exist. */
export type Generation = number

/** Place of an event in its store's total order: unique, growing, gaps allowed; 0 = before the first event. */
export type Position = number

/** What is known of an event beside its payload: plain JSON, by the names that the user gives. */
export interface Metadata {
  /** Shared by everything that one business process causes. */
  readonly correlationId?: string | undefined
  /** The id of the message (command or event) that caused this one. */
  readonly causationId?: string | undefined
  readonly [key: string]: unknown
}

/** An event as decided, not stored. */
export interface NewEvent<Source extends string = string, Type extends string = string, Data = unknown> {
  /** The namespace: a URI that owns a set of event types; `source` as in CloudEvents. */
  readonly source: Source
  /** The event's name within its namespace. */
  readonly type: Type
  /** The version of the payload, from 1. */
  readonly version: number
  /** The payload: what has happened, in the terms of its type. */
  readonly data: Data
  /** What is known beside the payload. Default: nothing, which is stored as `{}`. */
  readonly metadata?: Metadata | undefined
}

/** An event as stored. Whoever reads `data` from a store sees JSON; whoever reads it through `Core`, decoded. */
export interface DomainEvent<
  Source extends string = string,
  Type extends string = string,
  Data = unknown,
> extends NewEvent<Source, Type, Data> {
  /** A UUIDv7 that the store assigns. */
  readonly id: string
  /** The type of the aggregate to which it happened. */
  readonly aggregateType: string
  /** The id of that aggregate, as text. */
  readonly aggregateId: string
  /** Its place in the stream of that aggregate, from 1. */
  readonly sequence: Sequence
  /** Its place in the store's total order. */
  readonly position: Position
  /** When it was stored: RFC 3339 in UTC, such as `2026-01-31T12:00:00.000Z`. */
  readonly time: string
  /** What is known beside the payload; an empty object where nothing is. */
  readonly metadata: Metadata
}
