import { resolve } from 'node:path'
import { inspect } from 'node:util'
import { InMemoryStore } from '@eventmill/store-memory'
import { BadInput } from '../bad-input.ts'
import { headOf, listCommits, listFiles, readCommits } from './history.ts'
import { progressOn } from './progress.ts'
import { recordCommit } from './record.ts'
import { type ReplayedFile, replayFiles } from './replay.ts'
import { type Entry } from './tracked-file.ts'

/** Turns the history of a repository into events and these into its files, then asks git whether that is so. */
export async function run(
  [repository = THIS_REPOSITORY, ...others]: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  if (others.length > 0) throw new BadInput(`git-history reads one repository: leave out ${others.join(' ')}`)
  const start = performance.now()
  const progress = progressOn(process.stderr)
  const store = new InMemoryStore()

  const head = await headOf(repository)
  const commits = await listCommits(repository, head)
  let recorded = 0
  try {
    for await (const commit of readCommits(repository, commits)) {
      await recordCommit(store, commit)
      recorded += 1
      progress.report(`${number(recorded)} of ${number(commits.length)} commits`)
    }
  } finally {
    progress.end()
  }
  const files = await replayFiles(store)
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

function number(value: number): string {
  return value.toLocaleString('en')
}

/** A path may hold line feeds, or what a terminal obeys. */
function visible(path: string): string {
  return /\p{Cc}/u.test(path) ? inspect(path) : path
}
