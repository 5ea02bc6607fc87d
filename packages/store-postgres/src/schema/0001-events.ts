import { append } from './0001-events/append.ts'
import { locks } from './0001-events/locks.ts'
import { positions } from './0001-events/positions.ts'
import { repeats } from './0001-events/repeats.ts'
import { tables } from './0001-events/tables.ts'

/** Streams, events and commit ids, and the functions on which everything rests. */
export const events: string = [tables, append, locks, repeats, positions].join('')
