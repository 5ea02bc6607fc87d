/** A way to store events in PostgreSQL that is compared: a library, set up as its own documentation says. */
export interface Contender {
  /** As the tables name it, such as `emmett`, or `castore, integers` for a second setting of the same library. */
  readonly name: string
  /** Of its packages. */
  readonly version: string
  /** What was chosen where its documentation leaves a choice, and why: shown below the tables. */
  readonly notes: string
  /** Creates its tables in an empty database, and opens connections of its own: 16, where it lets one say how many. */
  open(url: string): Promise<OpenContender>
}

/**
 * What is measured. A method is absent where the library cannot do it. Aggregates are named by UUIDs as text, and count the
 * cents that were deposited; an event has the payload `deposit`, 60 bytes of JSON, unless it says otherwise.
 */
export interface OpenContender {
  /** Stores one event as the first of an aggregate that does not exist, and must not exist. */
  appendFresh?(id: string): Promise<unknown>
  /** Handles a command to an aggregate that exists, in the library's own way: it loads it, and decides by its balance. */
  command?(id: string): Promise<unknown>
  /** Stores so many events in an aggregate that does not exist yet. It is not measured. */
  fill(id: string, count: number): Promise<unknown>
  /** Loads an aggregate in the library's own way. Resolves to its cents. */
  load?(id: string): Promise<number>
  /** Lets a consumer that does nothing have all events of the log, in their order. Resolves when it had so many. */
  catchUp?(count: number): Promise<unknown>
  /** Calls `arrived` with the time of each event that `send` stores from now on. Resolves when it listens; what it resolves to ends it. */
  follow?(arrived: (sentAt: number) => void): Promise<() => Promise<unknown>>
  /** Stores one event that carries a time, as `{ ...deposit, sentAt }`, whatever the aggregate has. */
  send?(id: string, sentAt: number): Promise<unknown>
  close(): Promise<unknown>
}

export const deposit = { iban: 'DE89370400440532013000', cents: 12345, by: 'ada.l' } as const

/** A library that handles commands in memory. */
export interface MemoryContender extends Pick<Contender, 'name' | 'version' | 'notes'> {
  /** A fresh store. */
  open(): Promise<OpenMemoryContender>
}

export interface OpenMemoryContender {
  fill(id: string, count: number): Promise<unknown>
  command(id: string): Promise<unknown>
}

/** What a user installs of a library to store events in PostgreSQL. */
export interface Installation {
  readonly name: string
  /** Packages of this repository, by their names. */
  readonly own?: readonly string[]
  /** Packages of others, with their versions, as npm takes them. */
  readonly others: readonly string[]
  /** What a program imports of them. */
  readonly imports: readonly string[]
}
