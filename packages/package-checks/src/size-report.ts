import { type PackageSize } from './package-size.ts'

/** The sizes of packages as a table to print. */
export function sizeReport(sizes: readonly PackageSize[]): string {
  const rows = sizes.map(({ name, tarball, gzipped }) => [name, bytes(tarball), bytes(gzipped)])
  return [['Package', 'tarball', 'bundled, minified, gzipped'], ...rows]
    .map(
      ([name = '', tarball = '', gzipped = '']) =>
        name.padEnd(32) + tarball.padStart(12) + gzipped.padStart(30),
    )
    .join('\n')
    .concat('\n')
}

function bytes(count: number): string {
  return `${count.toLocaleString('en')} B`
}
