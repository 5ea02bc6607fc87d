/** What is used of evtstore: its own declarations lie beside its sources, which take precedence, and do not compile here. */
declare module 'evtstore' {
  export interface StoreEvent {
    readonly version: number
    readonly position: unknown
  }

  export interface Provider<Event> {
    createEvents(
      stream: string,
      aggregateId: string,
      version: number,
      events: readonly Event[],
    ): readonly StoreEvent[]
    append(
      stream: string,
      aggregateId: string,
      version: number,
      events: readonly StoreEvent[],
    ): Promise<readonly StoreEvent[]>
    getPosition(bookmark: string): Promise<unknown>
    setPosition(bookmark: string, position: unknown): Promise<void>
  }

  export interface ProviderBookmark {
    readonly name: string
    getPosition(): Promise<unknown>
    setPosition(position: unknown): Promise<void>
  }

  export interface StorableAggregate<Event, State> {
    readonly stream: string
    readonly fold: (event: Event, previous: State) => Partial<State>
  }

  export interface ProvidedAggregate<_Event, State> {
    getAggregate(id: string): Promise<State & { readonly version: number; readonly aggregateId: string }>
  }

  export interface EventHandler<Event> {
    handle(stream: string, type: string, handler: (id: string, event: Event) => unknown): void
    start(): void
    stop(): void
    runOnce(): Promise<number>
    readonly __handler: { run: () => Promise<void> }
  }

  export function createAggregate<Event, State, Stream extends string>(options: {
    readonly stream: Stream
    readonly create: () => State
    readonly fold: (event: Event, previous: State) => Partial<State>
  }): StorableAggregate<Event, State>

  export function createDomain<Event, State>(
    options: { readonly provider: Provider<Event> },
    aggregates: { readonly account: StorableAggregate<Event, State> },
  ): {
    readonly domain: { readonly account: ProvidedAggregate<Event, State> }
    readonly createHandler: (
      bookmark: string | ProviderBookmark,
      streams: readonly string[],
    ) => EventHandler<Event>
  }

  export function createCommands<Event, State, Command extends { readonly type: string }>(
    aggregate: ProvidedAggregate<Event, State>,
    handlers: {
      readonly [Type in Command['type']]: (
        command: Extract<Command, { readonly type: Type }>,
        state: State,
      ) => Promise<Event>
    },
  ): {
    readonly [Type in Command['type']]: (
      id: string,
      body: Omit<Extract<Command, { readonly type: Type }>, 'type'>,
    ) => Promise<State>
  }

  export class VersionError extends Error {}
}

declare module 'evtstore/provider/memory.js' {
  import { type Provider } from 'evtstore'
  export function createProvider<Event>(): Provider<Event>
}

declare module 'evtstore/provider/pg.js' {
  import { type Provider } from 'evtstore'
  import type pg from 'pg'
  interface Tables {
    readonly client: pg.Pool
    readonly events: string
    readonly bookmarks: string
  }
  export function createProvider<Event>(options: Tables & { readonly limit: number }): Provider<Event>
  export function migrate(options: Tables): Promise<void>
}

declare module 'evtstore/provider/postgres.js' {
  import { type Provider } from 'evtstore'
  import type postgres from 'postgres'
  interface Tables {
    readonly sql: postgres.Sql
    readonly events: string
    readonly bookmarks: string
  }
  export function createProvider<Event>(options: Tables & { readonly limit: number }): Provider<Event>
  export function migrate(options: Tables): Promise<void>
}
