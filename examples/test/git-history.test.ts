import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type AppendResult, type EventStore, type StreamId } from '@eventmill/core'
import { eventmillError } from '@eventmill/core/adapter'
import { InMemoryStore } from '@eventmill/store-memory'
import { afterAll, describe, expect, test } from '@jest/globals'
import { countChanges } from '../src/git-history/changes-per-month.ts'
import { firstDifference } from '../src/git-history/git-history.ts'
import { headOf, listCommits, listFiles, readCommits } from '../src/git-history/history.ts'
import { groupCommits, recordCommit } from '../src/git-history/record.ts'
import { replayFiles } from '../src/git-history/replay.ts'
import {
  cloneOf,
  type CommitToMake,
  createDirectory,
  createRepository,
  git,
  put,
  removeDirectories,
  repositoryOf,
} from './git-repository.ts'
import { refusal, runExample } from './run-example.ts'

afterAll(removeDirectories)

/** Stores the history that led to a commit. */
async function record(store: EventStore, repository: string, head: string): Promise<void> {
  const commits = readCommits(repository, await listCommits(repository, head))
  for await (const group of groupCommits(commits)) {
    await Promise.all(group.map((commit) => recordCommit(store, commit)))
  }
}

/** Where the files that are replayed from the history of a commit are not what git lists for it. */
async function difference(repository: string, head: string): Promise<string | undefined> {
  const store = new InMemoryStore()
  await record(store, repository, head)
  return firstDifference(await replayFiles(store), await listFiles(repository, head))
}

const submodule = (commit: string) => `M 160000 ${commit.repeat(40)} lib/module`

const everything = repositoryOf([
  /*  1 */ { changes: [put('a', '1'), put('b', '1'), put('tools/run', '#!/bin/sh'), put('plain', 'plain')] },
  /*  2 */ { changes: [put('a', '2'), put('tools/run', '#!/bin/sh', '100755')] },
  /*  3 */ { changes: [] },
  /*  4 */ { changes: ['R b moved/b', put('link', 'a', '120000'), submodule('1')] },
  /*  5 */ { changes: ['D a', submodule('2')] },
  /*  6 */ { parents: [4], author: 'Ben', changes: [put('a', 'by Ben'), put('c', 'by Ben'), 'D moved/b'] },
  /*  7 */ { changes: [put('c', 'by Ben again')], author: 'Ben' },
  /*  8 */ { parents: [5, 7], changes: [put('c', 'by both'), 'D moved/b', put('only the merge', '1')] },
  /*  9 */ {
    changes: [put('a', 'back again'), put('link', 'now a file'), 'D plain', put('plain/file', '1')],
  },
  /* 10 */ {
    changes: [
      put('"line\\nfeed"', '1'),
      put('"tab\\tquote\\" back\\\\slash"', '1'),
      put('"\\001\\033[31mred"', '1'),
      put('grüße/日本語/🐢', '1'),
      put('"not UTF-8: caf\\351"', '1'),
      put('":100644 000000 a b D"', '1'),
      put('" spaces "', '1'),
      put('deep/'.repeat(300) + 'file', '1'),
      put('deep/'.repeat(300) + 'other', '1'),
    ],
  },
  /* 11 */ { changes: ['D "line\\nfeed"', put('"not UTF-8: caf\\351"', '2'), 'D lib/module'] },
])

