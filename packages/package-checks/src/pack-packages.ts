import { join } from 'node:path'
import { assertBuilt } from './assert-built.ts'
import { publicPackages } from './public-packages.ts'
import { run } from './run.ts'
import { workspace } from './workspace.ts'

/** A public package the way npm gets it. */
export interface Tarball {
  readonly name: string
  readonly path: string
}

/** Packs every public package into a folder. Throws where one is not built. */
export async function packPackages(folder: string): Promise<readonly Tarball[]> {
  const packages = publicPackages()
  packages.forEach(assertBuilt)
  // pnpm packs the workspace's public packages, in its dependency versions and with the publishConfig applied.
  const pnpm = join(workspace, 'node_modules/.bin/pnpm')
  const report = await run(pnpm, ['--recursive', 'pack', '--json', '--pack-destination', folder], {
    folder: workspace,
  })
  const packed = JSON.parse(report) as readonly { readonly name: string; readonly filename: string }[]
  return packages.map(({ name }) => {
    const filename = packed.find((entry) => entry.name === name)?.filename
    if (filename === undefined) throw new Error(`pnpm did not pack ${name}:\n${report}`)
    return { name, path: filename }
  })
}
