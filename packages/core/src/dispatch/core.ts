import { type AnyAggregate, type IdOf, type StateOf } from '../aggregates/aggregate.ts'
import { type AggregateId, streamOf, type VersionedAggregate } from '../aggregates/aggregate-definition.ts'
import {
  type Command,
  commandDefinition,
  type CommandDefinition,
  commandUnknown,
  type Decisions,
  isRecord,
  type ResolvedTarget,
  type Target,
} from '../aggregates/command.ts'
import { isPromise } from '../aggregates/handler.ts'
import { eventmillError } from '../errors.ts'
import { type Generation } from '../events/event.ts'
import { type StreamId, streamKey, streamName } from '../events/stream.ts'
import { checkInteger, checkKeys, checkName, checkObject, invalidArgument } from '../argument-checks.ts'
import { type SnapshotOptions, Snapshots } from '../snapshots/snapshots.ts'
import { type EventStore } from '../store/event-store.ts'
import { checkDistinct, checkSignal } from '../store/store-arguments.ts'
import { AggregateCache } from './aggregate-cache.ts'
import { AggregateReader } from './aggregate-reader.ts'
import { Dispatch, type DispatchProgress } from './dispatch.ts'
import { explanation, type ExplainOptions } from './explanation.ts'
import { HandlerScopes } from './handler-scope.ts'
import { Lanes } from './lanes.ts'
import { changed, type CommandChanges, type Middleware } from './middleware.ts'
import { unlessAborted } from '../unless-aborted.ts'

/** How a `Core` dispatches. Without any option it remembers nothing between dispatches. */
export interface CoreOptions {
  /**
   * How often a command that names no generation is decided anew when somebody else was faster, after a random
   * pause of up to 2 ms that doubles from try to try, up to 250 ms. Default 10.
   */
  readonly retries?: number | undefined
  /**
   * So many aggregates are remembered, those that were used last. A command to one of them costs a single append: its
   * events are decided on what is remembered, and stored only if the aggregate has not gone on meanwhile; a rejection
   * is checked against the store as well. Remembered are only states that nobody can change: made of plain objects and
   * arrays, frozen all through. Default 0.
   */
  readonly cache?: number | undefined
  /** Where snapshots are kept, of the aggregates whose definitions say when. Default: nowhere. */
  readonly snapshots?: SnapshotOptions | undefined
  /** Wraps every dispatch, the first one outermost. */
  readonly middleware?: readonly Middleware[] | undefined
}

/** How one command is dispatched. The context is demanded where the command's handler asks for one. */
export type DispatchOptions<Context> = {
  /** Aborted before anything is stored: the dispatch rejects with the signal's reason. In flight: `APPEND_OUTCOME_UNKNOWN`. */
  readonly signal?: AbortSignal | undefined
} & (undefined extends Context ? { readonly context?: Context } : { readonly context: Context })

/** Which state of an aggregate is loaded: the newest, unless told otherwise. */
export interface LoadAggregateOptions {
  /** The state right after so many events. Fails with `GENERATION_CONFLICT` where the aggregate has seen fewer. */
  readonly generation?: Generation | undefined
  /** The state at this time, the events of that very millisecond included: RFC 3339, or a `Date`. */
  readonly time?: string | Date | undefined
  /** Aborted before the aggregate is loaded: the load rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Dispatches commands to aggregates whose events are kept in one store. */
export class Core {
  readonly #store: EventStore
  readonly #reader: AggregateReader
  readonly #retries: number
  readonly #middleware: readonly Middleware[]
  readonly #lanes = new Lanes()
  readonly #scopes = new HandlerScopes()

  constructor(store: EventStore, options: CoreOptions = {}) {
    checkKeys(options, CORE_OPTIONS, 'options')
    const { retries = 10, cache = 0, snapshots, middleware = [] } = options
    checkInteger(retries, 0, 'options.retries')
    checkInteger(cache, 0, 'options.cache')
    if (!Array.isArray(middleware) || !middleware.every((one) => typeof one === 'function')) {
      throw invalidArgument('options.middleware', 'a list of functions', middleware)
    }
    if (!isRecord(store) || typeof store.append !== 'function') {
      throw invalidArgument('store', 'an event store, such as new InMemoryStore()', store)
    }
    // What may be rolled back is not remembered.
    const provisional = store.capabilities.provisional === true
    this.#store = store
    this.#reader = new AggregateReader(
      store,
      new AggregateCache(provisional ? 0 : cache),
      new Snapshots(snapshots, provisional),
    )
    this.#retries = retries
    this.#middleware = [...(middleware as readonly Middleware[])]
  }

