import { type EventStore, type Position } from '@eventmill/core'
import { isPassing, pause, withResolvers } from '@eventmill/core/adapter'
import { type Happening } from '../happening.ts'
import { type Projection } from '../projection.ts'
import { type Claim, type PartitionId, type ProjectionStore, type VersionId } from '../projection-store.ts'
import { prepare } from './prepare.ts'
import { SharedLog } from './shared-log.ts'
import { Switch } from './switch.ts'
import { Worker } from './worker.ts'

/** What a runner works with. */
export interface RunnerInput<Target> {
  readonly store: EventStore
  readonly into: ProjectionStore<Target>
  readonly projections: readonly Projection<Target>[]
  readonly batchSize: number
  readonly lease: number
  readonly tell: (happening: Happening) => void
  /** Called when one of its partitions has got further, and when it fails. */
  readonly moved: () => void
}

/** Claims partitions, and has a worker for each that it holds. */
export class Runner<Target> {
  readonly #input: RunnerInput<Target>
  readonly #id = crypto.randomUUID()
  readonly #workers = new Map<string, Working<Target>>()
  readonly #logs: ReadonlyMap<Projection<Target>, SharedLog>
  readonly #failed = new Map<Projection<Target>, unknown>()
  /** What it does not work on any more. */
  readonly #left = new Set<Projection<Target>>()
  readonly #switches: ReadonlyMap<Projection<Target>, Switch<Target>>
  readonly #stopping = new AbortController()
  readonly #outcome = withResolvers()
  /** Ends the pause before the next look at the claims. */
  #hurry = new AbortController()
  #claiming: Promise<readonly Claim[]> | undefined
  #starting: Promise<void> | undefined
  #ticking: Promise<void> | undefined

