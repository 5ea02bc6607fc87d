import { Projections } from '@eventmill/projections'
import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'
import { balances, turnover } from './accounts.ts'

// A process that projects into the database that is given, until it is killed. It prints what happens.

const pool = new pg.Pool({ connectionString: process.argv[2], max: 5, application_name: 'projecting' })
pool.on('error', () => undefined)
const projections = new Projections(new PostgresStore({ client: pool }), {
  into: new PostgresProjectionStore({ client: pool, idleTimeout: 300 }),
  projections: [balances(1, 2), turnover],
  batchSize: 10,
  lease: 300,
  onHappening: (happening) => {
    console.log(happening.happened, 'error' in happening ? happening.error : '')
  },
})
await projections.start()
await projections.finished()
