import { type EventStore } from '@eventmill/core'
import { defineProjection, InMemoryProjectionStore, Projections } from '@eventmill/projections'
import { fileEvents } from './tracked-file.ts'

/** How many changes each author made in each month, such as `'2026-01'`, by the author's own calendar. */
export type ChangesPerMonth = Map<string, Map<string, number>>

const changesPerMonth = defineProjection({
  name: 'changes per month',
  version: 1,
  events: fileEvents,
  // It fails at no event, so that none is counted twice.
  handleBatch: (events, changes: ChangesPerMonth) => {
    for (const { data } of events) {
      const month = data.date.slice(0, 7)
      const months = changes.get(data.author) ?? new Map<string, number>()
      changes.set(data.author, months.set(month, (months.get(month) ?? 0) + 1))
    }
  },
})

/** Counts the changes that are stored by now. */
export async function countChanges(store: EventStore): Promise<ChangesPerMonth> {
  const changes: ChangesPerMonth = new Map()
  const projections = new Projections(store, {
    into: new InMemoryProjectionStore(changes),
    projections: [changesPerMonth],
  })
  await projections.start()
  try {
    await projections.waitFor(changesPerMonth, await store.head(), { timeout: LONGEST_WAIT })
  } finally {
    await projections.stop()
  }
  return changes
}

/** In milliseconds: a history may be long. What fails is told at once. */
const LONGEST_WAIT = 3_600_000