  constructor(input: RunnerInput<Target>) {
    this.#input = input
    const { store, projections, batchSize } = input
    const { signal } = this.#stopping
    this.#switches = new Map(
      projections.map((projection) => {
        const workers = () => [...this.workers(projection).values()]
        return [projection, new Switch({ ...input, projection, workers, signal })]
      }),
    )
    this.#logs = new Map(projections.map((one) => [one, new SharedLog(store, one, batchSize)]))
    // Whoever does not ask is not bothered.
    this.#outcome.promise.catch(() => undefined)
  }

  /** Resolves when it is stopped, rejects with what first ends a projection. */
  get finished(): Promise<void> {
    return this.#outcome.promise
  }

  /** Makes what is not there yet, and claims what is free. */
  start(): Promise<void> {
    this.#starting = this.#start()
    this.#starting.catch((error: unknown) => {
      this.#outcome.reject(error)
    })
    return this.#starting
  }

  async #start(): Promise<void> {
    const { store, into, projections } = this.#input
    await prepare(store, into, projections)
    const states = await into.states(projections.map(({ name }) => name))
    for (const projection of projections) {
      const isServed = states.some(
        ({ name, version, serving }) => serving && name === projection.name && version >= projection.version,
      )
      if (isServed) this.#switches.get(projection)?.done()
    }
    if (this.#stopping.signal.aborted) return
    await this.#tick()
    this.#ticking = this.#keepTicking()
  }

  /** Lets every worker finish the batch in hand, and gives up what it holds. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#starting?.catch(() => undefined)
    await this.#ticking
    const working = [...this.#workers.values()]
    for (const { worker } of working) worker.stop()
    await Promise.all(working.map(({ done }) => done))
    await Promise.all([...this.#switches.values()].map((one) => one.settled()))
    // Where that fails, the leases end by themselves.
    await this.#input.into.leave(this.#id).catch(() => undefined)
    this.#outcome.resolve()
  }

  /** The workers of a version, by partition. */
  workers(projection: Projection<Target>): ReadonlyMap<number, Worker<Target>> {
    const own = [...this.#workers.values()].filter((working) => working.projection === projection)
    return new Map(own.map(({ partition, worker }) => [partition.partition, worker]))
  }

  /** How far a version has got everywhere; `undefined` where that is not known here. */
  reached(version: VersionId): Position | undefined {
    const projection = this.#projection(version)
    if (projection === undefined) return undefined
    const own = [...this.workers(projection).values()]
    if (own.length < projection.partitions) return undefined
    return Math.min(...own.map(({ position }) => position))
  }

  /** What has ended a version here. */
  failure(version: VersionId): { readonly error: unknown } | undefined {
    const projection = this.#projection(version)
    if (projection === undefined || !this.#failed.has(projection)) return undefined
    return { error: this.#failed.get(projection) }
  }

  #projection({ name, version }: VersionId): Projection<Target> | undefined {
    return this.#input.projections.find((one) => one.name === name && one.version === version)
  }

  /** Leaves a version to others, from now on. Fails as the store does: then its leases end by themselves. */
  async leave(projection: Projection<Target>): Promise<void> {
    this.#left.add(projection)
    const own = [...this.#workers.values()].filter((working) => working.projection === projection)
    for (const { worker } of own) worker.stop()
    await Promise.all(own.map(({ done }) => done))
    // What is asked for already would be claimed after it was left.
    await this.#claiming?.catch(() => undefined)
    await this.#input.into.leave(this.#id, idOf(projection))
  }

  /** Works on a version again that was left, unless it has failed. */
  rejoin(projection: Projection<Target>): void {
    if (this.#failed.has(projection)) return
    this.#left.delete(projection)
    this.#hurry.abort()
  }

  /** There is nothing left of a version: whoever waits for it hears of it. */
  dropped(projection: Projection<Target>, error: unknown): void {
    this.#failed.set(projection, error)
    this.#input.moved()
  }

  async #keepTicking(): Promise<void> {
    const { lease, tell } = this.#input
    const { signal } = this.#stopping
    while (!signal.aborted) {
      this.#hurry = new AbortController()
      await pause(lease / 3, AbortSignal.any([signal, this.#hurry.signal])).catch(() => undefined)
      try {
        if (!isAborted(signal)) await this.#tick()
      } catch (error) {
        if (isPassing(error)) {
          tell({ happened: 'unreachable', error })
          continue
        }
        for (const projection of this.#running()) this.#fail(projection, error)
      }
    }
  }

  #running(): readonly Projection<Target>[] {
    return this.#input.projections.filter((projection) => !this.#left.has(projection))
  }

  async #tick(): Promise<void> {
    const { into, lease } = this.#input
    const running = this.#running()
    if (running.length === 0) return
    this.#claiming = into.claim(this.#id, running.map(idOf), lease)
    const claims = await this.#claiming
    const held = new Set(claims.map(keyOf))
    for (const working of [...this.#workers.values()]) {
      if (!held.has(keyOf(working.partition))) working.worker.stop()
    }
    for (const claim of claims) this.#work(claim)
    for (const projection of running) this.#look(projection)
  }

  #work(claim: Claim): void {
    const { tell } = this.#input
    const key = keyOf(claim)
    const projection = this.#projection(claim)
    if (projection === undefined || this.#left.has(projection) || this.#workers.has(key)) return
    const log = this.#logs.get(projection)
    if (log === undefined) return
    const { name, version, partition, position } = claim
    const moved = () => {
      this.#input.moved()
      this.#look(projection)
    }
    const worker = new Worker({ ...this.#input, projection, claim, log, moved })
    const done = worker
      .run()
      .catch((error: unknown) => {
        this.#fail(projection, error)
      })
      .finally(() => {
        if (this.#workers.get(key) === working) this.#workers.delete(key)
        tell({ name, version, partition, happened: 'released', position: worker.checkpoint })
        moved()
        // What it has lost without being stopped may be had again.
        this.#hurry.abort()
      })
    const working = { partition: { name, version, partition }, projection, worker, done }
    this.#workers.set(key, working)
    tell({ name, version, partition, happened: 'claimed', position })
  }

  /** A version that has caught up serves from then on. Nobody waits for it: leases are to be kept. */
  #look(projection: Projection<Target>): void {
    this.#switches
      .get(projection)
      ?.look()
      .catch((error: unknown) => {
        this.#fail(projection, error)
      })
  }

  #fail(projection: Projection<Target>, error: unknown): void {
    if (this.#failed.has(projection)) return
    const { tell, moved } = this.#input
    this.#failed.set(projection, error)
    this.leave(projection).catch(() => undefined)
    this.#outcome.reject(error)
    tell({ ...idOf(projection), happened: 'failed', error })
    moved()
  }
}

interface Working<Target> {
  readonly partition: PartitionId
  readonly projection: Projection<Target>
  readonly worker: Worker<Target>
  readonly done: Promise<void>
}

function idOf({ name, version }: Projection): VersionId {
  return { name, version }
}

function keyOf({ name, version, partition }: PartitionId): string {
  return `${version} ${partition} ${name}`
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
