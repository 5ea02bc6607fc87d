import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, totalmem } from 'node:os'
import pg from 'pg'

/** Where it was measured, a line each. */
export function machineFacts(): readonly string[] {
  const [cpu] = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return [
    `${availableParallelism()} cores (${cpu?.model ?? 'unknown'}), ${gigabytes} GB`,
    `Node ${process.version}, ${process.platform} ${process.arch}`,
  ]
}

/** Which server it was measured on, and its settings that matter. */
export async function serverFacts(url: string): Promise<readonly string[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<{ fact: string }>(FACTS)
    return rows.map(({ fact }) => fact)
  } finally {
    await client.end()
  }
}

const FACTS = `
  select version() as fact union all
  select format('%s = %s', name, current_setting(name))
    from unnest(array['fsync', 'synchronous_commit', 'shared_buffers', 'max_connections']) name`

/** The commit that is measured, with a + where something was changed since. */
export function commitHere(): string {
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, { encoding: 'utf8', cwd: import.meta.dirname }).trim()
  // What a run writes changes nothing of what it measures.
  const changed =
    git(
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      ':(top)packages',
      ':(top,exclude)packages/benchmarks/results',
    ) !== ''
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`
}
