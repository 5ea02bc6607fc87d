import { startPostgres } from '../../store-postgres/test/postgres-server.ts'
import { loadPeers, ownContenders, ownInstallations, ownMemoryContenders } from './contenders/contenders.ts'
import { type Wish } from './parse-words.ts'
import { isMet, missingOf, rowLines } from './report/table.ts'
import { type Entrant, type Measured, type Results } from './report/results.ts'
import { commitHere, machineFacts, serverFacts } from './report/facts.ts'

/** Where lines go, and what tells of what is under way. */
export interface Output {
  readonly print: (line: string) => void
  readonly progress: (text: string) => void
  /** Gets the results of each workload as soon as it is over. */
  readonly keep: (results: Results) => Promise<void>
}

/** Measures what is wished for, on a throwaway server or on that of `DATABASE_URL`. */
export async function benchmark(
  { chosen, rounds, size, peers }: Wish,
  { print, progress, keep }: Output,
): Promise<Results> {
  const others = peers ? await loadPeers() : { postgresPeers: [], memoryPeers: [], peerInstallations: [] }
  const contenders = [...ownContenders, ...others.postgresPeers]
  const memoryContenders = [...ownMemoryContenders, ...others.memoryPeers]
  const installations = [...ownInstallations, ...others.peerInstallations]
  const server = await startPostgres()
  try {
    const entrants = { contenders, memoryContenders, installations }
    const facts = [...machineFacts(), ...(await serverFacts(server.url))]
    for (const fact of facts) print(fact)
    const circumstances = {
      facts,
      rounds,
      size,
      contenders: contenders.map(entrant),
      memoryContenders: memoryContenders.map(entrant),
    }
    const measured: Measured[] = []
    for (const [name, { about, run }] of chosen) {
      print(`\n${name}: ${about}`)
      const rows = []
      for await (const row of run({ ...entrants, server, rounds, size, progress })) {
        progress('')
        print(`\n${rowLines(row, missingOf(row, entrants)).join('\n')}`)
        rows.push(row)
      }
      const done = { name, about, rows, date: new Date().toISOString(), commit: commitHere() }
      measured.push(done)
      await keep({ ...circumstances, measured: [done] })
    }
    const missed = measured.flatMap(({ rows }) => rows).filter((row) => !isMet(row))
    print(`\n${missed.length === 0 ? 'Every bar is met.' : `Bars that are missed: ${missed.length}.`}`)
    return { ...circumstances, measured }
  } finally {
    await server.stop()
  }
}

function entrant({ name, version, notes }: Entrant): Entrant {
  return { name, version, notes }
}
