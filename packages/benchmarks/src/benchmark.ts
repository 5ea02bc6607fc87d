import { startPostgres } from '../../store-postgres/test/postgres-server.ts'
import {
  loadPeers,
  ownContenders,
  ownInstallations,
  ownMemoryContenders,
  type Peers,
} from './contenders/contenders.ts'
import { firstLine } from './measuring/attempt.ts'
import { type Wish } from './parse-words.ts'
import { type Entrant, type Measured, type Results } from './report/results.ts'
import { commitHere, machineFacts, serverFacts } from './report/facts.ts'
import { isMet, missingOf, rowLines } from './report/table.ts'
import { type Bench, type Row, type Workload } from './workload.ts'

/** Where lines go, and what tells of what is under way. */
export interface Output {
  readonly print: (line: string) => void
  readonly progress: (text: string) => void
  /** Gets the results of each workload as soon as it is over. */
  readonly keep: (results: Results) => Promise<void>
}

/** What came of a run. */
export interface Outcome extends Results {
  /** Who has failed at which workload, and with what: those had no part in it from then on. */
  readonly failures: readonly string[]
}

/** Measures what is wished for, on a throwaway server or on that of `DATABASE_URL`. `others` take part as well. */
export async function benchmark(
  { chosen, rounds, size, peers }: Wish,
  { print, progress, keep }: Output,
  others?: Peers,
): Promise<Outcome> {
  const { postgresPeers, memoryPeers, peerInstallations } = others ?? (peers ? await loadPeers() : NOBODY)
  const contenders = [...ownContenders, ...postgresPeers]
  const memoryContenders = [...ownMemoryContenders, ...memoryPeers]
  const installations = [...ownInstallations, ...peerInstallations]
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
    const failures: string[] = []
    for (const [name, workload] of chosen) {
      print(`\n${name}: ${workload.about}`)
      const bench = { ...entrants, server, rounds, size, progress, failed: new Map<string, string>() }
      const rows = await measure(workload, bench, (row) => {
        progress('')
        print(`\n${rowLines(row, missingOf(row, entrants)).join('\n')}`)
      }).catch((error: unknown) => {
        // Not a contender: what it is measured with.
        failures.push(`${name}: ${firstLine(error)}`)
      })
      failures.push(...Array.from(bench.failed, ([contender, why]) => `${name}, ${contender}: ${why}`))
      if (rows === undefined) continue
      const done = { name, about: workload.about, rows, date: new Date().toISOString(), commit: commitHere() }
      measured.push(done)
      await keep({ ...circumstances, measured: [done] })
    }
    const missed = measured.flatMap(({ rows }) => rows).filter((row) => !isMet(row))
    print(`\n${missed.length === 0 ? 'Every bar is met.' : `Bars that are missed: ${missed.length}.`}`)
    if (failures.length > 0) print(['', 'Failed:', ...failures.map((failure) => `  ${failure}`)].join('\n'))
    return { ...circumstances, measured, failures }
  } finally {
    await server.stop()
  }
}

const NOBODY: Peers = { postgresPeers: [], memoryPeers: [], peerInstallations: [] }

/** The rows of a workload, without the figures of those who have failed at it. */
async function measure({ run }: Workload, bench: Bench, seen: (row: Row) => void): Promise<readonly Row[]> {
  const rows: Row[] = []
  for await (const row of run(bench)) {
    const values = Object.entries(row.values).filter(([contender]) => !bench.failed.has(contender))
    const failed = bench.failed.size === 0 ? {} : { failed: Object.fromEntries(bench.failed) }
    const fair = { ...row, values: Object.fromEntries(values), ...failed }
    seen(fair)
    rows.push(fair)
  }
  return rows
}

function entrant({ name, version, notes }: Entrant): Entrant {
  return { name, version, notes }
}
