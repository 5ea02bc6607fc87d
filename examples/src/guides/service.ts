import { Core, logDispatches } from '@eventmill/core'
import { Projections } from '@eventmill/projections'
import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'
import { Concert } from './concert.ts'
import { log } from './json-log.ts'
import { sold1 } from './sold.ts'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 })
pool.on('error', (err) => {
  log.warn({ err }, 'an idle connection was lost')
})

const store = new PostgresStore({ client: pool })
const readSide = new PostgresProjectionStore({ client: pool })
await store.migrate()
await readSide.migrate()

const core = new Core(store, { cache: 10_000, middleware: [logDispatches(log)] })
const projections = new Projections(store, {
  into: readSide,
  projections: [sold1],
  onHappening: (happening) => {
    if (happening.happened !== 'projected') log.info(happening, `projection ${happening.happened}`)
  },
})
await projections.start()

// Here it begins to take commands, from HTTP or a queue. This is one of them.
await core.dispatchCommand(Concert.commands.Announce('rock', { title: 'Rock', seats: 500 }))

// The first signal counts, and no other one ends the process in the midst of it.
const toldToEnd = new Promise<NodeJS.Signals>((tell) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, tell)
})
process.kill(process.pid, 'SIGTERM') // as whoever runs it would
log.info({ signal: await toldToEnd }, 'ends')

// First of all it takes no more commands, as by `server.close()`. Then:
await projections.stop()
await store.close()
await pool.end()
