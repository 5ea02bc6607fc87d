import pg from 'pg'
import { BareTable } from './bare-table.ts'
import { type Contender, deposit } from './contender.ts'

/** The driver alone, the baseline of every ratio: it checks nothing, and promises readers nothing. */
export const bare: Contender = {
  name: 'bare',
  version: 'pg 8.23.1',
  notes:
    'One table with the columns and indexes of eventmill, prepared statements for one row or one page of 1,000, and a notification after each event that is followed. No order for readers, no idempotency, no streams.',
  open: async (url) => {
    const pool = new pg.Pool({ connectionString: url, max: 16 })
    const table = new BareTable(pool, 'bare')
    await table.create()
    return {
      appendFresh: (id) => table.insert(numberOf(id), 1, deposit),
      command: async (id) => {
        const events = await table.stream(numberOf(id))
        await table.insert(numberOf(id), events.length + 1, deposit)
      },
      fill: (id, count) => table.fill(numberOf(id), count, deposit),
      load: async (id) => {
        let cents = 0
        for await (const { data } of table.streamPages(numberOf(id))) cents += data.cents
        return cents
      },
      catchUp: async (count) => {
        let seen = 0
        for await (const _event of table.allPages()) if (++seen === count) return
      },
      follow: (arrived) => table.follow(arrived),
      send: (id, sentAt) => table.send(numberOf(id), { ...deposit, sentAt }),
      close: () => pool.end(),
    }
  },
}

/** Its streams are numbers, as they are behind those of eventmill. */
function numberOf(id: string): number {
  return Number(id.slice(-12))
}