  /**
   * Decides a command and stores its events. Resolves to the aggregate right after the command or, for a command
   * over several aggregates, to each of them by role.
   *
   * In this order: a command whose `commandId` was applied before resolves to the state as it was then; one whose
   * `generation` is not the aggregate's fails with `GENERATION_CONFLICT` (a handler may have decided on what was only
   * remembered, before the store finds out); then its handler decides. What the
   * handler throws reaches the caller unchanged. A command that names no generation is decided anew on conflict,
   * so handlers may run several times. Commands to one aggregate wait for each other.
   *
   * Fails with `COMMAND_UNKNOWN`, `ARGUMENT_INVALID`, `STREAM_REPEATED`, `CAPABILITY_MISSING`,
   * `DISPATCH_REENTRANT`, `DECISION_INVALID`, `EVENT_INVALID`, `EVENT_UNREADABLE`, `STATE_UNREADABLE`, with what
   * the store fails with, and with the signal's reason.
   */
  dispatchCommand<Made extends Command<unknown, never>, Context>(
    command: Made & Command<unknown, Context>,
    ...options: undefined extends Context
      ? [options?: DispatchOptions<NoInfer<Context>>]
      : [options: DispatchOptions<NoInfer<Context>>]
  ): Promise<ReturnType<Made[typeof commandDefinition]['result']>>
  dispatchCommand(command: Command, options: DispatchOptions<unknown> = {}): Promise<unknown> {
    const progress = { attempts: 0, events: [], repeated: false, rejected: false }
    return this.#middleware.length === 0
      ? this.#dispatch(command, options, progress)
      : this.#wrapped(command, options, progress)
  }

  async #wrapped(
    command: Command,
    options: DispatchOptions<unknown>,
    progress: DispatchProgress,
  ): Promise<unknown> {
    checkDispatch(command, options)
    const report = Object.assign(progress, { context: options.context, signal: options.signal })
    const from = (index: number, command: Command): Promise<unknown> => {
      const middleware = this.#middleware[index]
      if (middleware === undefined) return this.#dispatch(command, options, progress)
      const next = async (changes?: CommandChanges) => {
        Object.assign(progress, { events: [], repeated: false, rejected: false })
        return from(index + 1, changes === undefined ? command : changed(command, changes))
      }
      return middleware(command, next, report)
    }
    return from(0, command)
  }

  async #dispatch(
    command: Command,
    options: DispatchOptions<unknown>,
    report: DispatchProgress,
  ): Promise<unknown> {
    const definition = checkDispatch(command, options)
    const { signal, context } = options
    const targets = this.#resolve(command, definition)
    const keys = targets.map(({ key }) => key)
    const entered = this.#enter(targets, keys, signal)
    const leave = isPromise(entered) ? await entered : entered
    const decide = (states: readonly unknown[]): Decisions | PromiseLike<Decisions> => {
      // A handler that could wait for its own lane unnoticed must not hold it; the store still checks generations.
      const decision = this.#scopes.run(
        keys,
        definition,
        () => definition.decide(states, command.data, context),
        leave,
      )
      return isPromise(decision) ? unlessAborted(decision, signal) : decision
    }
    try {
      const [store, reader, retries] = [this.#store, this.#reader, this.#retries]
      const input = { store, reader, command, targets, decide, retries, signal, report }
      return definition.result(await new Dispatch(input).run())
    } finally {
      leave()
    }
  }

  /**
   * Loads an aggregate as it is, or was. An aggregate without events has generation 0 and its initial state.
   *
   * Fails with `ARGUMENT_INVALID`, `GENERATION_CONFLICT`, `EVENT_UNREADABLE`, with what the store fails with, and
   * with the signal's reason.
   */
  async load<A extends AnyAggregate>(
    aggregate: A,
    id: IdOf<A>,
    options: LoadAggregateOptions = {},
  ): Promise<VersionedAggregate<IdOf<A>, StateOf<A>>> {
    checkKeys(options, LOAD_OPTIONS, 'options')
    const { generation, time, signal } = options
    if (generation !== undefined) checkInteger(generation, 0, 'options.generation')
    checkSignal(signal)
    if (generation !== undefined && time !== undefined) {
      throw invalidArgument('options', 'given either a generation or a time')
    }
    const target = targetOf(aggregate, id)
    const until = time === undefined ? undefined : milliseconds(time)
    const loaded =
      generation === undefined && until === undefined
        ? await this.#reader.newest(target, this.#reader.known(target), signal)
        : await this.#reader.past(target, { upTo: generation, until }, signal)
    if (generation !== undefined && loaded.generation < generation) {
      throw notYetAt(target.stream, generation, loaded.generation)
    }
    return loaded
  }

  /**
   * The events of an aggregate as a table, for people, with the state after each. An event of an older version is shown as it is
   * stored and, after an arrow, as it is applied. From one that cannot be read on there is no state, and the reason stands below.
   *
   * Fails with `ARGUMENT_INVALID`, with what the store fails with, and with the signal's reason.
   */
  async explain<A extends AnyAggregate>(
    aggregate: A,
    id: IdOf<A>,
    options: ExplainOptions = {},
  ): Promise<string> {
    return explanation(this.#store, targetOf(aggregate, id), options)
  }

  #resolve(command: Command, definition: CommandDefinition): readonly ResolvedTarget[] {
    const { commandId, metadata } = command
    if (commandId !== undefined) checkName(commandId, 'command.commandId')
    if (metadata !== undefined) checkObject(metadata, 'command.metadata')
    const targets = definition.targets(command)
    if (targets.length > 1) {
      checkDistinct(targets)
      if (!this.#store.capabilities.multiStream) {
        const message = `${command.type} addresses several aggregates, but this store appends to one stream at a time`
        throw eventmillError('CAPABILITY_MISSING', message, { capability: 'multiStream' })
      }
    }
    return targets
  }

  /** Waits until no other dispatch of this `Core` has to do with these targets. */
  #enter(
    targets: readonly ResolvedTarget[],
    keys: readonly string[],
    signal: AbortSignal | undefined,
  ): (() => void) | Promise<() => void> {
    const around = this.#scopes.current()
    if (around === undefined) return this.#lanes.enter(keys, signal)
    const held = targets.find((_, index) => around.keys.includes(keys[index] ?? ''))
    if (held !== undefined) {
      const message = `a handler that decides for ${streamName(held.stream)} dispatched a command to it: decide with events alone, and dispatch from the read side`
      throw eventmillError('DISPATCH_REENTRANT', message, { stream: held.stream })
    }
    // A dispatch from inside a handler does not queue: two such handlers could wait for each other for ever.
    return () => undefined
  }
}

