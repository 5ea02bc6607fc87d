import { type Projection, type ProjectionStore } from '@eventmill/projections'

/** What the shop looks up, and the projections that keep it up to date. */
export interface ReadModels<Target> {
  /** What each open order comes to, in cents. */
  openOrders(): Promise<ReadonlyMap<string, number>>
  /** Units of each product. */
  stockLeft(): Promise<ReadonlyMap<string, number>>
  /** Cents of each day (in UTC), as this version counts them; without one, as the version that serves does. */
  revenuePerDay(version?: 1 | 2): Promise<ReadonlyMap<string, number>>

  /** Where the projections write to. */
  readonly into: ProjectionStore<Target>
  readonly projections: {
    readonly openOrders: Projection<Target>
    readonly stock: Projection<Target>
    /** Version 1 of the revenue counts what was ordered. */
    readonly revenue: Projection<Target>
    /** Version 2 leaves out what was cancelled later. */
    readonly correctedRevenue: Projection<Target>
  }
}
