import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Tarball } from './pack-packages.ts'
import { run } from './run.ts'

/** Makes an empty folder a user's project: an ES module package into which plain npm installs the tarballs. */
export async function installPackages(
  folder: string,
  tarballs: readonly Tarball[],
  others: readonly string[] = [],
): Promise<void> {
  const manifest = { name: 'app', version: '1.0.0', private: true, type: 'module' }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline']
  await run('npm', [...install, ...tarballs.map(({ path }) => path), ...others], { folder })
}
