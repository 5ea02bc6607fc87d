import { afterAll, beforeAll, test } from '@jest/globals'
import { type PostgresServer, startPostgres } from '../../../store-postgres/test/postgres-server.ts'
import { type Fault, projectUnderFaults } from '../faults.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop())

test('events count once in processes that are killed 50 times, and cut off and paused in between', async () => {
  const round: readonly Fault[] = ['kill', 'kill', 'cut', 'kill', 'kill', 'pause', 'kill']
  await projectUnderFaults(server, Array.from({ length: 10 }, () => round).flat())
}, 600_000)
