import { type AppendResult, hasCode, type StreamAppend, type StreamId } from '@eventmill/core'
import { streamKey } from '@eventmill/core/adapter'

/** What a step has read of a store, and what it has written: streams, commits, and the log. */
export interface Footprint {
  readonly reads: readonly string[]
  readonly writes: readonly string[]
}

/** Whether one writes what the other one reads or writes. Only then does it matter which of them comes first. */
export function clash(a: Footprint, b: Footprint): boolean {
  return touches(a.writes, b) || touches(b.writes, a)
}

function touches(written: readonly string[], { reads, writes }: Footprint): boolean {
  return written.some((one) => reads.includes(one) || writes.includes(one))
}

/** The log, and its head. No stream has this key. */
const LOG = ''

export const readOfLog: Footprint = { reads: [LOG], writes: [] }

export function readOf(stream: StreamId): Footprint {
  return { reads: [streamKey(stream)], writes: [] }
}

export function lookUpOf(stream: StreamId, commitId: string): Footprint {
  return { reads: [commitKey(stream, commitId)], writes: [] }
}

/**
 * Appends clash with each other, as they have an order in the log; but one that is refused has only read its streams, and
 * one whose commit id was used before only that commit.
 */
export function appendOf(
  appends: readonly StreamAppend[],
  commitId: string | undefined,
  told: PromiseSettledResult<AppendResult>,
): Footprint {
  const keysOf = (some: readonly StreamAppend[]) => some.map(({ stream }) => streamKey(stream))
  const [first] = appends
  // A commit is remembered by the first stream, also where that one gets no event.
  const commit = first && commitId !== undefined ? [commitKey(first.stream, commitId)] : []
  if (isUsed(told)) return { reads: commit, writes: [] }
  const reads = [...keysOf(appends), ...commit]
  const written = appends.filter(({ events }) => events.length > 0)
  if (written.length === 0 || isRefused(told)) return { reads, writes: [] }
  return { reads, writes: [LOG, ...commit, ...keysOf(written)] }
}

function isUsed(told: PromiseSettledResult<AppendResult>): boolean {
  return told.status === 'fulfilled' ? told.value.repeated : hasCode(told.reason, 'COMMIT_ID_REUSED')
}

function isRefused(told: PromiseSettledResult<AppendResult>): boolean {
  return told.status === 'rejected' && hasCode(told.reason, 'GENERATION_CONFLICT')
}

/** No stream has this key, as that of one holds a single NUL. */
function commitKey(stream: StreamId, commitId: string): string {
  return `${streamKey(stream)}\0${commitId}`
}
