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

/** The contender of this name. */
export async function contenderNamed(name: string): Promise<Contender> {
  const own = ownContenders.find((one) => one.name === name)
  const found = own ?? (await loadPeers()).postgresPeers.find((one) => one.name === name)
  if (found === undefined) throw new Error(`nobody is called ${name}`)
  return found
}
