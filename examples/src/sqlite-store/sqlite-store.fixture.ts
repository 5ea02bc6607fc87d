import { type DomainEvent, type EventStore } from '@eventmill/core'
import { remoteStore, type StoreUnderTest } from '@eventmill/store-conformance'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { SqliteStore } from './sqlite-store.ts'

/** The store as the rules of the contract want it: a file of its own for each rule, with several handles on it. */
export const store: StoreUnderTest = {
  name: 'SqliteStore',
  fixture: () => {
    const folder = mkdtempSync(join(tmpdir(), 'sqlite-store-'))
    const file = join(folder, 'events.db')
    const handles: EventStore[] = []
    const workers: Worker[] = []
    let now: number | undefined
    return {
      connect: async () => {
        const handle = new SqliteStore(file, { clock: () => now ?? Date.now() })
        handles.push(handle)
        return handle
      },
      connectElsewhere: () => {
        const worker = new Worker(new URL('./sqlite-store.worker.ts', import.meta.url), { workerData: file })
        workers.push(worker)
        return remoteStore(worker)
      },
      rawEvents: async () => rawEvents(file),
      setClock: (time) => {
        now = time
      },
      dispose: async () => {
        for (const handle of handles) await handle.close()
        for (const worker of workers) await worker.terminate()
        rmSync(folder, { recursive: true })
      },
    }
  },
  declined: {
    push: 'SQLite tells nobody of what another process wrote: readers poll',
    faults: 'there is no connection to break: an append ends before the call returns',
    stalls: 'its appends are one step: nothing comes between positions and commit',
    bystander: 'SQLite has one writer at a time, and waits for that of somebody else',
  },
}

/** Shares no code with the store, so that a mistake of the one is not repeated by the other. */
function rawEvents(file: string): readonly DomainEvent[] {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database
      .prepare('SELECT * FROM events ORDER BY position')
      .all()
      .map(({ aggregate_type, aggregate_id, data, metadata, ...row }) => ({
        ...row,
        aggregateType: aggregate_type,
        aggregateId: aggregate_id,
        data: JSON.parse(String(data)) as unknown,
        metadata: JSON.parse(String(metadata)) as unknown,
      })) as unknown as readonly DomainEvent[]
  } finally {
    database.close()
  }
}