describe('the files replayed from a history', () => {
  test('are those that git lists, at every commit of it', async () => {
    const commits = await listCommits(everything, await headOf(everything))
    expect(commits).toHaveLength(9)
    for (const commit of commits) expect(await difference(everything, commit)).toBeUndefined()
  })

  test('are the same whatever the user has configured', async () => {
    const original = repositoryOf([
      { changes: [put('.gitmodules', '[submodule "module"]\npath = lib/module\nignore = all\n')] },
      { author: 'Ünal', changes: [submodule('1'), put('sub/a', 'words to be found again'), put('b', '1')] },
      { changes: [submodule('2'), 'R sub/a sub/c'] },
    ])
    const repository = cloneOf(original)
    for (const [key, value] of [
      ['diff.renames', 'copies'],
      ['diff.ignoreSubmodules', 'all'],
      ['diff.noprefix', 'true'],
      ['log.showRoot', 'false'],
      ['log.showSignature', 'true'],
      ['log.diffMerges', 'combined'],
      ['color.ui', 'always'],
      ['core.abbrev', '5'],
      ['core.quotePath', 'true'],
      ['i18n.logOutputEncoding', 'ISO-8859-1'],
    ] as const) {
      git(repository, ['config', key, value])
    }
    const head = await headOf(repository)
    expect(await difference(repository, head)).toBeUndefined()
    const authors = []
    for await (const { author } of readCommits(repository, await listCommits(repository, head))) {
      authors.push(author)
    }
    expect(authors).toEqual(['Ada', 'Ünal', 'Ada'])
  })

  test('of a work tree are all of its files, also when asked for in one of its folders', async () => {
    const clone = cloneOf(repositoryOf([{ changes: [put('a', '1'), put('folder/b', '1')] }]))
    git(clone, ['config', 'diff.relative', 'true'])
    const folder = join(clone, 'folder')
    const head = await headOf(folder)
    expect([...(await listFiles(folder, head)).keys()]).toEqual(['a', 'folder/b'])
    expect(await difference(folder, head)).toBeUndefined()
  })

  test('of a shallow clone are those of its commit', async () => {
    const clone = cloneOf(everything, '--depth', '2', '--no-checkout')
    const head = await headOf(clone)
    expect(await listCommits(clone, head)).toHaveLength(2)
    expect(await difference(clone, head)).toBeUndefined()
  })

  test('differ where a single one is missing, too many, or another', async () => {
    const store = new InMemoryStore()
    const head = await headOf(everything)
    await record(store, everything, head)
    const files = await replayFiles(store)
    const listed = await listFiles(everything, head)
    const without = new Map(listed)
    without.delete('c')
    expect(firstDifference(files, without)).toBe('c')
    expect(firstDifference(files, new Map([...listed, ['d', { mode: '100644', blob: 'd' }]]))).toBe('d')
    for (const changed of [{ mode: '100755' }, { blob: 'another' }]) {
      const entry = { mode: '100644', blob: '', ...listed.get('c'), ...changed }
      expect(firstDifference(files, new Map([...listed, ['c', entry]]))).toBe('c')
    }
  })
})

test('a commit without changes is a step of the history all the same', async () => {
  const commits = await listCommits(everything, await headOf(everything))
  const read = []
  for await (const { commit, changes } of readCommits(everything, commits)) {
    read.push({ commit, empty: changes.length === 0 })
  }
  expect(read).toEqual(commits.map((commit, index) => ({ commit, empty: index === 2 })))
})

