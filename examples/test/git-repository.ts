import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** One commit for `git fast-import`, whose commands the changes are. Parents are the numbers of earlier commits. */
export interface CommitToMake {
  readonly parents?: readonly number[]
  readonly author?: string
  /** Seconds since 1970, and the author's offset from UTC. */
  readonly date?: string
  readonly changes: readonly string[]
}

const directories: string[] = []

/** An empty directory, outside of any repository. */
export function createDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'eventmill-'))
  directories.push(directory)
  return directory
}

/** An empty repository. */
export function createRepository(): string {
  const directory = createDirectory()
  git(directory, ['init', '--quiet', '--bare'])
  git(directory, ['symbolic-ref', 'HEAD', 'refs/heads/main'])
  return directory
}

/** A repository with these commits, numbered from 1; one that names no parents follows the one before. */
export function repositoryOf(commits: readonly CommitToMake[]): string {
  const directory = createRepository()
  const stream = commits.map(({ parents, author = 'Ada', date, changes }, index) => {
    const [from, ...merged] = parents ?? (index === 0 ? [] : [index])
    return [
      'commit refs/heads/main',
      `mark :${index + 1}`,
      `author ${author} <author@example.com> ${date ?? `${1_700_000_000 + index} +0530`}`,
      'committer Charles <committer@example.com> 1800000000 +0000',
      'data 0',
      ...(from === undefined ? [] : [`from :${from}`]),
      ...merged.map((parent) => `merge :${parent}`),
      ...changes,
      '',
    ].join('\n')
  })
  // Branches off the main line make it jump about, which `--force` allows.
  git(directory, ['fast-import', '--quiet', '--force'], stream.join(''))
  return directory
}

/** Puts content under a path, as a file unless the mode says otherwise. A path in quotes may escape any byte. */
export function put(path: string, content: string, mode = '100644'): string {
  return `M ${mode} inline ${path}\ndata ${Buffer.byteLength(content)}\n${content}`
}

/** A clone with a work tree; `--depth 2` makes it shallow. */
export function cloneOf(repository: string, ...options: readonly string[]): string {
  const directory = createDirectory()
  git(directory, ['clone', '--quiet', ...options, pathToFileURL(repository).href, '.'])
  return directory
}

/** Runs git in a directory, whatever the surroundings say of another repository. */
export function git(directory: string, args: readonly string[], input = ''): string {
  const env = { ...process.env, GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined }
  return execFileSync('git', ['-C', directory, ...args], { env, input, encoding: 'utf8', stdio: 'pipe' })
}

/** Removes the directories that were made. */
export function removeDirectories(): void {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
}
