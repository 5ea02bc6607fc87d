import { afterEach, beforeEach, test } from '@jest/globals'
import { type PostgresServer, startPostgres } from '../../store-postgres/test/postgres-server.ts'
import { projectUnderFaults } from './faults.ts'

let server: PostgresServer
beforeEach(async () => {
  server = await startPostgres()
}, 60_000)
afterEach(() => server.stop())

// `npm run test:matrix` does so 50 times.
test('events count once in a process that is killed, cut off and paused', async () => {
  await projectUnderFaults(server, ['kill', 'cut', 'pause', 'kill', 'cut', 'kill'])
}, 120_000)