describe('the events of a history', () => {
  test('say of each change what became of the path, and who did it when', async () => {
    const store = new InMemoryStore()
    const head = await headOf(everything)
    await record(store, everything, head)
    const commits = await listCommits(everything, head)
    const events = []
    for await (const { type, data } of store.readStream(streamOf('a'))) events.push({ type, data })
    const change = (commit: number, second: string) => ({
      commit: commits[commit],
      author: 'Ada',
      date: `2023-11-15T03:43:${second}+05:30`,
    })
    const file = (content: string) => ({ mode: '100644', blob: blobOf(content) })
    expect(events).toEqual([
      { type: 'Added', data: { ...file('1'), ...change(0, '20') } },
      { type: 'Modified', data: { ...file('2'), ...change(1, '21') } },
      { type: 'Deleted', data: change(4, '24') },
      { type: 'Added', data: { ...file('back again'), ...change(6, '28') } },
    ])
  })

  test('tell links and programs from files, and a change of one into the other', async () => {
    const store = new InMemoryStore()
    await record(store, everything, await headOf(everything))
    const modes = async (path: string) => {
      const seen = []
      for await (const { data } of store.readStream(streamOf(path))) {
        seen.push((data as { mode?: string }).mode)
      }
      return seen
    }
    expect(await modes('tools/run')).toEqual(['100644', '100755'])
    expect(await modes('link')).toEqual(['120000', '100644'])
    expect(await modes('lib/module')).toEqual(['160000', '160000', undefined])
  })

  test('of what a merge brought in are one step of the branch it was merged into', async () => {
    const store = new InMemoryStore()
    await record(store, everything, await headOf(everything))
    const authors = []
    for await (const { data } of store.readStream(streamOf('c'))) {
      authors.push((data as { author: string }).author)
    }
    expect(authors).toEqual(['Ada'])
  })

  test('of one commit are stored in one append, under its hash', async () => {
    const store = new InMemoryStore()
    const head = await headOf(everything)
    await record(store, everything, head)
    const [first = ''] = await listCommits(everything, head)
    const append = await store.findCommit(streamOf('a'), `${first}/0`)
    expect(append?.events.map(({ aggregateId }) => aggregateId)).toEqual(['a', 'b', 'plain', 'tools/run'])
  })

  test('are not stored twice when a history is recorded again', async () => {
    const store = new InMemoryStore()
    const head = await headOf(everything)
    await record(store, everything, head)
    const before = await store.head()
    await record(store, everything, head)
    expect(await store.head()).toBe(before)
  })

  test('are stored at once with those of the next commits, up to one that changes the same path', async () => {
    const commits = await listCommits(everything, await headOf(everything))
    const sizes = []
    for await (const group of groupCommits(readCommits(everything, commits))) sizes.push(group.length)
    // The second changes `a` again, as does the fifth.
    expect(sizes.slice(0, 2)).toEqual([1, 3])
    expect(sizes.reduce((sum, size) => sum + size)).toBe(commits.length)
  })

  test('go to a store of single streams one by one', async () => {
    const store = new SingleStreamStore()
    const head = await headOf(everything)
    await record(store, everything, head)
    expect(firstDifference(await replayFiles(store), await listFiles(everything, head))).toBeUndefined()
  })

  test('of a commit that is larger than an append are stored in several', async () => {
    const changes = Array.from({ length: 2500 }, (_, n) => put(`file ${n}`, `${n}`))
    const repository = repositoryOf([{ changes }])
    const store = new InMemoryStore()
    const head = await headOf(repository)
    await record(store, repository, head)
    expect(await store.head()).toBe(2500)
    expect((await store.findCommit(streamOf('file 0'), `${head}/0`))?.events).toHaveLength(1000)
    expect(await difference(repository, head)).toBeUndefined()
  })
})

describe('the changes of each author and month', () => {
  const months = repositoryOf([
    { date: '1675209599 +0000', changes: [put('a', '1'), put('b', '1')] },
    // February has begun for Ben, but not for Ada.
    { date: '1675207800 +0100', author: 'Ben', changes: [put('a', '2'), 'D b', put('c', '1')] },
    { date: '1675211400 -0100', changes: ['R c d'] },
    { date: '1700000000 +0530', changes: [] },
    { parents: [2], date: '1690000000 +0000', author: 'Ben', changes: [put('e', '1'), put('f', '1')] },
    { parents: [4, 5], date: '1709251200 +0000', author: '日本', changes: [put('e', '1'), put('f', '2')] },
  ])

  test.each([
    { what: 'over months and time zones', repository: months },
    { what: 'with everything that git has', repository: everything },
  ])('are as many as git log lists in a history $what', async ({ repository }) => {
    const store = new InMemoryStore()
    await record(store, repository, await headOf(repository))
    expect(await countChanges(store)).toEqual(changesListedByGit(repository))
  })

  test('begin where it has begun for the author', () => {
    expect([...changesListedByGit(months)].map(([author, changes]) => [author, [...changes]])).toEqual([
      ['日本', [['2024-03', 2]]],
      ['Ada', [['2023-01', 4]]],
      ['Ben', [['2023-02', 3]]],
    ])
  })
})

/** Of each author and month, as git itself dates them. */
function changesListedByGit(repository: string): Map<string, Map<string, number>> {
  const options = ['--first-parent', '--diff-merges=first-parent', '--no-renames', '--name-only']
  const log = git(repository, ['log', ...options, '--format=by %ad %an', '--date=format:%Y-%m'])
  const changes = new Map<string, Map<string, number>>()
  let [author, month] = ['', '']
  for (const line of log.split('\n').filter((line) => line !== '')) {
    const commit = /^by (\S+) (.*)$/.exec(line)
    if (commit !== null) {
      ;[, month = '', author = ''] = commit
      continue
    }
    const months = changes.get(author) ?? new Map<string, number>()
    changes.set(author, months.set(month, (months.get(month) ?? 0) + 1))
  }
  return changes
}