const CORE_OPTIONS = new Set(['retries', 'cache', 'snapshots', 'middleware'])
const DISPATCH_OPTIONS = new Set(['context', 'signal'])
const LOAD_OPTIONS = new Set(['generation', 'time', 'signal'])

function targetOf(aggregate: AnyAggregate, aggregateId: AggregateId): Target {
  if (!isRecord(aggregate) || !isRecord(aggregate.definition)) {
    throw invalidArgument('aggregate', 'one made by defineAggregate', aggregate)
  }
  const { definition } = aggregate
  const stream = streamOf(definition, aggregateId)
  return { definition, aggregateId, stream, key: streamKey(stream) }
}

/** The definition of a command. Throws `ARGUMENT_INVALID`, `COMMAND_UNKNOWN`, or the reason of an aborted signal. */
function checkDispatch(command: Command, options: DispatchOptions<unknown>): CommandDefinition {
  checkKeys(options, DISPATCH_OPTIONS, 'options')
  checkSignal(options.signal)
  return definitionOf(command)
}

function definitionOf(command: Command): CommandDefinition {
  const definition = isRecord(command)
    ? (command[commandDefinition] as CommandDefinition | undefined)
    : undefined
  if (definition === undefined) {
    throw commandUnknown(
      command,
      'make it with its creator and options, or revive JSON with command(json); a copy of a command loses its definition',
    )
  }
  return definition
}

/** The error for a past that has not come yet. */
function notYetAt(stream: StreamId, expected: Generation, actual: Generation): Error {
  const message = `${streamName(stream)} has been through ${actual} generations, and cannot be loaded as of ${expected}`
  return eventmillError('GENERATION_CONFLICT', message, { stream, expected, actual })
}

function milliseconds(time: string | Date): number {
  const parsed = typeof time === 'string' && !isRfc3339(time) ? NaN : new Date(time).getTime()
  if (Number.isNaN(parsed)) {
    throw invalidArgument('options.time', 'a Date, or RFC 3339 such as 2026-01-31T12:00:00Z', time)
  }
  return parsed
}

/** `Date` would take other forms as well, in ways that differ, and turn 31 February into 3 March. */
function isRfc3339(text: string): boolean {
  const [, date = ''] = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i.exec(text) ?? []
  const midnight = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date)
}
