import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type LocalRegistry, startLocalRegistry } from '../src/local-registry.ts'
import { publicPackages } from '../src/public-packages.ts'
import { run } from '../src/run.ts'
import { tarballFiles } from '../src/tarball-files.ts'
import { workspace } from '../src/workspace.ts'
import { temporaryFolder } from './temporary-folder.ts'

// The next release, of what is committed, from a clone of this repository into a registry of this machine.

// Longer than the programs that a test runs, so that their output tells why it failed.
jest.setTimeout(300_000)

const folder = temporaryFolder()
const repository = join(folder, 'repository')
const packages = publicPackages()
let registry: LocalRegistry

beforeAll(async () => {
  registry = await startLocalRegistry(join(folder, 'registry'))
  await run('git', ['clone', '--quiet', workspace, repository], { folder })
  await pnpm('install', '--frozen-lockfile', '--prefer-offline')
})

afterAll(() => registry.stop())

/** Runs pnpm in the clone, which may publish to the registry of this test alone. */
function pnpm(...args: readonly string[]): Promise<string> {
  return pnpmWith({}, ...args)
}

function pnpmWith(variables: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<string> {
  const tool = join(workspace, 'node_modules/.bin/pnpm')
  return run(tool, args, {
    folder: repository,
    variables: { ...registry.variables, ...AUTHOR, ...variables },
  })
}

/** Commits all that has changed, as whoever merges a release does. */
async function commit(message: string): Promise<void> {
  const there = { folder: repository, variables: AUTHOR }
  await run('git', ['add', '--all'], there)
  await run('git', ['commit', '--quiet', '--no-verify', '-m', message], there)
}

/** Of commits and tags: this machine may know none. */
const AUTHOR = {
  ...{ GIT_AUTHOR_NAME: 'Release', GIT_AUTHOR_EMAIL: 'release@example.com' },
  ...{ GIT_COMMITTER_NAME: 'Release', GIT_COMMITTER_EMAIL: 'release@example.com' },
}

/** What matters here of a package.json, in a folder or in the registry. */
interface Manifest {
  readonly version: string
  readonly license: string
  readonly repository: { readonly url: string; readonly directory: string }
  readonly exports: { readonly [entry: string]: unknown }
  readonly bin?: { readonly [command: string]: string }
  readonly dependencies?: { readonly [name: string]: string }
  readonly peerDependencies?: { readonly [name: string]: string }
}

let version = ''

test('one version is given to all packages, and told in their changelogs', async () => {
  const before = await versions()
  await pnpm('run', 'release:version')
  const after = await versions()
  ;[version = ''] = after
  expect(new Set(after).size).toBe(1)
  // The first release is 0.1.0, whatever its changesets say.
  if (before.every((number) => number === '0.0.0')) expect(version).toBe('0.1.0')
  for (const { folder: path } of packages) {
    expect(await readFile(join(inClone(path), 'CHANGELOG.md'), 'utf8')).toContain(`## ${version}\n`)
  }
  // What was written passes the checks that the release's own pull request has to pass.
  await pnpm('install', '--frozen-lockfile', '--prefer-offline')
  await pnpm('exec', 'prettier', '--check', '--log-level', 'warn', '.')
  await commit('Release')
})

test('what the workflow sets asks for provenance, which only a workflow can give', async () => {
  const workflow = await readFile(join(workspace, '.github/workflows/release.yml'), 'utf8')
  expect(workflow).toContain("PNPM_CONFIG_PROVENANCE: 'true'")
  const anywhereElse = { PNPM_CONFIG_PROVENANCE: 'true', GITHUB_ACTIONS: '', GITLAB_CI: '' }
  const publish = pnpmWith(anywhereElse, '--filter', '@eventmill/core', 'publish', '--no-git-checks')
  await expect(publish).rejects.toThrow(/provenance/i)
})

test('all packages are published, and tagged', async () => {
  await pnpm('run', 'release')
  const tags = await run('git', ['tag', '--list'], { folder: repository })
  expect(tags.trim().split('\n').sort()).toEqual(packages.map(({ name }) => `${name}@${version}`).sort())
})

test('to publish again publishes nothing', async () => {
  expect(await pnpm('run', 'release')).toMatch(/no unpublished projects to publish/i)
})

describe.each(packages)('$name as it is published', ({ name, folder: path, imports }) => {
  let manifest: Manifest
  beforeAll(async () => {
    const response = await fetch(new URL(name, registry.url), { signal: AbortSignal.timeout(60_000) })
    const { versions, 'dist-tags': tags } = (await response.json()) as Packument
    expect(tags).toEqual({ latest: version })
    const published = versions[version]
    if (published === undefined) throw new Error(`the registry has no ${name}@${version}`)
    manifest = published
  })

  test('says whose it is, and where it comes from', () => {
    expect(manifest.license).toBe('MIT')
    expect(manifest.repository).toEqual({
      type: 'git',
      url: 'git+https://github.com/eventmill/eventmill.git',
      directory: path.slice(workspace.length + 1),
    })
  })

  test('asks for the other packages in versions that there are', () => {
    const { dependencies = {}, peerDependencies = {} } = manifest
    for (const [dependency, range] of Object.entries({ ...dependencies, ...peerDependencies })) {
      if (dependency.startsWith('@eventmill/')) expect(range).toBe(`^${version}`)
      expect(range).not.toContain('workspace:')
    }
  })

  test('comes with a README and its licence', async () => {
    const pack = ['pack', '--json', '--pack-destination', folder, `${name}@${version}`]
    const report = await run('npm', pack, { folder, variables: registry.variables })
    const [{ filename = '' } = {}] = JSON.parse(report) as readonly { readonly filename?: string }[]
    const files = await tarballFiles({ name, path: join(folder, filename) })
    expect(files.get('README.md')).toContain(`# ${name}\n`)
    expect(files.get('LICENSE')).toContain('MIT License')
  })

  test('has its entries where they are built', () => {
    const { './package.json': self, ...entries } = manifest.exports
    expect(self).toBe('./package.json')
    expect(Object.keys(entries)).toHaveLength(imports.length)
    expect(JSON.stringify([entries, manifest.bin])).not.toContain('src/')
  })
})

interface Packument {
  readonly versions: { readonly [version: string]: Manifest }
  readonly 'dist-tags': { readonly [tag: string]: string }
}

test('a new project takes all of it from the registry, and works at once', async () => {
  const app = join(folder, 'app')
  const npm = (where: string, ...args: readonly string[]) =>
    run('npm', args, { folder: where, variables: registry.variables })
  await npm(folder, 'create', 'eventmill', 'app')
  await npm(app, 'install')
  expect(await npm(app, 'start')).toContain('Ada was sent 4 packets so far.')
  expect(await npm(app, 'test')).toContain('pass 4\n')
  expect(await npm(app, 'ls', '--all')).toContain(`@eventmill/core@${version}`)
})

function versions(): Promise<readonly string[]> {
  return Promise.all(
    packages.map(async ({ folder: path }) => {
      const manifest = await readFile(join(inClone(path), 'package.json'), 'utf8')
      return (JSON.parse(manifest) as Manifest).version
    }),
  )
}

/** Where the clone has what the workspace has in a folder. */
function inClone(path: string): string {
  return join(repository, path.slice(workspace.length + 1))
}
