import { beforeAll, expect, jest, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { installPackages } from '../src/install-packages.ts'
import { packPackages } from '../src/pack-packages.ts'
import { run } from '../src/run.ts'
import { copyProgram, programs } from './programs.ts'
import { temporaryFolder } from './temporary-folder.ts'

// Longer than the programs that a test runs, so that their output tells why it failed.
jest.setTimeout(300_000)

const folder = temporaryFolder()

/**
 * As strict as a user may be. The packages' types name one type that is not JavaScript's own, AbortSignal: it comes
 * with Node's types or with those of a browser.
 */
const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  declaration: true,
  noEmit: true,
  target: 'es2022',
}
const projects = {
  node: { ...strict, module: 'nodenext', lib: ['es2023'], types: ['node'] },
  bundler: { ...strict, module: 'es2022', moduleResolution: 'bundler', lib: ['es2023', 'dom'], types: [] },
}

beforeAll(async () => {
  await installPackages(folder, await packPackages(folder), ['@types/node@20'])
  const files = await Promise.all(programs.map((program) => copyProgram(program, folder)))
  for (const [name, compilerOptions] of Object.entries(projects)) {
    const config = { compilerOptions, files: files.map((file) => basename(file)) }
    await writeFile(join(folder, `tsconfig.${name}.json`), JSON.stringify(config))
  }
})

test.each(['5.4', '5.9', '6.0'])(
  "TypeScript %s compiles a strict user's programs for Node and for a bundler",
  async (version) => {
    const compiler = join(import.meta.dirname, `../node_modules/typescript-${version}/bin/tsc`)
    expect(await run(process.execPath, [compiler, '--version'], { folder })).toContain(`Version ${version}.`)
    await Promise.all(
      Object.keys(projects).map((name) =>
        run(process.execPath, [compiler, '--project', `tsconfig.${name}.json`], { folder }),
      ),
    )
  },
)
