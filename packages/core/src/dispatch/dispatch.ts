import { initialVersion, nextVersion, type VersionedAggregate } from '../aggregates/aggregate-definition.ts'
import { type Command, type Decisions, type ResolvedTarget } from '../aggregates/command.ts'
import { isPromise, whenDecided } from '../aggregates/handler.ts'
import { eventmillError, hasCode } from '../errors.ts'
import { type DomainEvent, type Generation, type Metadata, type NewEvent } from '../events/event.ts'
import { streamName } from '../events/stream.ts'
import { equalJson } from '../json.ts'
import { type AppendResult, type EventStore } from '../store/event-store.ts'
import { generationConflict } from '../store/expectation.ts'
import { backOff, pause } from '../pause.ts'
import { type AggregateReader } from './aggregate-reader.ts'

/** What a dispatch works with. */
export interface DispatchInput {
  readonly store: EventStore
  readonly reader: AggregateReader
  readonly command: Command
  readonly targets: readonly ResolvedTarget[]
  /** Asks the command's handler. */
  readonly decide: (states: readonly unknown[]) => Decisions | PromiseLike<Decisions>
  /** How often the command is decided anew after a conflict. */
  readonly retries: number
  readonly signal: AbortSignal | undefined
  readonly report: DispatchProgress
}

/** What a dispatch tells of itself as it goes. */
export interface DispatchProgress {
  attempts: number
  events: readonly DomainEvent[]
  repeated: boolean
  rejected: boolean
}

/** The bounds of the pauses between tries, in milliseconds: a conflict is over at once in one process, among many it takes some patience. */
const SHORTEST = 1
const LONGEST = 250

/** The targets of a command, in their order. */
export type Aggregates = readonly VersionedAggregate[]

/** One command on its way: load, check, decide, append, apply the events that came back. */
export class Dispatch {
  readonly #input: DispatchInput
  /** The targets as last read, as far as they are known. */
  #aggregates: readonly (VersionedAggregate | undefined)[]
  /** Whether some of them are only remembered, and may be behind the store. */
  #remembered: boolean

  constructor(input: DispatchInput) {
    this.#input = input
    this.#aggregates = input.targets.map((target) => input.reader.known(target))
    this.#remembered = this.#aggregates.some((aggregate) => aggregate !== undefined)
  }

  /** Resolves to the targets right after the command. */
  async run(): Promise<Aggregates> {
    const { retries, signal, report } = this.#input
    for (let attempt = 1; ;) {
      report.attempts += 1
      try {
        return await this.#attempt()
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error
        // What was only remembered has no rival yet.
        if (this.#remembered) {
          this.#remembered = false
          continue
        }
        if (attempt > retries) return await this.#lastLook(error.cause, attempt)
      }
      await pause(backOff(attempt++, SHORTEST, LONGEST), signal)
    }
  }

