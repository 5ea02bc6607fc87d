import { beforeAll, expect, jest, test } from '@jest/globals'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installPackages } from '../src/install-packages.ts'
import { packPackages } from '../src/pack-packages.ts'
import { packageSize, type PackageSize } from '../src/package-size.ts'
import { publicPackages } from '../src/public-packages.ts'
import { sizeReport } from '../src/size-report.ts'
import { workspace } from '../src/workspace.ts'
import { temporaryFolder } from './temporary-folder.ts'

// Longer than the programs that a test runs, so that their output tells why it failed.
jest.setTimeout(300_000)

const folder = temporaryFolder()
let sizes: readonly PackageSize[] = []

beforeAll(async () => {
  const tarballs = await packPackages(folder)
  await installPackages(folder, tarballs)
  // What nobody imports has no code in a browser.
  const imported = new Set(publicPackages().flatMap(({ name, imports }) => (imports.length > 0 ? name : [])))
  sizes = await Promise.all(
    tarballs.filter(({ name }) => imported.has(name)).map((tarball) => packageSize(folder, tarball)),
  )
  // `pnpm run check` prints it at its end.
  const results = join(workspace, '.test-results')
  await mkdir(results, { recursive: true })
  await writeFile(join(results, 'package-sizes.txt'), sizeReport(sizes))
})

test.each([
  ['@eventmill/core', 12],
  ['@eventmill/store-postgres', 24],
])('%s is smaller than %d kB, bundled, minified and gzipped', (name, most) => {
  const size = sizes.find((candidate) => candidate.name === name)
  expect(size?.gzipped).toBeLessThan(most * 1_000)
})
