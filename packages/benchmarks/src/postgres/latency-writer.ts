import { PostgresStore } from '@eventmill/store-postgres'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { accountStream } from './account.ts'
import { timedEvent } from './timed-event.ts'

/** What this program is told, as a message, before it begins. */
export interface WriterOrder {
  readonly connection: pg.PoolConfig
  readonly schema: string
  /** So many events one after the other, before it counts. */
  readonly warmUp: number
  readonly count: number
  readonly perSecond: number
}

process.once('message', (order: WriterOrder) => {
  void write(order).finally(() => {
    process.disconnect()
  })
})

/** Appends at a pace, however long each append takes. */
async function write({ connection, schema, warmUp, count, perSecond }: WriterOrder): Promise<void> {
  const pool = new pg.Pool({ ...connection, max: 16 })
  const store = new PostgresStore({ client: pool, schema })
  const append = (index: number) =>
    store.append([{ stream: accountStream(index % 256), expected: 'any', events: [timedEvent()] }])

  for (let index = 0; index < warmUp; index++) await append(index)
  const begin = performance.now()
  const appends: Promise<unknown>[] = []
  while (appends.length < count) {
    const due = ((performance.now() - begin) / 1000) * perSecond
    while (appends.length < Math.min(due, count)) appends.push(append(appends.length))
    await setTimeout(1)
  }
  await Promise.all(appends)
  await store.close()
  await pool.end()
}
