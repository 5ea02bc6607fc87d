import { type Position } from '@eventmill/core'
import { type EventPlace, type PartitionId, type VersionId } from './projection-store.ts'

/** What happens to projections, for logs: of events it has their places, and nothing of what they carry. */
export type Happening =
  /** This runner works on a partition from now on. */
  | (PartitionId & { readonly happened: 'claimed'; readonly position: Position })
  /** It does not any more: it was stopped, or another runner has taken over. */
  | (PartitionId & { readonly happened: 'released'; readonly position: Position })
  /** Events were handled. */
  | (PartitionId & { readonly happened: 'projected'; readonly events: number; readonly position: Position })
  /** Something failed, and is tried again: an event, or, without one, the store. */
  | (PartitionId & { readonly happened: 'retrying'; readonly event?: EventPlace; readonly error: unknown })
  /** An event was left out. */
  | (PartitionId & { readonly happened: 'skipped'; readonly event: EventPlace; readonly error: unknown })
  /** An event was put aside. */
  | (PartitionId & { readonly happened: 'parked'; readonly event: EventPlace; readonly error: unknown })
  /** This version does not run here any more. */
  | (VersionId & { readonly happened: 'failed'; readonly error: unknown })
  /** Readers are served by this version from now on. */
  | (VersionId & { readonly happened: 'serving' })
  /** This version has caught up, but does not serve: first its parked events have to be handled, or dropped. */
  | (VersionId & { readonly happened: 'withheld' })
  /** The leases could not be renewed; it is tried again. */
  | { readonly happened: 'unreachable'; readonly error: unknown }
