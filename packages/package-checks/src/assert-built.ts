import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type PublicPackage } from './public-packages.ts'

/** Throws unless `dist` is what `src` builds to by now. */
export function assertBuilt({ name, folder }: PublicPackage): void {
  const buildInfo = join(folder, 'dist/.tsbuildinfo')
  if (!existsSync(buildInfo)) throw new Error(`${name} is not built: run pnpm run build first`)

  const sources = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
  const built = statSync(buildInfo).mtimeMs
  const newer = sources.find((path) => statSync(join(folder, 'src', path)).mtimeMs > built)
  if (newer !== undefined) {
    throw new Error(`src/${newer} of ${name} is newer than its dist: run pnpm run build first`)
  }

  // tsc leaves the output of a source that was renamed or removed, and it would be published.
  const outputs = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })
  const orphan = outputs.find((path) => OUTPUT.test(path) && !sources.includes(path.replace(OUTPUT, '.ts')))
  if (orphan !== undefined) {
    throw new Error(`dist/${orphan} of ${name} has no source: remove its dist, then run pnpm run build`)
  }
}

const OUTPUT = /(\.d\.ts|\.js)$/
