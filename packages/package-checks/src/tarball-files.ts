import { unpack } from '@publint/pack'
import { readFile } from 'node:fs/promises'
import { type Tarball } from './pack-packages.ts'

/** The files of a tarball as text, by their path in the package. */
export async function tarballFiles({ path }: Tarball): Promise<ReadonlyMap<string, string>> {
  const { files, rootDir } = await unpack(await readFile(path))
  return new Map(
    files.map(({ name, data }) => [name.slice(rootDir.length + 1), new TextDecoder().decode(data)]),
  )
}
