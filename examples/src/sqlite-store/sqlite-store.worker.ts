import { serveStore } from '@eventmill/store-conformance'
import { parentPort, workerData } from 'node:worker_threads'
import { SqliteStore } from './sqlite-store.ts'

// A handle in a thread of its own, for `connectElsewhere`: there, and not in one thread, do the locks of SQLite race.
if (parentPort !== null) serveStore(parentPort, new SqliteStore(String(workerData)))
