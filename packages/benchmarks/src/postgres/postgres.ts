import { startPostgres } from '../../../store-postgres/test/postgres-server.ts'
import { parseWords } from './parse-words.ts'
import { HEADER, isMet, LEGEND, rowLine } from './table.ts'
import { type Row } from './workload.ts'

/** Where lines go, and what tells of what is under way. */
export interface Output {
  readonly print: (line: string) => void
  readonly progress: (text: string) => void
}

/**
 * The workloads that the words name, or all, on a throwaway server or on that of `DATABASE_URL`. Words such as
 * `rounds=3` and `size=0.1` set how often and how much.
 */
export async function postgres(
  words: readonly string[],
  { print, progress }: Output,
): Promise<readonly Row[]> {
  const { chosen, rounds, size } = parseWords(words)
  const server = await startPostgres()
  try {
    const pool = server.pool({ max: 1 })
    const { rows: facts } = await pool.query<{ fact: string }>(FACTS)
    for (const { fact } of facts) print(fact)
    print(`\n${LEGEND}\n\n${HEADER}`)
    const rows: Row[] = []
    for (const workload of chosen.values()) {
      for await (const row of workload({ server, rounds, size, progress })) {
        progress('')
        print(rowLine(row))
        rows.push(row)
      }
    }
    const missed = rows.filter((row) => !isMet(row)).length
    print(`\n${missed === 0 ? 'Every bar is met.' : `Bars that are missed: ${missed}.`}`)
    return rows
  } finally {
    await server.stop()
  }
}

const FACTS = `
  select version() as fact union all
  select format('%s = %s', name, current_setting(name))
    from unnest(array['fsync', 'synchronous_commit', 'shared_buffers']) name`
