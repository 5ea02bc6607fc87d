import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bundle } from './bundle.ts'
import { type Tarball } from './pack-packages.ts'

/** How much of a package a user gets, in bytes. */
export interface PackageSize {
  readonly name: string
  /** What npm downloads. */
  readonly tarball: number
  /** What a browser downloads: the package's own code without its dependencies, bundled, minified and gzipped. */
  readonly gzipped: number
}

/** Measures a package that is installed in `folder`. */
export async function packageSize(folder: string, { name, path }: Tarball): Promise<PackageSize> {
  const entry = join(folder, 'node_modules', name, 'dist/index.js')
  const code = await bundle(entry, { format: 'esm', minify: true, packages: 'external' })
  return { name, tarball: (await stat(path)).size, gzipped: gzipSync(code, { level: 9 }).byteLength }
}
