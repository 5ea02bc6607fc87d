import { type EventStore, type Position } from '@eventmill/core'
import { isPassing, pause, withResolvers } from '@eventmill/core/adapter'
import { type Happening } from '../happening.ts'
import { type Projection } from '../projection.ts'
import { type Claim, type PartitionId, type ProjectionStore } from '../projection-store.ts'
import { SharedLog } from './shared-log.ts'
import { Worker } from './worker.ts'

/** What a runner works with. */
export interface RunnerInput<Target> {
  readonly store: EventStore
  readonly target: ProjectionStore<Target>
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
  /** Versions of which it is known that nothing is to be done to let them serve. */
  readonly #served = new Set<Projection<Target>>()
  /** Where the head was when a version had first caught up. */
  readonly #caughtUpAt = new Map<Projection<Target>, Position>()
  readonly #stopping = new AbortController()
  readonly #outcome = withResolvers()
  /** Ends the pause before the next look at the claims. */
  #hurry = new AbortController()
  #starting: Promise<void> | undefined
  #ticking: Promise<void> | undefined
  /** The tries to let a version serve that go on. */
  readonly #switching = new Map<Projection<Target>, Promise<void>>()

  constructor(input: RunnerInput<Target>) {
    this.#input = input
    const { store, projections, batchSize } = input
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
    return this.#starting
  }

  async #start(): Promise<void> {
    const { target, projections } = this.#input
    for (const projection of projections) {
      await target.prepare(idOf(projection), projection.partitions, projection.create)
    }
    const states = await target.states(projections.map(({ name }) => name))
    for (const projection of projections) {
      const isServed = states.some(
        ({ name, version, serving }) => serving && name === projection.name && version >= projection.version,
      )
      if (isServed) this.#served.add(projection)
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
    await Promise.all([...working.map(({ done }) => done), ...this.#switching.values()])
    // Where that fails, the leases end by themselves.
    await this.#input.target.leave(this.#id).catch(() => undefined)
    this.#outcome.resolve()
  }

  /** The workers of a version, by partition. */
  workers(projection: Projection<Target>): ReadonlyMap<number, Worker<Target>> {
    const own = [...this.#workers.values()].filter((working) => working.projection === projection)
    return new Map(own.map(({ partition, worker }) => [partition.partition, worker]))
  }

  /** How far a version has got everywhere; `undefined` where that is not known here. */
  reached(projection: Projection<Target>): Position | undefined {
    const own = [...this.workers(projection).values()]
    if (own.length < projection.partitions) return undefined
    return Math.min(...own.map(({ position }) => position))
  }

  /** What has ended a version here. */
  failure(projection: Projection<Target>): { readonly error: unknown } | undefined {
    return this.#failed.has(projection) ? { error: this.#failed.get(projection) } : undefined
  }

  /** Leaves a version to others, from now on. */
  async leave(projection: Projection<Target>, error: unknown): Promise<void> {
    this.#failed.set(projection, error)
    const own = [...this.#workers.values()].filter((working) => working.projection === projection)
    for (const { worker } of own) worker.stop()
    await Promise.all(own.map(({ done }) => done))
    // Where that fails, the leases end by themselves.
    await this.#input.target.leave(this.#id, idOf(projection)).catch(() => undefined)
  }

  /** Works on a version again that was left. */
  rejoin(projection: Projection<Target>): void {
    this.#failed.delete(projection)
    this.#hurry.abort()
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
    return this.#input.projections.filter((projection) => !this.#failed.has(projection))
  }

  async #tick(): Promise<void> {
    const { target, lease } = this.#input
    const running = this.#running()
    if (running.length === 0) return
    const claims = await target.claim(this.#id, running.map(idOf), lease)
    const held = new Set(claims.map(keyOf))
    for (const working of [...this.#workers.values()]) {
      if (!held.has(keyOf(working.partition))) working.worker.stop()
    }
    for (const claim of claims) this.#work(claim)
    for (const projection of running) this.#letServe(projection)
  }

  #work(claim: Claim): void {
    const { projections, moved, tell } = this.#input
    const key = keyOf(claim)
    const projection = projections.find((one) => one.name === claim.name && one.version === claim.version)
    if (projection === undefined || this.#failed.has(projection) || this.#workers.has(key)) return
    const log = this.#logs.get(projection)
    if (log === undefined) return
    const { name, version, partition, position } = claim
    const worker = new Worker({ ...this.#input, projection, claim, log })
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

  #fail(projection: Projection<Target>, error: unknown): void {
    if (this.#failed.has(projection)) return
    const { tell, moved } = this.#input
    void this.leave(projection, error)
    this.#outcome.reject(error)
    tell({ ...idOf(projection), happened: 'failed', error })
    moved()
  }

  /** A version that has caught up serves from now on. Nobody waits for it: leases are to be kept. */
  #letServe(projection: Projection<Target>): void {
    if (this.#served.has(projection) || this.#switching.has(projection)) return
    const own = [...this.workers(projection).values()]
    if (own.length === 0 || !own.every(({ live }) => live)) {
      this.#caughtUpAt.delete(projection)
      return
    }
    const position = this.#caughtUpAt.get(projection) ?? Math.max(...own.map((worker) => worker.position))
    this.#caughtUpAt.set(projection, position)
    const switching = this.#switch(projection, position)
      .catch((error: unknown) => {
        if (isPassing(error)) this.#input.tell({ happened: 'unreachable', error })
        else this.#fail(projection, error)
      })
      .finally(() => this.#switching.delete(projection))
    this.#switching.set(projection, switching)
  }

  async #switch(projection: Projection<Target>, position: Position): Promise<void> {
    const outcome = await this.#input.target.serve(idOf(projection), position, projection.serve)
    if (outcome === 'behind') return
    this.#served.add(projection)
    if (outcome === 'switched') this.#input.tell({ ...idOf(projection), happened: 'serving' })
  }
}

interface Working<Target> {
  readonly partition: PartitionId
  readonly projection: Projection<Target>
  readonly worker: Worker<Target>
  readonly done: Promise<void>
}

function idOf({ name, version }: Projection): { readonly name: string; readonly version: number } {
  return { name, version }
}

function keyOf({ name, version, partition }: PartitionId): string {
  return `${version} ${partition} ${name}`
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
