import { resolve } from 'node:path'
import { type EventStore } from '@eventmill/core'
import { countChanges } from './changes-per-month.ts'
import { drawChart } from './chart.ts'
import { headOf, listCommits, listFiles, readCommits } from './history.ts'
import { number } from './number.ts'
import { progressOn } from './progress.ts'
import { groupCommits, recordCommit } from './record.ts'
import { type ReplayedFile, replayFiles } from './replay.ts'
import { type Entry } from './tracked-file.ts'
import { visible } from './visible.ts'

/** Turns the history of a repository into events and these into its files, then asks git whether that is so. */
export async function run(
  store: EventStore,
  print: (line: string) => void,
  repository = THIS_REPOSITORY,
): Promise<void> {
  const start = performance.now()
  const progress = progressOn(process.stderr)

  const head = await headOf(repository)
  const commits = await listCommits(repository, head)
  let recorded = 0
  try {
    for await (const group of groupCommits(readCommits(repository, commits))) {
      await Promise.all(group.map((commit) => recordCommit(store, commit)))
      recorded += group.length
      progress.report(`${number(recorded)} of ${number(commits.length)} commits`)
    }
  } finally {
    progress.end()
  }
  const files = await replayFiles(store)
  const chart = drawChart(await countChanges(store))
  const listed = await listFiles(repository, head)
  const difference = firstDifference(files, listed)
  const seconds = (performance.now() - start) / 1000

  print(`${resolve(repository)} at ${head}\n`)
  print(`commits     ${number(commits.length)}`)
  print(`changes     ${number(await store.head())}`)
  print(`files now   ${number(listed.size)}`)
  print(`files gone  ${number(files.length - listed.size)}`)
  print(`time taken  ${seconds.toFixed(1)} s\n`)
  print('most changed:')
  for (const { aggregateId, generation } of mostChanged(files)) {
    print(`${number(generation).padStart(10)}  ${visible(aggregateId)}`)
  }
  print('\nchanges per month:')
  for (const line of chart) print(line)
  print(`\nequal to git ls-tree: ${difference === undefined ? 'yes' : `no, see ${visible(difference)}`}`)
  if (difference !== undefined) process.exitCode = 1
}

const THIS_REPOSITORY = resolve(import.meta.dirname, '../../..')

/** A path that holds something else by its events than by git's own list; none if both agree on all of them. */
export function firstDifference(
  files: readonly ReplayedFile[],
  listed: ReadonlyMap<string, Entry>,
): string | undefined {
  const replayed = new Map(files.map(({ aggregateId, state }) => [aggregateId, state]))
  const ids = [...replayed.keys(), ...listed.keys()]
  return ids.find((id) => {
    const [ours, theirs] = [replayed.get(id), listed.get(id)]
    return ours?.mode !== theirs?.mode || ours?.blob !== theirs?.blob
  })
}

function mostChanged(files: readonly ReplayedFile[]): readonly ReplayedFile[] {
  return files.toSorted((a, b) => b.generation - a.generation).slice(0, 5)
}