/** Refuses appends over several streams. */
class SingleStreamStore extends InMemoryStore {
  override readonly capabilities = { ...new InMemoryStore().capabilities, multiStream: false }

  override async append(...[appends, options]: Parameters<EventStore['append']>): Promise<AppendResult> {
    if (appends.length > 1) {
      throw eventmillError('CAPABILITY_MISSING', 'one at a time', { capability: 'multiStream' })
    }
    return super.append(appends, options)
  }
}

function streamOf(path: string): StreamId {
  return { aggregateType: 'TrackedFile', aggregateId: path }
}

/** How git names content. */
function blobOf(content: string): string {
  return createHash('sha1')
    .update(`blob ${Buffer.byteLength(content)}\0${content}`)
    .digest('hex')
}

describe('the example', () => {
  test('proves 50,000 changes equal to what git lists', async () => {
    const repository = repositoryOf(manyChanges(5100))
    const { status, stdout } = await runExample(['git-history', repository])
    expect(status).toBe(0)
    const [, changes = ''] = /^changes +([\d,]+)$/m.exec(stdout) ?? []
    expect(Number(changes.replaceAll(',', ''))).toBeGreaterThan(50_000)
    expect(stdout).toContain('equal to git ls-tree: yes')
  }, 60_000)

  test('shows no path in a way that a terminal obeys', async () => {
    const { stdout } = await runExample([
      'git-history',
      repositoryOf([{ changes: [put('"\\033[31mred"', '1')] }]),
    ])
    expect(stdout).toContain("'\\x1B[31mred'")
  })

  test('draws who made how many changes, and when', async () => {
    const repository = repositoryOf([
      { date: '1675209599 +0000', author: 'Ben', changes: [put('a', '1')] },
      { date: '1680000000 +0000', author: '\x1b[31mred', changes: [put('b', '1'), put('c', '1')] },
    ])
    const { stdout } = await runExample(['git-history', repository])
    expect(stdout).toContain(
      [
        'changes per month:',
        "  '\\x1B[31mred'    █  2",
        '  Ben            ▄    1',
        '                 2023-01 – 2023-03',
      ].join('\n'),
    )
  })

  test('reads the repository that it is asked for, not the one of a git hook around it', async () => {
    const { stdout } = await runExample(['git-history', everything], { GIT_DIR: createRepository() })
    expect(stdout).toContain('equal to git ls-tree: yes')
  })

  test('refuses a repository without commits in one line', async () => {
    const repository = createRepository()
    expect(await runExample(['git-history', repository])).toEqual(
      refusal(`git in ${repository}: its current branch has no commits yet`),
    )
  })

  test('refuses a directory that is no repository in one line', async () => {
    const directory = createDirectory()
    expect(await runExample(['git-history', directory])).toEqual(
      refusal(`git in ${directory}: not a git repository (or any of the parent directories): .git`),
    )
  })

  test('refuses a path that leads nowhere in one line', async () => {
    expect(await runExample(['git-history', '/no/such/path'])).toEqual(
      refusal(`git in /no/such/path: cannot change to '/no/such/path': No such file or directory`),
    )
  })

  test('refuses to run without git in one line', async () => {
    expect(await runExample(['git-history'], { PATH: createDirectory() })).toEqual(
      refusal('git cannot be run: install it, or put it on the PATH'),
    )
  })

  test('takes a second word for the store, and refuses one that is none in one line', async () => {
    expect(await runExample(['git-history', '.', '..'])).toEqual(
      refusal('there is no store "..": choose one of memory, pglite, postgres'),
    )
  })
})

/** Ten changes a commit over 3,000 files, one in thirteen a deletion. */
function manyChanges(commits: number): CommitToMake[] {
  return Array.from({ length: commits }, (_, commit) => ({
    changes: Array.from({ length: 10 }, (_, index) => {
      const change = commit * 10 + index
      const path = `folder ${change % 50}/file ${change % 3000}`
      return change % 13 === 0 ? `D ${path}` : put(path, `${change % 97}`)
    }),
  }))
}
