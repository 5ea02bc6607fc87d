import { startPostgres } from '../../../store-postgres/test/postgres-server.ts'
import { BadWord } from '../bad-word.ts'
import { HEADER, isMet, LEGEND, rowLine } from './table.ts'
import { type Row, type Workload } from './workload.ts'
import { workloads } from './workloads/workloads.ts'

/**
 * The workloads that the words name, or all, on a throwaway server or on that of `DATABASE_URL`. Words such as
 * `rounds=3` and `size=0.1` set how often and how much.
 */
export async function postgres(
  words: readonly string[],
  print: (line: string) => void,
): Promise<readonly Row[]> {
  const { chosen, rounds, size } = parse(words)
  const server = await startPostgres()
  try {
    const pool = server.pool({ max: 1 })
    const { rows: facts } = await pool.query<{ fact: string }>(FACTS)
    for (const { fact } of facts) print(fact)
    print(`\n${LEGEND}\n\n${HEADER}`)
    const rows: Row[] = []
    for (const workload of chosen) {
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

function parse(words: readonly string[]): { chosen: readonly Workload[]; rounds: number; size: number } {
  const settings = { rounds: 5, size: 1 }
  const chosen: Workload[] = []
  for (const word of words) {
    const [, name, value] = /^(rounds|size)=(\d+(?:\.\d+)?)$/.exec(word) ?? []
    const workload = workloads.get(word)
    if (name === 'rounds') settings.rounds = Math.max(1, Math.round(Number(value)))
    else if (name === 'size') settings.size = Number(value)
    else if (workload !== undefined) chosen.push(workload)
    else {
      const names = [...workloads.keys()].join(', ')
      throw new BadWord(
        `${JSON.stringify(word)} says nothing: name workloads (${names}), rounds=3 or size=0.1`,
      )
    }
  }
  return { chosen: chosen.length === 0 ? [...workloads.values()] : chosen, ...settings }
}

/** One line that the next replaces. Only for whoever watches. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

const FACTS = `
  select version() as fact union all
  select format('%s = %s', name, current_setting(name))
    from unnest(array['fsync', 'synchronous_commit', 'shared_buffers']) name`
