import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type PublicPackage } from './public-packages.ts'

/** Throws unless `dist` is what `src` builds to by now. */
export function assertBuilt({ name, folder }: PublicPackage): void {
  const buildInfo = join(folder, 'dist/.tsbuildinfo')
  if (!existsSync(buildInfo)) throw new Error(`${name} is not built: run pnpm run build first`)

  const sources = filesIn(join(folder, 'src'), /\.ts$/)
  const built = statSync(buildInfo).mtimeMs
  const newer = sources.find((path) => statSync(join(folder, 'src', path)).mtimeMs > built)
  if (newer !== undefined) {
    throw new Error(`src/${newer} of ${name} is newer than its dist: run pnpm run build first`)
  }

  // tsc leaves the output of a source that was renamed or removed, and it would be published.
  const outputs = filesIn(join(folder, 'dist'), OUTPUT)
  const orphan = outputs.find((path) => !sources.includes(path.replace(OUTPUT, '.ts')))
  if (orphan !== undefined) {
    throw new Error(`dist/${orphan} of ${name} has no source: remove its dist, then run pnpm run build`)
  }
}

function filesIn(folder: string, pattern: RegExp): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => pattern.test(path))
}

const OUTPUT = /(\.d\.ts|\.js)$/
