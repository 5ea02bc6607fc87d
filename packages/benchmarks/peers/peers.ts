import { type Contender, type Installation, type MemoryContender } from '../src/contenders/contender.ts'
import { act, actInMemory } from './act.ts'
import { castore, castoreInMemory } from './castore.ts'
import { dcbEs, dcbEsTuned } from './dcb-es.ts'
import { emmett, emmettTuned } from './emmett.ts'
import { evtstore, evtstoreInMemory, evtstorePostgresJs } from './evtstore.ts'
import { dcbEsInMemory, emmettInMemory } from './in-memory.ts'

export const postgresPeers: readonly Contender[] = [
  emmett,
  emmettTuned,
  act,
  castore,
  evtstore,
  evtstorePostgresJs,
  dcbEs,
  dcbEsTuned,
]

export const memoryPeers: readonly MemoryContender[] = [
  emmettInMemory,
  actInMemory,
  castoreInMemory,
  evtstoreInMemory,
  dcbEsInMemory,
]

/** What their users install, where npm can: the manifest of dcb-es cannot be installed without an override. */
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
    name: 'act',
    others: ['@rotorsoft/act@0.5.6', '@rotorsoft/act-pg@0.4.6'],
    imports: ['@rotorsoft/act', '@rotorsoft/act-pg'],
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
