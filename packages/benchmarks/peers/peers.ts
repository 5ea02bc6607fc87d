import { type Contender, type Installation, type MemoryContender } from '../src/contenders/contender.ts'
import { actMemory, actPostgres } from './act.ts'
import { castoreMemory, castorePostgres } from './castore.ts'
import { dcbMemory, dcbPostgres } from './dcb-es.ts'
import { emmettMemory, emmettPostgres } from './emmett.ts'
import { evtstoreMemory, evtstorePostgres } from './evtstore.ts'

export const postgresPeers: readonly Contender[] = [
  ...emmettPostgres,
  ...actPostgres,
  ...castorePostgres,
  ...evtstorePostgres,
  ...dcbPostgres,
]

export const memoryPeers: readonly MemoryContender[] = [
  emmettMemory,
  actMemory,
  castoreMemory,
  evtstoreMemory,
  dcbMemory,
]

export const peerInstallations: readonly Installation[] = [
  {
    name: 'emmett',
    others: [
      '@event-driven-io/emmett@0.42.0',
      '@event-driven-io/emmett-postgresql@0.42.0',
      'uuid@10.0.0',
      'pg@8.23.1',
    ],
    imports: ['@event-driven-io/emmett', '@event-driven-io/emmett-postgresql', 'pg'],
  },
  {
    name: 'castore',
    others: ['@castore/core@2.4.2', '@castore/event-storage-adapter-postgres@2.4.2'],
    imports: ['@castore/core', '@castore/event-storage-adapter-postgres'],
  },
  {
    name: 'evtstore',
    others: ['evtstore@12.0.1', 'pg@8.23.1'],
    imports: ['evtstore', 'evtstore/provider/pg.js', 'pg'],
  },
]
