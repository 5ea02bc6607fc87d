import { defineEvents, event, type EventStore, type NewEvent } from '@eventmill/core'
import { eventmillError } from '@eventmill/core/adapter'
import {
  defineProjection,
  type FailurePolicy,
  type Happening,
  type Projection,
  Projections,
  type ProjectionsOptions,
  type ProjectionStore,
} from '@eventmill/projections'

export const accountEvents = defineEvents('https://example.com/account', {
  Deposited: event<{ cents: number }>(),
  Withdrawn: event<{ cents: number }>(),
  Closed: event(),
})

/** What a read model in memory holds: the cents of each account, and in which order events came. */
export class Balances {
  readonly cents = new Map<string, number>()
  readonly positions: number[] = []

  add(account: string, cents: number, position: number): void {
    this.cents.set(account, (this.cents.get(account) ?? 0) + cents)
    this.positions.push(position)
  }
}

export interface BalancesOptions {
  readonly version?: number
  readonly partitions?: number
  readonly replay?: boolean
  readonly onFailure?: FailurePolicy
  /** Runs before an event is handled. */
  readonly before?: (event: { readonly position: number; readonly aggregateId: string }) => unknown
}

export function balances({
  version = 1,
  partitions,
  replay,
  onFailure,
  before,
}: BalancesOptions = {}): Projection<Balances> {
  return defineProjection({
    name: 'balances',
    version,
    events: accountEvents,
    partitions,
    replay,
    onFailure,
    handle: {
      Deposited: async (event, target: Balances) => {
        await before?.(event)
        target.add(event.aggregateId, event.data.cents, event.position)
      },
      Withdrawn: async (event, target) => {
        await before?.(event)
        target.add(event.aggregateId, -event.data.cents, event.position)
      },
    },
  })
}

/** Starts projections, and stops them when the test is over. */
export class Running {
  readonly #running: { stop(): Promise<void> }[] = []

  async start<Target>(
    store: EventStore,
    into: ProjectionStore<Target>,
    projections: readonly Projection<Target>[],
    options: Partial<ProjectionsOptions<Target>> = {},
  ): Promise<Projections<Target>> {
    const running = new Projections(store, {
      into,
      projections,
      lease: 300,
      onHappening: () => undefined,
      ...options,
    })
    this.#running.push(running)
    await running.start()
    return running
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((running) => running.stop()))
  }
}

/** What happened, and a way to wait for it. */
export class Log {
  readonly happenings: Happening[] = []
  readonly #waiting = new Set<() => void>()

  readonly add = (happening: Happening): void => {
    this.happenings.push(happening)
    for (const look of this.#waiting) look()
  }

  of<Happened extends Happening['happened']>(
    happened: Happened,
  ): readonly Extract<Happening, { readonly happened: Happened }>[] {
    return this.happenings.filter(
      (one): one is Extract<Happening, { readonly happened: Happened }> => one.happened === happened,
    )
  }

  /** Resolves when it happened so many times. */
  until(happened: Happening['happened'], times = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.of(happened).length < times) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }
}

export async function append(store: EventStore, aggregateId: string, ...events: NewEvent[]): Promise<number> {
  const stream = { aggregateType: 'Account', aggregateId }
  const result = await store.append([{ stream, expected: 'any', events }])
  return result.events.at(-1)?.position ?? 0
}

export function deposits(count: number): NewEvent[] {
  return Array.from({ length: count }, () => accountEvents.Deposited({ cents: 1 }))
}

/** Resolves when a condition holds. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}

export function unreachable(): Error {
  return eventmillError('STORE_UNREACHABLE', 'the store cannot be reached', {})
}
