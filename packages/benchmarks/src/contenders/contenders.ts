import { existsSync } from 'node:fs'
import { BadWord } from '../bad-word.ts'
import { bare } from './bare.ts'
import { type Contender, type Installation, type MemoryContender } from './contender.ts'
import { eventmill, eventmillCached, eventmillInMemory, eventmillInMemoryCached } from './eventmill.ts'

/** Who is always measured. */
export const ownContenders: readonly Contender[] = [bare, eventmill, eventmillCached]
export const ownMemoryContenders: readonly MemoryContender[] = [eventmillInMemory, eventmillInMemoryCached]

export const ownInstallations: readonly Installation[] = [
  { name: 'bare', others: ['pg@8.23.1'], imports: ['pg'] },
  {
    name: 'eventmill',
    own: ['@eventmill/core', '@eventmill/store-postgres'],
    others: ['pg@8.23.1'],
    imports: ['@eventmill/core', '@eventmill/store-postgres', 'pg'],
  },
]

/** What is installed apart from the workspace. */
export interface Peers {
  readonly postgresPeers: readonly Contender[]
  readonly memoryPeers: readonly MemoryContender[]
  readonly peerInstallations: readonly Installation[]
}

const FOLDER = new URL('../../peers/', import.meta.url)

/** The peers, where they are installed. Throws `BadWord` where not. */
export async function loadPeers(): Promise<Peers> {
  if (!existsSync(new URL('node_modules', FOLDER))) {
    throw new BadWord('the peers are not installed: npm run bench:install does that')
  }
  return (await import(new URL('peers.ts', FOLDER).href)) as Peers
}

/** The contender of this name on PostgreSQL. */
export async function contenderNamed(name: string): Promise<Contender> {
  return named(name, ownContenders, async () => (await loadPeers()).postgresPeers)
}

/** The contender of this name in memory. */
export async function memoryContenderNamed(name: string): Promise<MemoryContender> {
  return named(name, ownMemoryContenders, async () => (await loadPeers()).memoryPeers)
}

/** Peers are loaded only where one is asked for. */
async function named<One extends { readonly name: string }>(
  name: string,
  own: readonly One[],
  peers: () => Promise<readonly One[]>,
): Promise<One> {
  const isIt = (one: One) => one.name === name
  const found = own.find(isIt) ?? (await peers()).find(isIt)
  if (found === undefined) throw new Error(`nobody is called ${name}`)
  return found
}
