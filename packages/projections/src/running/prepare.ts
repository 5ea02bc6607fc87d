import { type EventStore, type Position } from '@eventmill/core'
import { hookFailed } from '../errors.ts'
import { type Projection } from '../projection.ts'
import { type ProjectionStore } from '../projection-store.ts'

/** Makes what is not there yet of these versions. */
export async function prepare<Target>(
  store: EventStore,
  into: ProjectionStore<Target>,
  projections: readonly Projection<Target>[],
): Promise<void> {
  for (const projection of projections) {
    const { name, version } = projection
    try {
      await into.prepare({ name, version }, await beginning(store, into, projection), projection)
    } catch (error) {
      throw hookFailed(projection, 'be created', error)
    }
  }
}

/**
 * Where a version begins, by partition: with the first event or, without replay, where the one before it is, and else at the head.
 * A failover may have lost events.
 */
async function beginning<Target>(
  store: EventStore,
  into: ProjectionStore<Target>,
  { name, version, partitions, replay }: Projection<Target>,
): Promise<readonly Position[]> {
  const all = (position: Position) => Array.from({ length: partitions }, () => position)
  if (replay) return all(0)
  const states = await into.states([name])
  const head = await store.head()
  const before = states.findLast((state) => state.version < version)?.checkpoints
  if (before === undefined) return all(head)
  const positions = before.map(({ position }) => Math.min(head, position))
  return positions.length === partitions ? positions : all(Math.min(...positions))
}
