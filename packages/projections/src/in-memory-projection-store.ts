import { type DomainEvent, type Position, type StreamId } from '@eventmill/core'
import { streamKey } from '@eventmill/core/adapter'
import { claimLost } from './errors.ts'
import {
  type Checkpoint,
  type Claim,
  type ParkedEvent,
  type PartitionId,
  type ProjectionStore,
  type ProjectionTransaction,
  type SwitchGoal,
  type SwitchOutcome,
  type VersionHooks,
  type VersionId,
  type VersionState,
} from './projection-store.ts'
import {
  checkNotDropped,
  checkPartitions,
  hasOthers,
  isLost,
  stillRuns,
  stillServes,
} from './version-rules.ts'

/**
 * Checkpoints in this process's memory, beside a target of yours, such as a `Map`: for tests, and for read models that are
 * built anew with each start. What a handler wrote before it failed is not undone.
 */
export class InMemoryProjectionStore<Target> implements ProjectionStore<Target> {
  readonly undoes = false
  readonly #target: Target
  readonly #versions = new Map<string, Version>()
  readonly #serving = new Map<string, number>()
  /** One transaction after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(target: Target) {
    this.#target = target
  }

  prepare(
    version: VersionId,
    positions: readonly Position[],
    { create, serve }: VersionHooks<Target>,
  ): Promise<void> {
    return this.#alone(async () => {
      const known = this.#versions.get(keyOf(version))
      if (known !== undefined) {
        checkPartitions(version, known.checkpoints.length, positions.length)
        return
      }
      checkNotDropped(version, this.#serving.get(version.name) ?? 0)
      await create(this.#target)
      const isFirst = !this.#serving.has(version.name)
      if (isFirst) await serve(this.#target)
      const checkpoints = positions.map((position, partition) => newCheckpoint(version, partition, position))
      this.#versions.set(keyOf(version), { ...version, checkpoints, runners: new Map(), parked: [] })
      if (isFirst) this.#serving.set(version.name, version.version)
    })
  }

  async claim(runner: string, versions: readonly VersionId[], lease: number): Promise<readonly Claim[]> {
    const now = performance.now()
    return versions.flatMap((version) => {
      const known = this.#versions.get(keyOf(version))
      if (known === undefined) return []
      known.runners.set(runner, now + lease)
      const runners = [...known.runners].filter(([, until]) => until > now).map(([id]) => id)
      const heldBy = (id: string) => known.checkpoints.filter(({ owner }) => owner === id).length
      // Those who hold more come first: whoever only joins takes nothing that nobody has too much of.
      const place = runners
        .sort()
        .sort((a, b) => heldBy(b) - heldBy(a))
        .indexOf(runner)
      const { length } = known.checkpoints
      const share = Math.floor(length / runners.length) + (place < length % runners.length ? 1 : 0)
      let held = 0
      for (const checkpoint of known.checkpoints) {
        if (checkpoint.owner !== runner) continue
        held += 1
        if (held > share) checkpoint.owner = undefined
        else checkpoint.until = now + lease
      }
      for (const checkpoint of known.checkpoints) {
        const isFree = checkpoint.owner === undefined || checkpoint.until <= now
        if (held >= share || !isFree || checkpoint.owner === runner) continue
        Object.assign(checkpoint, { owner: runner, until: now + lease, epoch: checkpoint.epoch + 1 })
        held += 1
      }
      return known.checkpoints
        .filter(({ owner }) => owner === runner)
        .map(({ partition, epoch, position }) => ({ ...idOf(version), partition, epoch, position }))
    })
  }

  async leave(runner: string, version?: VersionId): Promise<void> {
    for (const { name, version: number, checkpoints, runners } of this.#versions.values()) {
      if (version !== undefined && (version.name !== name || version.version !== number)) continue
      runners.delete(runner)
      for (const checkpoint of checkpoints) if (checkpoint.owner === runner) checkpoint.owner = undefined
    }
  }

  commit(
    claim: Claim,
    position: Position,
    work: (transaction: ProjectionTransaction<Target>) => Promise<void>,
  ): Promise<void> {
    return this.#alone(async () => {
      this.#checkpointOf(claim)
      const parked: ParkedEvent[] = []
      const version = this.#versions.get(keyOf(claim))
      const transaction: ProjectionTransaction<Target> = {
        target: this.#target,
        parkedStreams: (streams) => Promise.resolve(streamsOf(version?.parked ?? [], streams)),
        park: (event, error) => {
          parked.push(parkedEvent(claim, event, error))
          return Promise.resolve()
        },
      }
      try {
        await work(transaction)
      } catch (error) {
        this.#checkpointOf(claim)
        throw error
      }
      // It may have been taken over meanwhile.
      this.#checkpointOf(claim).position = position
      version?.parked.push(...parked)
    })
  }

  async states(names: readonly string[]): Promise<readonly VersionState[]> {
    return [...this.#versions.values()]
      .filter(({ name }) => names.includes(name))
      .sort((a, b) => a.version - b.version)
      .map(({ name, version, checkpoints, parked }) => ({
        name,
        version,
        serving: this.#serving.get(name) === version,
        checkpoints: checkpoints.map((checkpoint) => publicCheckpoint(checkpoint)),
        parked: parked.length,
      }))
  }

  serve(
    version: VersionId,
    { atLeast, lost }: SwitchGoal,
    serve: (target: Target) => Promise<void>,
  ): Promise<SwitchOutcome> {
    return this.#alone(async () => {
      const before = this.#serving.get(version.name) ?? 0
      if (before >= version.version) return 'served before'
      const old = this.#versions.get(keyOf({ name: version.name, version: before }))?.checkpoints ?? []
      const waitedFor = old.filter((checkpoint) => !isLost(checkpoint, lost))
      const reached = Math.max(atLeast, ...waitedFor.map(({ position }) => position))
      const own = this.#versions.get(keyOf(version))?.checkpoints ?? []
      if (own.length === 0 || own.some(({ position }) => position < reached)) return 'behind'
      if ((this.#versions.get(keyOf(version))?.parked.length ?? 0) > 0) return 'parked'
      await serve(this.#target)
      this.#serving.set(version.name, version.version)
      return 'switched'
    })
  }

  drop(version: VersionId, retire: boolean, drop: (target: Target) => Promise<void>): Promise<void> {
    return this.#alone(async () => {
      const serves = this.#serving.get(version.name) === version.version
      if (serves && !retire) throw stillServes(version)
      const known = this.#versions.get(keyOf(version))
      if (known === undefined) return
      const checkNobodyRuns = () => {
        const now = performance.now()
        if ([...known.runners.values()].some((until) => until > now)) throw stillRuns(version)
      }
      checkNobodyRuns()
      const others = [...this.#versions.values()].filter(({ name }) => name === version.name).length - 1
      if (serves && others > 0) throw hasOthers(version)
      await drop(this.#target)
      checkNobodyRuns()
      this.#versions.delete(keyOf(version))
      if (serves) this.#serving.delete(version.name)
    })
  }

  async parked(version: VersionId, limit: number, after: Position = 0): Promise<readonly ParkedEvent[]> {
    const all = this.#versions.get(keyOf(version))?.parked ?? []
    return all
      .filter(({ position }) => position > after)
      .sort((a, b) => a.position - b.position)
      .slice(0, limit)
  }

  unpark(event: ParkedEvent, work: (target: Target) => Promise<void>): Promise<boolean> {
    return this.#alone(async () => {
      const parked = this.#versions.get(keyOf(event))?.parked ?? []
      const index = parked.findIndex(({ position }) => position === event.position)
      if (index < 0) return false
      await work(this.#target)
      parked.splice(index, 1)
      return true
    })
  }

  /** The checkpoint, as long as nobody else has it. */
  #checkpointOf(claim: Claim): OwnCheckpoint {
    const checkpoint = this.#versions.get(keyOf(claim))?.checkpoints[claim.partition]
    if (checkpoint?.epoch !== claim.epoch || checkpoint.position !== claim.position) throw claimLost(claim)
    return checkpoint
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

interface Version extends VersionId {
  readonly checkpoints: readonly OwnCheckpoint[]
  /** Until when each of them counts as alive. */
  readonly runners: Map<string, number>
  readonly parked: ParkedEvent[]
}

interface OwnCheckpoint extends PartitionId {
  position: Position
  epoch: number
  owner: string | undefined
  until: number
}

function newCheckpoint(version: VersionId, partition: number, position: Position): OwnCheckpoint {
  return { ...idOf(version), partition, position, epoch: 0, owner: undefined, until: 0 }
}

function publicCheckpoint({ name, version, partition, position, owner, until }: OwnCheckpoint): Checkpoint {
  return { name, version, partition, position, owner: until > performance.now() ? owner : undefined }
}

function idOf({ name, version }: VersionId): VersionId {
  return { name, version }
}

function keyOf({ name, version }: VersionId): string {
  return `${version} ${name}`
}

function streamsOf(parked: readonly ParkedEvent[], streams: readonly StreamId[]): ReadonlySet<string> {
  const held = new Set(parked.map(({ stream }) => streamKey(stream)))
  return new Set(streams.map(streamKey).filter((key) => held.has(key)))
}

function parkedEvent({ name, version, partition }: Claim, event: DomainEvent, error: string): ParkedEvent {
  const { aggregateType, aggregateId, sequence, position, type } = event
  const stream = { aggregateType, aggregateId }
  return { name, version, partition, stream, sequence, position, type, error, time: new Date().toISOString() }
}
