import { text } from 'node:stream/consumers'
import { BadInput } from '../bad-input.ts'
import { git, splitAtNul } from './git.ts'
import { type Entry, fileId, type Origin } from './tracked-file.ts'

/** One step of a history, and what it changed against the step before. */
export interface Commit extends Origin {
  readonly changes: readonly Change[]
}

/** Git's letters: added, deleted, modified, and of another type, such as a link that was a file. */
export interface Change extends Entry {
  readonly status: 'A' | 'D' | 'M' | 'T'
  readonly id: string
}

/** The commit that a repository is at. */
export async function headOf(repository: string): Promise<string> {
  await text(git(repository, ['rev-parse', '--git-dir']))
  try {
    return (await text(git(repository, ['rev-parse', '--verify', 'HEAD^{commit}']))).trim()
  } catch (cause) {
    throw new BadInput(`git in ${repository}: its current branch has no commits yet`, { cause })
  }
}

/**
 * The commits that led to this one, oldest first. Each is followed to its first parent only: then what a merge
 * brought in is one step, and the steps add up to the tree of the last commit, exactly.
 */
export async function listCommits(repository: string, commit: string): Promise<readonly string[]> {
  const lines = await text(git(repository, ['rev-list', '--first-parent', '--reverse', commit]))
  return lines.trimEnd().split('\n')
}

/**
 * Reads these commits and their changes. This is what `git log --raw` shows, but asked of the command beneath it:
 * the log itself is for people, and obeys what they have configured.
 */
export async function* readCommits(
  repository: string,
  hashes: readonly string[],
): AsyncGenerator<Commit, void> {
  const parts = splitAtNul(git(repository, DIFF_TREE, hashes.map((hash) => `${hash}\n`).join('')))
  const nextPart = async () => (await parts.next()).value ?? Buffer.alloc(0)
  let commit: (Commit & { changes: Change[] }) | undefined
  for await (const part of parts) {
    // A line feed stands between a commit and its first change.
    const line = part.toString().trimStart()
    if (line.startsWith(':')) {
      commit?.changes.push(parseChange(line, await nextPart()))
    } else {
      if (commit !== undefined) yield commit
      const [author, date] = [await nextPart(), await nextPart()]
      commit = { commit: line, author: author.toString(), date: date.toString(), changes: [] }
    }
  }
  if (commit !== undefined) yield commit
}

/** What a commit holds, by id. */
export async function listFiles(repository: string, commit: string): Promise<ReadonlyMap<string, Entry>> {
  const files = new Map<string, Entry>()
  for await (const part of splitAtNul(git(repository, ['ls-tree', '-r', '-z', '--full-tree', commit]))) {
    const tab = part.indexOf('\t')
    const [mode = '', , blob = ''] = part.toString('latin1', 0, tab).split(' ')
    files.set(fileId(part.subarray(tab + 1)), { mode, blob })
  }
  return files
}

const DIFF_TREE = [
  'diff-tree',
  '--stdin',
  '--format=%H%x00%an%x00%aI',
  '--encoding=UTF-8',
  // Every commit, also the first, and also those without any change.
  '--root',
  '--always',
  '--diff-merges=first-parent',
  // Every change, each under one whole path, with whole hashes. Submodules may ask to be ignored.
  '-r',
  '--raw',
  '-z',
  '--no-abbrev',
  '--no-renames',
  '--ignore-submodules=none',
]

/** `:<mode before> <mode> <blob before> <blob> <status>` */
function parseChange(line: string, path: Buffer): Change {
  const [, mode = '', , blob = '', status] = line.split(' ')
  return { status: status as Change['status'], id: fileId(path), mode, blob }
}