  /** A rival may have been faster with this very command. */
  async #lastLook(conflict: unknown, attempts: number): Promise<Aggregates> {
    const applied = await this.#alreadyApplied()
    if (applied !== undefined) return applied
    if (!hasCode(conflict, 'GENERATION_CONFLICT')) throw conflict
    const { stream, expected, actual } = conflict
    const message = `${conflict.message} (given up after ${attempts} ${attempts === 1 ? 'try' : 'tries'})`
    throw eventmillError('GENERATION_CONFLICT', message, { stream, expected, actual, cause: conflict })
  }

  async #attempt(): Promise<Aggregates> {
    const { report } = this.#input
    const { commandId } = this.#input.command
    // Not beside the load: what was applied is told even if a later event cannot be read.
    const applied = commandId === undefined ? undefined : await this.#alreadyApplied()
    if (applied !== undefined) return applied
    const aggregates = this.#fromMemory() ?? (await this.#load())
    let decisions: Decisions
    try {
      const decided = this.#decide(aggregates)
      decisions = isPromise(decided) ? await decided : decided
    } catch (rejection) {
      const applied = await this.#appliedMeanwhile(aggregates)
      if (applied !== undefined) return applied
      report.rejected = true
      throw rejection
    }
    if (decisions.every((events) => events.length === 0)) {
      return (await this.#appliedMeanwhile(aggregates)) ?? aggregates
    }
    const { events, generations, repeated } = await this.#append(aggregates, decisions, commandId)
    report.repeated = repeated
    return repeated ? await this.#loadAsOf(generations) : this.#apply(aggregates, decisions, events)
  }

  /** The targets right after this very command, if it was applied before. */
  async #alreadyApplied(): Promise<Aggregates | undefined> {
    const { store, command, targets, signal, report } = this.#input
    const [first] = targets
    if (command.commandId === undefined || first === undefined) return undefined
    const commit = await store.findCommit(first.stream, command.commandId, { signal })
    if (commit === undefined) return undefined
    const [before, now] = [commit.streams, targets.map(({ stream }) => stream)]
    if (!equalJson(before, now)) {
      const { stream } = first
      const message = `the command id ${command.commandId} was used on ${streamName(stream)} for a command to other aggregates`
      throw eventmillError('COMMIT_ID_REUSED', message, { stream, commitId: command.commandId })
    }
    report.repeated = true
    return this.#loadAsOf(commit.generations)
  }

  /** The targets as they are remembered, if that may still be tried, and all of them are. */
  #fromMemory(): Aggregates | undefined {
    return this.#remembered && areKnown(this.#aggregates) ? this.#aggregates : undefined
  }

  /** The targets as they are, or those that are remembered as they were. */
  async #load(): Promise<Aggregates> {
    const { reader, targets, signal } = this.#input
    const aggregates = await Promise.all(
      targets.map(async (target, index) => {
        const known = this.#aggregates[index]
        return this.#remembered && known !== undefined ? known : reader.newest(target, known, signal)
      }),
    )
    this.#aggregates = aggregates
    return aggregates
  }

  #loadAsOf(generations: readonly Generation[]): Promise<Aggregates> {
    const { reader, targets, signal } = this.#input
    return Promise.all(
      targets.map((target, index) => reader.past(target, { upTo: generations[index] }, signal)),
    )
  }

  /** The events for each target, encoded and complete. Throws whatever speaks against the command. */
  #decide(aggregates: Aggregates): Decisions | PromiseLike<Decisions> {
    const { targets, command, decide } = this.#input
    targets.forEach(({ stream, generation }, index) => {
      const actual = aggregates[index]?.generation ?? 0
      if (generation !== undefined && generation !== actual) {
        throw generationConflict(stream, generation, actual)
      }
    })
    return whenDecided(decide(aggregates.map(({ state }) => state)), (decisions) =>
      targets.map(({ definition }, index) =>
        (decisions[index] ?? []).map((event) =>
          withMetadata(definition.codec.encode(event), command.metadata),
        ),
      ),
    )
  }

  /** The targets after the events that were stored for them. */
  #apply(aggregates: Aggregates, decisions: Decisions, events: readonly DomainEvent[]): Aggregates {
    const { targets, command, reader, report } = this.#input
    report.events = events
    try {
      let start = 0
      return targets.map((target, index) => {
        const { definition, aggregateId } = target
        const end = start + (decisions[index]?.length ?? 0)
        const own = events.slice(start, end)
        start = end
        const before = aggregates[index] ?? initialVersion(definition, aggregateId)
        const after = own.reduce((aggregate, event) => nextVersion(definition, aggregate, event), before)
        reader.learn(target, before.generation, after, own.at(-1)?.id, before.state)
        return after
      })
    } catch (cause) {
      const message = `the events of ${command.type} are stored, but the state after them could not be computed: do not repeat it`
      throw eventmillError('STATE_UNREADABLE', message, { events, cause })
    }
  }

  /**
   * Asked before an empty decision or a rejection is reported: this very command may have been applied since its id
   * was looked up. What is only remembered may be behind, and several streams are not read at one instant: then the
   * store must say that all of them stand as they were taken to be.
   */
  async #appliedMeanwhile(aggregates: Aggregates): Promise<Aggregates | undefined> {
    if (this.#remembered || aggregates.length > 1) await this.#append(aggregates, [], undefined)
    return this.#alreadyApplied()
  }

  /** Appends to all targets, also those that get no event, so that the generation of each is checked. */
  async #append(
    aggregates: Aggregates,
    decisions: Decisions,
    commitId: string | undefined,
  ): Promise<AppendResult> {
    const { store, targets, signal } = this.#input
    const appends = targets.map(({ stream }, index) => ({
      stream,
      expected: aggregates[index]?.generation ?? 0,
      events: decisions[index] ?? [],
    }))
    try {
      return await store.append(appends, { commitId, signal })
    } catch (error) {
      if (hasCode(error, 'GENERATION_CONFLICT', 'COMMIT_ID_REUSED')) throw new Overtaken(error)
      throw error
    }
  }
}

function areKnown(aggregates: readonly (VersionedAggregate | undefined)[]): aggregates is Aggregates {
  return aggregates.every((aggregate) => aggregate !== undefined)
}

/** Somebody else was faster: what was decided rests on a state that is no more. The cause says where. */
class Overtaken extends Error {
  constructor(cause: unknown) {
    super('overtaken', { cause })
  }
}

/** What the event says of itself wins over what its command says. */
function withMetadata(event: NewEvent, metadata: Metadata | undefined): NewEvent {
  if (metadata === undefined) return event
  return { ...event, metadata: event.metadata === undefined ? metadata : { ...metadata, ...event.metadata } }
}
