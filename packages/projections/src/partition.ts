import { type DomainEvent } from '@eventmill/core'
import { streamKey } from '@eventmill/core/adapter'

const utf8 = new TextEncoder()

/**
 * The partition of an event among so many, from 0: all events of one aggregate share it. It is the FNV-1a hash of 32 bits
 * (G. Fowler, L. C. Noll and K.-P. Vo) of the aggregate's type, a NUL and its id in UTF-8, modulo the number of partitions.
 */
export function partitionOf(
  event: Pick<DomainEvent, 'aggregateType' | 'aggregateId'>,
  partitions: number,
): number {
  if (partitions === 1) return 0
  let hash = 0x811c9dc5
  for (const byte of utf8.encode(streamKey(event))) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0) % partitions
}
