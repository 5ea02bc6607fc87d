import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { defineAggregate, defineEvents, event } from '@eventmill/core'

/** What git keeps under a path: a file, executable or not, a symbolic link, or the commit of a submodule. */
export interface Entry {
  readonly mode: string
  readonly blob: string
}

/** Where a change comes from. */
export interface Origin {
  readonly commit: string
  readonly author: string
  /** ISO 8601, with the author's offset from UTC. */
  readonly date: string
}

export const fileEvents = defineEvents('https://example.com/git/file', {
  Added: event<Entry & Origin>(),
  Modified: event<Entry & Origin>(),
  Deleted: event<Origin>(),
})

/** A path: what it holds, or `null` while there is nothing. */
export const TrackedFile = defineAggregate({
  type: 'TrackedFile',
  events: fileEvents,
  initialize: (_id: string): Entry | null => null,
  apply: {
    Added: (_entry, { data: { mode, blob } }) => ({ mode, blob }),
    Modified: (_entry, { data: { mode, blob } }) => ({ mode, blob }),
    Deleted: () => null,
  },
  // What git recorded was decided long ago: nothing is left to command, or to refuse.
  handle: {},
})

/**
 * The id of a path. To git that is any bytes, to a store text of up to 1,024: the few paths that are not both are
 * named by what no path begins with, a slash.
 */
export function fileId(path: Buffer): string {
  const id = isUtf8(path) ? path.toString() : `/${path.toString('latin1')}`
  return Buffer.byteLength(id) <= 1024 ? id : `/${createHash('sha256').update(path).digest('hex')}`
}
