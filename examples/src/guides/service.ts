import { once } from 'node:events'
import { createServer } from 'node:http'
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

// Here it begins to take requests. This one does not read them, and announces the same concert each time.
const server = createServer((_request, response) => {
  core.dispatchCommand(Concert.commands.Announce('rock', { title: 'Rock', seats: 500 })).then(
    ({ generation }) => response.writeHead(200, { etag: `"${generation}"` }).end(),
    () => response.writeHead(503).end(),
  )
})
server.listen(process.env.PORT)

// The first signal counts, and no other one ends the process in the midst of it.
const toldToEnd = new Promise<NodeJS.Signals>((tell) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, tell)
})
process.kill(process.pid, 'SIGTERM') // as whoever runs it would
log.info({ signal: await toldToEnd }, 'ends')

// First of all it takes no more requests, and answers those that it has.
server.close()
await once(server, 'close')
await projections.stop()
await store.close()
await pool.end()
