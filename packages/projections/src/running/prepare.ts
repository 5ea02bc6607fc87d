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
    const { name, version, partitions, replay } = projection
    try {
      const position = replay ? 0 : await latest(store, into, name)
      await into.prepare({ name, version }, { partitions, position }, projection)
    } catch (error) {
      throw hookFailed(projection, 'be created', error)
    }
  }
}

/** Where the version that serves is, which does not do twice what it has done; or else the head. A failover may have lost events. */
async function latest<Target>(
  store: EventStore,
  into: ProjectionStore<Target>,
  name: string,
): Promise<Position> {
  const states = await into.states([name])
  const head = await store.head()
  const serving = states.find((state) => state.serving)
  return Math.min(head, ...(serving?.checkpoints ?? []).map(({ position }) => position))
}
