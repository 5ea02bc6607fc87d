// Writes in a process of its own, which may be killed at any time.

import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'
import { Random } from '../../../store-conformance/src/random.ts'
import { journal } from './journal.ts'
import { TIMEOUTS } from './timeouts.ts'
import { write } from './writer.ts'
import { type WriterTask } from './writer-processes.ts'

const task = JSON.parse(process.argv[2] ?? '') as WriterTask
const deeds = journal(task.journal)
const stopping = new AbortController()
process.on('message', () => {
  stopping.abort()
})
// Nobody would read what it writes.
const onDisconnect = () => process.exit(1)
process.on('disconnect', onDisconnect)
// Ctrl-C is for the process that started it, which then stops this one.
process.on('SIGINT', () => undefined)
process.on('unhandledRejection', (error) => {
  deeds.found(`a writing process left a rejection unhandled: ${String(error)}`)
})

const client = new pg.Pool(task.connection)
const store = new PostgresStore({ client, timeouts: TIMEOUTS })
await Promise.all(
  task.writers.map((writer) =>
    write({ store, writer, random: new Random(task.seed + writer), deeds, stopped: stopping.signal }),
  ),
)
await store.close()
await client.end()
process.off('disconnect', onDisconnect)
process.disconnect()
